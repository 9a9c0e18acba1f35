"""IAM Access Analyzer, which moto lacks: analyzers of an account, one of each type in a region, and no findings."""

from __future__ import annotations

import json
import re
import sys
from datetime import UTC, datetime
from types import ModuleType, SimpleNamespace
from typing import Any, Final
from urllib.parse import unquote

from moto import backend_index
from moto.core.base_backend import BackendDict, BaseBackend
from moto.core.exceptions import JsonRESTError
from moto.core.responses import BaseResponse

_NAME: Final = "accessanalyzer"
_BASE: Final = r"https?://access-analyzer\.(.+)\.amazonaws\.com"


class AccessAnalyzerBackend(BaseBackend):
    """What one account has in one region."""

    def __init__(self, region_name: str, account_id: str) -> None:
        super().__init__(region_name, account_id)
        self.analyzers: dict[str, dict[str, Any]] = {}

    @property
    def _url_module(self) -> Any:
        return SimpleNamespace(url_bases=[_BASE], url_paths=_PATHS)


class _Refused(JsonRESTError):
    def __init__(self, code: int, kind: str, message: str) -> None:
        super().__init__(kind, message)
        self.code = code


class AccessAnalyzerResponse(BaseResponse):
    """The operations that are asked for."""

    def __init__(self) -> None:
        super().__init__(service_name=_NAME)

    @property
    def _held(self) -> dict[str, dict[str, Any]]:
        backend: AccessAnalyzerBackend = accessanalyzer_backends[self.current_account][self.region]
        return backend.analyzers

    def create_analyzer(self) -> str:
        """An analyzer is active at once. One of a type is all that a region takes."""
        asked = json.loads(self.body)
        name, kind = asked["analyzerName"], asked["type"]
        if name in self._held:
            raise _Refused(409, "ConflictException", f"An analyzer named {name} exists")
        if any(one["type"] == kind for one in self._held.values()):
            raise _Refused(402, "ServiceQuotaExceededException", f"There is an analyzer of the type {kind}")
        arn = f"arn:aws:access-analyzer:{self.region}:{self.current_account}:analyzer/{name}"
        self._held[name] = {
            "arn": arn,
            "name": name,
            "type": kind,
            "createdAt": datetime.now(UTC).isoformat(),
            "status": "ACTIVE",
            "tags": asked.get("tags") or {},
        }
        return json.dumps({"arn": arn})

    def list_analyzers(self) -> str:
        """Every analyzer of the region."""
        return json.dumps({"analyzers": list(self._held.values())})

    def get_analyzer(self) -> str:
        """One analyzer, as the list has it."""
        name = self.path.rpartition("/")[2]
        if name not in self._held:
            raise _Refused(404, "ResourceNotFoundException", f"There is no analyzer {name}")
        return json.dumps({"analyzer": self._held[name]})

    def delete_analyzer(self) -> str:
        """The analyzer and its findings go."""
        name = unquote(self.path.rpartition("/")[2])
        if self._held.pop(name, None) is None:
            raise _Refused(404, "ResourceNotFoundException", f"There is no analyzer {name}")
        return "{}"

    def list_findings(self) -> str:
        """Nothing is ever found."""
        return json.dumps({"findings": []})


_PATHS: Final = {
    "{0}/analyzer$": AccessAnalyzerResponse.dispatch,
    "{0}/analyzer/(?P<name>[^/]+)$": AccessAnalyzerResponse.dispatch,
    "{0}/finding$": AccessAnalyzerResponse.dispatch,
}
accessanalyzer_backends = BackendDict(AccessAnalyzerBackend, _NAME)


def install() -> None:
    """Let moto find the service by its host and by its module."""
    module = ModuleType(f"moto.{_NAME}")
    module.accessanalyzer_backends = accessanalyzer_backends  # type: ignore[attr-defined]
    sys.modules[module.__name__] = module
    backend_index.backend_url_patterns.append((_NAME, re.compile(_BASE)))
