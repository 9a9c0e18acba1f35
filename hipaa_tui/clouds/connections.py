"""Connects to the clouds on first use, and reads settings."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from concurrent.futures import Future

from hipaa_tui.providers.access import Access
from hipaa_tui.providers.model import Cloud, Clouds, Reading, Target
from hipaa_tui.providers.registry import setting
from hipaa_tui.support.errors import InputError


class Connections(Mapping[str, Cloud]):
    """The clouds by provider, each connected on first use (importing an SDK takes a second).

    `reach` returns the connection for one account, if the access covers several.
    """

    def __init__(self, access: Access | None = None) -> None:
        self._access = access or Access()
        self._open: dict[str, Cloud] = {}
        self._accounts: dict[str, Cloud] = {}
        self._unreached: tuple[str, ...] | None = None
        self._lock = threading.RLock()

    def __getitem__(self, provider: str) -> Cloud:
        with self._lock:
            if provider not in self._open:
                self._open[provider] = self._connect(provider)
            return self._open[provider]

    def __iter__(self) -> Iterator[str]:
        return iter(("aws", "azure"))

    def __len__(self) -> int:
        return 2

    def reach(self, provider: str, account: str) -> Cloud:
        """The cloud with the credentials for the account, or the session's own if there are none for it.

        Raises CloudError if the account cannot be reached. The guards report what the session's own may not do.
        """
        if provider != "aws" or not self._several:
            return self[provider]
        with self._lock:
            if account not in self._accounts:
                self._find_accounts()
            return self._accounts.get(account) or self[provider]

    def accounts(self, provider: str) -> tuple[dict[str, Cloud], tuple[str, ...]]:
        """(the accounts that can be reached, a sentence for each that cannot). Raises CloudError."""
        if provider != "aws" or not self._several:
            cloud = self[provider]
            return dict.fromkeys(cloud.caller().accounts, cloud), ()
        with self._lock:
            unreached = self._find_accounts()
            return dict(self._accounts), unreached

    @property
    def _several(self) -> bool:
        return bool(self._access.role) or len(self._access.profiles) > 1

    def _find_accounts(self) -> tuple[str, ...]:
        if self._unreached is None:
            from hipaa_tui.aws.accounts import find_accounts

            found, self._unreached = find_accounts(self["aws"], self._access)
            self._accounts.update(found)
        return self._unreached

    def _connect(self, provider: str) -> Cloud:
        if provider == "aws":
            from hipaa_tui.aws.cloud import connect as connect_aws

            return connect_aws(profile=self._access.profile, region=self._access.region)
        if provider == "azure":
            from hipaa_tui.azure.cloud import connect as connect_azure

            return connect_azure(subscriptions=self._access.subscriptions)
        raise InputError(f"unknown provider {provider!r}; hipaa-tui supports aws and azure")


class SettingReader:
    """Reads settings and caches each (setting, target). Thread-safe.

    For planning and scanning, where one read serves many playbooks. A run never uses it: it reads afresh before every
    write.
    """

    def __init__(self, clouds: Clouds) -> None:
        self.clouds = clouds
        self._seen: dict[tuple[str, str, str, str], Future[Reading]] = {}
        self._lock = threading.Lock()

    def __call__(self, setting_id: str, target: Target) -> Reading:
        """The setting's current value and identity. Raises CloudError, which is cached, too."""
        key = (setting_id, target.key, target.account, target.region)
        with self._lock:
            future = self._seen.get(key)
            mine = future is None
            if future is None:
                future = self._seen[key] = Future()
        if mine:
            try:
                future.set_result(fresh(self.clouds, setting_id, target))
            except BaseException as error:  # handed to everybody who waits
                future.set_exception(error)
        return future.result()


def fresh(clouds: Clouds, setting_id: str, target: Target) -> Reading:
    """Read without any cache. Raises CloudError."""
    return setting(setting_id).read(cloud_of(clouds, target.provider, target.account), target)


def cloud_of(clouds: Clouds, provider: str, account: str) -> Cloud:
    """The cloud with the credentials for the account. Raises CloudError."""
    return clouds.reach(provider, account) if isinstance(clouds, Connections) else clouds[provider]


def accounts_of(clouds: Clouds, provider: str) -> tuple[dict[str, Cloud], tuple[str, ...]]:
    """(the accounts of a provider that can be reached, a sentence for each that cannot). Raises CloudError."""
    if isinstance(clouds, Connections):
        return clouds.accounts(provider)
    cloud = clouds[provider]
    return dict.fromkeys(cloud.caller().accounts, cloud), ()
