"""`remediate` walks one finding by questions, and does only what was answered."""

import pytest
from prompt_toolkit.application import create_app_session
from prompt_toolkit.input import create_pipe_input
from prompt_toolkit.output import DummyOutput

from hipaa_tui.cli.main import run
from hipaa_tui.providers.registry import setting
from tests.azure.server import ACCOUNT, HTTPS, azure, storage_account, target

DOWN, ENTER, CANCEL = "\x1b[B", "\r", "\x03"


@pytest.fixture
def cloud(tmp_path, monkeypatch):
    with azure(storage_account()) as found:
        monkeypatch.setenv("HIPAA_TUI_HOME", str(tmp_path / "home"))
        monkeypatch.setenv("HIPAA_TUI_ARM_ENDPOINT", found.endpoint.url)
        for module in ("terminal", "commands.remediate"):
            monkeypatch.setattr(f"hipaa_tui.cli.{module}.has_terminal", lambda: True)
        assert run(["scan", "--provider", "azure", "--playbook", "azure.storage.secure-transfer"]) == 0
        yield found


def answer(keys):
    with create_pipe_input() as pipe, create_app_session(input=pipe, output=DummyOutput()):
        pipe.send_text(keys)
        return run(["remediate"])


def transport(cloud):
    return setting("azure.storage.transport").read(cloud, target(ACCOUNT)).value


def test_a_finding_is_chosen_previewed_approved_and_fixed(cloud, capsys):
    # The finding; "Apply now", one below the default at the end of the list; yes.
    assert answer(ENTER + DOWN + ENTER + "y") == 0
    assert transport(cloud) == HTTPS
    said = capsys.readouterr().out
    for words in (
        "minimumTlsVersion: TLS1_0 → TLS1_2",
        "az rest",
        "guard pass",
        "Rollback, last change first",
        "verified",
    ):
        assert words in said


def test_enter_alone_changes_nothing(cloud):
    before = transport(cloud)
    assert answer(ENTER + ENTER) == 0
    assert transport(cloud) == before


def test_no_is_a_refusal(cloud, capsys):
    before = transport(cloud)
    assert answer(ENTER + DOWN + ENTER + "n") == 3
    assert transport(cloud) == before
    assert "nothing was changed" in capsys.readouterr().err


def test_ctrl_c_at_a_question_changes_nothing(cloud):
    before = transport(cloud)
    assert answer(CANCEL) == 3
    assert transport(cloud) == before
