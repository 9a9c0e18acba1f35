"""Determines whether the credentials can write anything that a playbook needs.

If not, hipaa-tui is read-only: it scans, plans and writes patches, and refuses to apply.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Final

from hipaa_tui.clouds.connections import accounts_of
from hipaa_tui.plans.model import Plan
from hipaa_tui.playbooks.load import Catalogue
from hipaa_tui.providers.model import ANYWHERE, Caller, CloudError, Clouds, Operation, Setting, Target
from hipaa_tui.providers.registry import setting
from hipaa_tui.support.errors import RefusedError

_NAMES: Final = {"aws": "AWS", "azure": "Azure"}
_WRITTEN: Final = {
    "azure.network.nsg-rules": "Microsoft.Network/networkSecurityGroups/securityRules",
    "azure.insights.diagnostic-setting": "Microsoft.Insights/diagnosticSettings",
}
"""The resource type that a write is about, if it is not the type of the setting."""
_VERBS: Final = {"PUT": "write", "PATCH": "write", "DELETE": "delete"}


@dataclass(frozen=True, slots=True)
class WriteAccess:
    """The providers that the credentials can write to, and a sentence for the user.

    If it is uncertain whether they can write, they count as able to; the sentence says so.
    """

    providers: tuple[str, ...]
    sentence: str

    @property
    def can_write(self) -> bool:
        return bool(self.providers)


@dataclass(frozen=True, slots=True)
class _Finding:
    able: bool
    why: str


def write_access(clouds: Clouds, catalogue: Catalogue) -> WriteAccess:
    """Which clouds the credentials can write to, of those that the catalogue's playbooks change."""
    return access_for(clouds, {one: write_actions(catalogue, one) for one in clouds})


def access_for(clouds: Clouds, actions: Mapping[str, Sequence[str]]) -> WriteAccess:
    """Which clouds the credentials can write to, by the actions needed in each. Read-only.

    AWS: IAM allows one of the actions, on some resources at least. Azure: a role grants one in any subscription
    or resource group. Without credentials: no. If it cannot be determined (simulation denied, no network): yes, since
    the guard `permitted` checks every change and a refused write changes nothing. Takes a few calls, both providers in
    parallel: call it once, in the background.
    """
    by_provider = {provider: tuple(names) for provider, names in actions.items() if names}
    if not by_provider:
        return WriteAccess((), "no playbook writes to a connected cloud")
    with ThreadPoolExecutor(len(by_provider)) as pool:
        found = dict(
            zip(
                by_provider,
                pool.map(lambda item: _look(clouds, *item), by_provider.items()),
                strict=True,
            )
        )
    able = tuple(name for name, one in found.items() if one.able)
    words = "; ".join(f"{_NAMES.get(name, name)}: {one.why}" for name, one in found.items())
    return WriteAccess(able, words if able else f"read-only: {words}")


class Writes:
    """Refuses to write in read-only mode, and with credentials that can write nothing.

    Checks each cloud once; credentials that could not write are checked again, since they may have got permissions."""

    def __init__(self, *, read_only: bool, clouds: Callable[[], Clouds]) -> None:
        self.read_only = read_only
        self._clouds = clouds
        self._able: set[str] = set()

    def refuse(self, plan: Plan | None = None) -> None:
        """RefusedError in read-only mode, or if the credentials cannot write to one of the plan's clouds.

        Checks the plan's own calls, so that a rollback needs no playbook.
        """
        if self.read_only:
            raise RefusedError("read-only mode: nothing was changed; start without --read-only to apply")
        meant: dict[str, set[str]] = {}
        for change in plan.changes if plan is not None else ():
            meant.setdefault(change.target.provider, set()).update(change.permissions)
        for provider in sorted(meant.keys() - self._able):
            found = access_for({provider: self._clouds()[provider]}, {provider: sorted(meant[provider])})
            if not found.can_write:
                raise RefusedError(
                    f"{found.sentence}; nothing was changed: use credentials that can write, or pass the plan on"
                )
            self._able.add(provider)


_READS: Final = ("Get", "List", "Describe")


def write_actions(catalogue: Catalogue, provider: str) -> tuple[str, ...]:
    """The permissions that the playbooks' writes may need from a provider, sorted."""
    found: set[str] = set()
    for playbook in catalogue.playbooks.values():
        for change in playbook.changes:
            one = setting(change.setting)
            if one.provider == provider:
                found.update(_actions(one, (*one.writes, *one.removes)))
    return tuple(sorted(found))


def _actions(one: Setting, operations: Iterable[Operation]) -> Iterable[str]:
    for operation in operations:
        if one.provider == "aws":
            from hipaa_tui.aws.permissions.actions import actions

            if not operation.operation.startswith(_READS):  # a write may look something up on its way
                yield from actions(operation.service, operation.operation)
        elif operation.operation in _VERBS:
            yield f"{_WRITTEN.get(one.id, one.resource)}/{_VERBS[operation.operation]}"


def _look(clouds: Clouds, provider: str, actions: tuple[str, ...]) -> _Finding:
    try:
        reached, _ = accounts_of(clouds, provider)
        unknown = ""
        for account, cloud in reached.items():
            caller = cloud.caller()
            found = cloud.denied(actions, _anywhere(caller, account))
            if len(found.actions) + len(found.unknown) < len(actions):
                return _Finding(True, "the credentials can write")
            if found.unknown:
                unknown = found.reason or "the provider does not say"
    except CloudError as error:
        if error.unauthenticated or error.code == "NoProfile":
            return _Finding(False, "there are no credentials")
        return _Finding(True, f"assumed to be able to write, since that could not be determined ({error})")
    if unknown:
        return _Finding(
            True, f"assumed to be able to write, since that could not be determined for certain ({unknown})"
        )
    if not reached:
        return _Finding(False, "the credentials have access to no subscription")
    return _Finding(False, "the credentials have none of the permissions that the playbooks need to write")


def _anywhere(caller: Caller, account: str) -> Target:
    return Target(caller.provider, ANYWHERE, account, "", "*", account, caller.partition)
