"""The account and region of a block's resources, from its provider block and what the user or a state says."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from hipaa_tui.patches.code.folder import Folder, Resource
from hipaa_tui.patches.language.syntax import Declared, Expression, Items, Traversal

_ACCOUNT: Final = re.compile(r"arn:[^:]+:[^:]*:[^:]*:(\d{12}):")
_SUBSCRIPTION: Final = re.compile(r"/subscriptions/([0-9a-fA-F-]{36})(?:/|$)")
_CREDENTIALS: Final = (
    *("profile", "access_key", "shared_credentials_files", "shared_credentials_file"),
    *("assume_role", "assume_role_with_web_identity", "client_id", "tenant_id"),
)
_ALIAS: Final = "alias"


@dataclass(frozen=True, slots=True)
class Place:
    """Where a provider makes what it makes; each "" where only the provider's user knows."""

    account: str = ""
    region: str = ""

    @property
    def partition(self) -> str:
        if self.region.startswith("cn-"):
            return "aws-cn"
        return "aws-us-gov" if self.region.startswith("us-gov-") else "aws"


@dataclass
class Whose:
    """Of one folder. `account` and `region` are what the user says of its default providers."""

    folder: Folder
    account: str = ""
    region: str = ""

    def place(self, resource: Resource, module: str) -> Place:
        """Of the block in a module ("module.a[0].module.b", "" for the root)."""
        name = resource.type.partition("_")[0]
        provider = {"azurerm": "azurerm"}.get(name, "aws")
        alias = self._alias(provider, resource.provider, module)
        return self.of(provider, alias) if alias is not None else Place()

    def of(self, provider: str, alias: str = "") -> Place:
        """Of a provider of the root module."""
        block = self._providers.get((provider, alias))
        said = self._said(provider, block) if block else Place()
        if not alias:
            known = self.account if (len(self.account) == 12) == (provider == "aws") else ""
            return Place(said.account or known or self._stated.get(provider, ""), said.region or self.region)
        own = block is None or any(
            block.value(one) is not None or any(block.inner(one)) for one in _CREDENTIALS
        )
        if provider == "azurerm":
            own = own or (block is not None and block.value("subscription_id") is not None)
        return Place(said.account or ("" if own else self.of(provider).account), said.region)

    def _said(self, provider: str, block: Declared) -> Place:
        if provider == "azurerm":
            return Place(self._one(block.value("subscription_id")).lower())
        accounts = block.value("allowed_account_ids")
        account = ""
        if isinstance(accounts, Items) and len(accounts.values) == 1:
            account = self._one(accounts.values[0])
        for role in block.inner("assume_role"):
            found = _ACCOUNT.match(self._one(role.value("role_arn")))
            account = account or (found[1] if found else "")
        return Place(account, self._one(block.value("region")))

    def _one(self, value: Expression) -> str:
        """The only thing that an expression can be; "" where that is not certain."""
        found = self.folder.values(value)
        return next(iter(found)) if found is not None and len(found) == 1 else ""

    def _alias(self, provider: str, alias: str, module: str) -> str | None:
        """The root module's alias of the provider that a block in the module has; None where that is not said."""
        path = re.sub(r'\["(?:[^"\\]|\\.)*"\]|\[\d+\]', "", module)
        for call in reversed(self.folder.scopes.chain(path)):
            given = call.block.value("providers")
            wanted = (provider, alias) if alias else (provider,)
            rows = zip(given.keys, given.values, strict=False) if isinstance(given, Items) else ()
            handed = [value for key, value in rows if _parts(key) == wanted]
            if handed:
                alias = ".".join(_parts(handed[0])[1:])
            elif alias:
                return None
        return alias

    @cached_property
    def _providers(self) -> dict[tuple[str, str], Declared]:
        return {
            (block.labels[0], str(block.value(_ALIAS) or "")): block
            for _, block in self.folder.blocks
            if block.type == "provider" and block.labels
        }

    @cached_property
    def _stated(self) -> dict[str, str]:
        """Provider → the account of a state, where everything in it is of one."""
        patterns = {"aws": (_ACCOUNT, "arn"), "azurerm": (_SUBSCRIPTION, "id")}
        seen: dict[str, Counter[str]] = {name: Counter() for name in patterns}
        for one in self.folder.state:
            for name, (pattern, value) in patterns.items():
                found = pattern.match(one.values.get(value, ""))
                if found and one.type.startswith(name):
                    seen[name][found[1].lower()] += 1
        return {name: next(iter(counted)) for name, counted in seen.items() if len(counted) == 1}


def _parts(value: Expression) -> tuple[str, ...]:
    if isinstance(value, Traversal):
        return value.parts
    return tuple(value.split(".")) if isinstance(value, str) else ()
