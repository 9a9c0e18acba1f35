"""Privileged builds there and back: a write hands the whole environment back, and no plan or journal ever holds it."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest

from hipaa_tui.clouds.connections import SettingReader
from hipaa_tui.journal.journal import Journal
from hipaa_tui.plans.planner import FixRequest, make_plan
from hipaa_tui.plans.run_guards import guards
from hipaa_tui.plans.scan import Place, scan
from hipaa_tui.playbooks.load import load
from hipaa_tui.providers.guard import GuardContext, Outcome
from hipaa_tui.providers.registry import resource_types
from hipaa_tui.runs.apply import Applying
from hipaa_tui.runs.rollback import rollback_plan
from hipaa_tui.store.database import open_store
from hipaa_tui.support.errors import RefusedError
from tests.aws.guards import Answers
from tests.aws.guards import do as do_by_hand
from tests.aws.server import ACCOUNT, REGION

PLAYBOOK = load().get("aws.codebuild.privileged")
SECRET = "correct-horse-battery-staple-9"
GROUP, STREAM = "/aws/codebuild/portal", "one"
SPEC = "version: 0.2\nphases:\n  build:\n    commands:\n      - {}\n"
LOGS = {"builds": [{"id": "portal:1", "logs": {"groupName": GROUP, "streamName": STREAM}}]}


def project(aws: Any, name: str, privileged: bool = True, spec: str = "", **more: Any) -> str:
    """A project with a secret among its variables; its ARN."""
    environment = {
        "type": "LINUX_CONTAINER",
        "image": "aws/codebuild/standard:7.0",
        "computeType": "BUILD_GENERAL1_SMALL",
        "privilegedMode": privileged,
        "environmentVariables": [{"name": "API_TOKEN", "value": SECRET, "type": "PLAINTEXT"}],
    }
    source = {
        "type": "GITHUB",
        "location": "https://example.org/x.git",
        **({"buildspec": spec} if spec else {}),
    }
    made = do_by_hand(
        aws, "codebuild", "CreateProject", name=name, serviceRole=f"arn:aws:iam::{ACCOUNT}:role/service",
        source=source, artifacts={"type": "NO_ARTIFACTS"}, environment=environment, **more,
    )  # fmt: skip
    return str(made["project"]["arn"])


def built(aws: Any, *lines: str) -> Any:
    """The cloud with a log of one build; moto's builds name a log that is not there."""
    do_by_hand(aws, "codebuild", "StartBuild", projectName="portal")
    do_by_hand(aws, "logs", "CreateLogGroup", logGroupName=GROUP)
    do_by_hand(aws, "logs", "CreateLogStream", logGroupName=GROUP, logStreamName=STREAM)
    now = int(time.time() * 1000)
    events = [{"timestamp": now + n, "message": line} for n, line in enumerate(lines)]
    asked = {"logGroupName": GROUP, "logStreamName": STREAM, "logEvents": events}
    do_by_hand(aws, "logs", "PutLogEvents", **asked)
    return Answers(aws, BatchGetBuilds=LOGS)


def target(arn: str) -> Any:
    return resource_types()[PLAYBOOK.resource].target(arn, ACCOUNT, REGION)


def says(aws: Any, arn: str) -> tuple[Outcome, str]:
    return guards()[0]["builds-need-docker"](
        GuardContext(aws, target(arn), [], {}, {}, SettingReader({"aws": aws}))
    )


def environment(aws: Any) -> dict[str, Any]:
    found = do_by_hand(aws, "codebuild", "BatchGetProjects", names=["portal"])["projects"][0]
    return dict(found["environment"])


def wrong(aws: Any) -> list[str]:
    seen = scan([PLAYBOOK], [Place("aws", ACCOUNT, REGION)], {"aws": aws})
    assert seen.problems == ()
    return [one.resource for one in seen.findings]


def test_privileged_builds_are_found_made_plain_and_privileged_again(aws, tmp_path):
    """The variables come back as they were, and their values stand nowhere."""
    arn = project(aws, "portal", spec=SPEC.format("make site"))
    project(aws, "kept", privileged=False)
    before = environment(aws)
    assert wrong(aws) == [arn]
    plan = make_plan([FixRequest(PLAYBOOK, target(arn), ("x",))], {"aws": aws}, {})
    assert plan.skipped == plan.blocked == ()
    journal = Journal(open_store(tmp_path / "home" / "store.db"))
    run = Applying(plan, {"aws": aws}, journal, sleep=lambda seconds: None).start()
    assert (journal.row(run).state, journal.row(run).note) == ("done", "")
    assert wrong(aws) == []
    assert environment(aws) == {**before, "privilegedMode": False}

    back = rollback_plan(journal, run, {"aws": aws})
    undone = Applying(back, {"aws": aws}, journal, sleep=lambda seconds: None).start()
    assert (journal.row(undone).state, journal.row(undone).note) == ("done", "")
    assert environment(aws) == before
    kept = "".join(path.read_bytes().decode("latin-1") for path in (tmp_path / "home").iterdir())
    assert arn in kept
    assert SECRET not in kept
    assert SECRET not in json.dumps([plan.as_json(), back.as_json()])


