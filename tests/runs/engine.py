"""A journal, a plan maker and the ARM server's hooks: what tests of the engine start from."""

import json
import urllib.request

from sqlalchemy import update

from hipaa_tui.journal.journal import Journal
from hipaa_tui.plans.planner import FixRequest, make_plan
from hipaa_tui.playbooks.load import load
from hipaa_tui.runs.apply import Applying
from hipaa_tui.runs.rollback import rollback_plan
from hipaa_tui.runs.views import view
from hipaa_tui.store.database import open_store
from hipaa_tui.store.schema import runs
from tests.azure.server import ACCOUNT, azure, storage_account, target
from tests.azure_cli import check_plan

SECURE = "azure.storage.secure-transfer"
LOGS = "azure.storage.blob-logs"
PRIVATE = "azure.storage.blob-public-access"
SECOND = ACCOUNT.replace("patientfiles", "claimfiles")


class Engine:
    """One store and one cloud."""

    def __init__(self, folder, cloud):
        self.cloud = cloud
        self.clouds = {"azure": cloud}
        self.journal = Journal(open_store(folder / "home" / "store.db"))
        self.catalogue = load()
        self.waited = 0.0

    def plan(self, *fix_requests, **given):
        chosen = [
            FixRequest(self.catalogue.get(playbook), target(id), (f"finding-{number}",))
            for number, (playbook, id) in enumerate(fix_requests or [(SECURE, ACCOUNT)])
        ]
        return check_plan(make_plan(chosen, self.clouds, given))

    def applying(self, plan, clouds=None, progress=None):
        more = {"progress": progress} if progress else {}
        return Applying(plan, clouds or self.clouds, self.journal, sleep=self._sleep, **more)

    def apply(self, plan, clouds=None, progress=None):
        return self.view(self.applying(plan, clouds, progress).start())

    def resume(self, run):
        return self.view(self.applying(self.journal.plan(run)).resume(run))

    def rollback_plan(self, run):
        return rollback_plan(self.journal, run, self.clouds)

    def expire(self, run):
        """As if the run's worker had been silent for longer than its lease."""
        with self.journal._store.writing() as connection:
            connection.execute(update(runs).where(runs.c.id == run).values(beat="2020-01-01T00:00:00+00:00"))

    def reopen(self, run):
        """As if a run that was closed by an error had been killed there instead."""
        with self.journal._store.writing() as connection:
            gone = {"state": "running", "owner": "", "ended": "", "note": ""}
            connection.execute(update(runs).where(runs.c.id == run).values(**gone))

    def other(self):
        """The journal as another worker has it."""
        return Journal(self.journal._store)

    def view(self, run):
        return view(self.journal, self.journal.row(run))

    def _sleep(self, seconds):
        self.waited += seconds

    # The server's hooks

    def hook(self, path, body=None):
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(  # noqa: S310 - our own server on this machine
            f"{self.cloud.endpoint.url}/_sandbox/{path}",
            data=data,
            headers={"Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request) as answer:  # noqa: S310
            return json.loads(answer.read() or b"null")

    def writes(self):
        """Every write that reached the server, refused ones too."""
        return [r for r in self.hook("requests")["value"] if r["method"] in {"PUT", "PATCH", "DELETE"}]

    def fault(self, **what):
        self.hook("faults", {"method": "PATCH", "path_contains": "storageAccounts", "times": 1, **what})


def accounts():
    return [storage_account(), storage_account(SECOND)]


class Meddling:
    """A cloud that lets something happen before a call goes through."""

    def __init__(self, cloud, before):
        self.provider = cloud.provider
        self._cloud = cloud
        self._before = before

    def call(self, call):
        self._before(call)
        return self._cloud.call(call)

    def __getattr__(self, name):
        return getattr(self._cloud, name)


__all__ = ["ACCOUNT", "LOGS", "PRIVATE", "SECOND", "SECURE", "Engine", "Meddling", "accounts", "azure"]
