"""The key pair of a home: made once, readable by its owner only, and its signatures hold for what was signed."""

import json
import stat
import subprocess
import sys

import pytest

from hipaa_tui.cli.main import run
from hipaa_tui.support.errors import InputError
from hipaa_tui.support.signing import checked_key, fingerprint, open_identity, signed_by


def test_a_home_keeps_its_key(tmp_path):
    first = open_identity(tmp_path / "home")
    assert open_identity(tmp_path / "home").key == first.key
    assert open_identity(tmp_path / "other").key != first.key
    assert stat.S_IMODE((tmp_path / "home" / "identity.pem").stat().st_mode) == 0o600
    assert [path.name for path in (tmp_path / "home").iterdir()] == ["identity.pem"]


def test_of_many_processes_that_start_at_once_all_have_one_key(tmp_path):
    program = (
        "import sys; from pathlib import Path; from hipaa_tui.support.signing import open_identity;"
        "print(open_identity(Path(sys.argv[1])).key)"
    )
    started = [
        subprocess.Popen([sys.executable, "-c", program, str(tmp_path / "home")], stdout=subprocess.PIPE)
        for _ in range(6)
    ]
    assert len({process.communicate()[0] for process in started}) == 1


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o602])
def test_a_key_that_others_can_read_is_refused(tmp_path, mode):
    open_identity(tmp_path)
    (tmp_path / "identity.pem").chmod(mode)
    with pytest.raises(InputError, match="is readable by others"):
        open_identity(tmp_path)


@pytest.mark.parametrize(
    "content", ["", "not a key", "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"]
)
def test_a_damaged_key_is_said_and_kept(tmp_path, content):
    path = tmp_path / "identity.pem"
    path.write_text(content)
    path.chmod(0o600)
    with pytest.raises(InputError, match="no Ed25519 key"):
        open_identity(tmp_path)
    assert path.read_text() == content


def test_a_signature_holds_for_the_statement_the_purpose_and_the_key_alone(tmp_path):
    me, other = open_identity(tmp_path / "a"), open_identity(tmp_path / "b")
    statement = me.sign("journal head", {"seq": 3, "key": me.key})
    assert signed_by("journal head", statement) == me.key
    assert signed_by("journal head", json.loads(json.dumps(statement))) == me.key
    assert signed_by("approval", statement) == ""
    assert signed_by("journal head", {**statement, "seq": 4}) == ""
    assert signed_by("journal head", {**statement, "more": 1}) == ""
    assert signed_by("journal head", {**statement, "key": other.key}) == ""
    for broken in ("", "x", statement["signature"][:-3] + "B==", None):
        assert signed_by("journal head", {**statement, "signature": broken}) == ""
    with pytest.raises(ValueError, match="names the key"):
        other.sign("journal head", {"key": me.key})


@pytest.mark.parametrize("text", ["", "ed25519:", "ed25519:AAAA", "rsa:AAAA", "ed25519:" + "!" * 44])
def test_what_is_no_public_key_is_said(text):
    with pytest.raises(InputError, match="not a public key"):
        checked_key(text)


def test_the_command_prints_what_colleagues_need(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("HIPAA_TUI_HOME", str(tmp_path / "home"))
    assert run(["identity", "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    me = open_identity(tmp_path / "home")
    assert said == {"name": me.name, "key": me.key, "fingerprint": fingerprint(me.key)}
    assert checked_key(said["key"]) == me.key
    assert run(["identity"]) == 0
    assert me.key in capsys.readouterr().out
