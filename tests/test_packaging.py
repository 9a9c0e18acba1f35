"""What a person installs carries its content, and works from any folder."""

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """The wheel as `pip install .` builds it."""
    folder = tmp_path_factory.mktemp("wheel")
    command = [
        sys.executable,
        "-m",
        "pip",
        "wheel",
        "--quiet",
        "--no-deps",
        "--no-build-isolation",
        "-w",
        str(folder),
        ".",
    ]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    (found,) = folder.glob("hipaa_tui-*.whl")
    return found


@pytest.mark.slow
def test_the_wheel_carries_every_playbook_snippet_and_table(wheel):
    names = set(zipfile.ZipFile(wheel).namelist())
    for folder in ("playbooks", "snippets"):
        for path in (ROOT / folder).rglob("*"):
            if path.is_file():
                assert f"hipaa_tui/_content/{path.relative_to(ROOT)}" in names
    assert "hipaa_tui/playbooks/schema.json" in names
    assert "hipaa_tui/controls/data/citations.json" in names
    assert "hipaa_tui/py.typed" in names
    assert not any(name.startswith(("tests/", "benchmarks/")) for name in names)


@pytest.mark.slow
def test_an_installed_wheel_finds_its_playbooks_from_another_folder(wheel, tmp_path):
    zipfile.ZipFile(wheel).extractall(tmp_path / "site")
    program = (
        "import sys; import hipaa_tui; assert hipaa_tui.__file__.startswith(sys.argv[1]), hipaa_tui.__file__;"
        "from hipaa_tui.cli.main import run; sys.exit(run(['playbooks']))"
    )
    environment = {
        **os.environ,
        "PYTHONPATH": str(tmp_path / "site"),
        "HIPAA_TUI_HOME": str(tmp_path / "home"),
    }
    done = subprocess.run(
        [sys.executable, "-c", program, str(tmp_path)],
        cwd=tmp_path, env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "aws.s3.tls-only" in done.stdout
    assert "azure.storage.secure-transfer" in done.stdout