def test_a_part_that_somebody_adds_meanwhile_is_not_lost(aws, tmp_path):
    arn = project(aws, "portal", spec=SPEC.format("make site"))
    plan = make_plan([FixRequest(PLAYBOOK, target(arn), ("x",))], {"aws": aws}, {})
    theirs = {**environment(aws), "certificate": "arn:aws:s3:::theirs/ca.pem"}
    do_by_hand(aws, "codebuild", "UpdateProject", name="portal", environment=theirs)
    journal = Journal(open_store(tmp_path / "home" / "store.db"))
    with pytest.raises(RefusedError, match="certificate"):
        Applying(plan, {"aws": aws}, journal, sleep=lambda seconds: None).start()
    assert environment(aws) == theirs


@pytest.mark.parametrize(
    ("spec", "more", "words"),
    [
        (SPEC.format("docker build -t x ."), {}, "runs docker"),
        (SPEC.format("nohup /usr/local/bin/dockerd &"), {}, "runs dockerd"),
        ('{"version": 0.2, "phases": {"build": {"commands": ["podman build ."]}}}', {}, "runs podman"),
        ("", {"cache": {"type": "LOCAL", "modes": ["LOCAL_DOCKER_LAYER_CACHE"]}}, "layer cache"),
    ],
)
def test_builds_that_use_docker_keep_it(aws, spec, more, words):
    outcome, reason = says(aws, project(aws, "portal", spec=spec, **more))
    assert outcome is Outcome.BLOCK
    assert words in reason


def test_builds_that_mount_a_file_system_keep_it(aws):
    """moto keeps no file systems of a project: CodeBuild's answer is told here."""
    arn = project(aws, "portal")
    efs = {"projects": [{"name": "portal", "fileSystemLocations": [{"type": "EFS", "identifier": "data"}]}]}
    outcome, reason = says(Answers(aws, BatchGetProjects=efs), arn)
    assert outcome is Outcome.BLOCK
    assert "EFS" in reason


@pytest.mark.parametrize("spec", ["", "ci/buildspec.yml", SPEC.format("./ci/build.sh")])
def test_what_nobody_can_see_is_not_called_safe(aws, spec):
    outcome, reason = says(aws, project(aws, "portal", spec=spec))
    assert outcome is Outcome.WARN
    assert "cannot be seen" in reason


def test_logs_of_builds_without_containers_say_that_none_is_needed(aws):
    arn = project(aws, "portal")
    outcome, reason = says(built(aws, "[Container] Running command make site", "done"), arn)
    assert (outcome, "last 1 builds" in reason) == (Outcome.PASS, True)


def test_a_script_that_runs_docker_is_seen_in_the_logs_and_never_repeated(aws):
    arn = project(aws, "portal", spec=SPEC.format("./ci/build.sh"))
    cloud = built(aws, f"[Container] Running command docker login -p {SECRET}")
    outcome, reason = says(cloud, arn)
    assert outcome is Outcome.BLOCK
    assert SECRET not in reason


def test_logs_that_speak_of_docker_are_for_a_person_to_read(aws):
    arn = project(aws, "portal")
    outcome, reason = says(built(aws, "npm: fetched docker-names 1.2.0"), arn)
    assert outcome is Outcome.WARN
    assert "mention docker" in reason


def test_a_log_that_is_empty_or_gone_says_nothing(aws):
    arn = project(aws, "portal")
    do_by_hand(aws, "codebuild", "StartBuild", projectName="portal")
    assert says(Answers(aws, BatchGetBuilds=LOGS), arn)[0] is Outcome.WARN
    do_by_hand(aws, "logs", "CreateLogGroup", logGroupName=GROUP)
    do_by_hand(aws, "logs", "CreateLogStream", logGroupName=GROUP, logStreamName=STREAM)
    assert says(Answers(aws, BatchGetBuilds=LOGS), arn)[0] is Outcome.WARN


def test_a_project_that_is_gone_is_told(aws):
    arn = project(aws, "portal")
    do_by_hand(aws, "codebuild", "DeleteProject", name="portal")
    assert says(aws, arn)[0] is Outcome.BLOCK
