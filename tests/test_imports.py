"""What must not be imported is not: only a fresh process can tell."""

import subprocess
import sys
from graphlib import TopologicalSorter

import grimp
import pytest

HEAVY = (
    "textual",
    "boto3",
    "botocore",
    "azure",
    "git",
    "jinja2",
    "sqlalchemy",
    "questionary",
    "yaml",
    "jsonschema",
)


def loaded_by(program):
    code = f"import sys\n{program}\nprint(' '.join(sorted({{m.partition('.')[0] for m in sys.modules}})))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return set(done.stdout.split("\n")[-2].split())


@pytest.mark.parametrize("arguments", [["--version"], ["--help"], ["apply", "--help"]])
def test_version_and_help_load_nothing_heavy(arguments):
    modules = loaded_by(f"from hipaa_tui.cli.main import run\nassert run({arguments!r}) == 0")
    assert not modules & set(HEAVY)


def test_the_list_of_playbooks_loads_no_sdk_and_no_screens():
    modules = loaded_by("from hipaa_tui.cli.main import run\nassert run(['playbooks', 'list']) == 0")
    assert not modules & {"textual", "boto3", "azure", "git"}


def test_reading_the_queue_loads_no_sdk_and_no_screens(tmp_path, monkeypatch):
    monkeypatch.setenv("HIPAA_TUI_HOME", str(tmp_path))
    modules = loaded_by("from hipaa_tui.cli.main import run\nassert run(['findings']) == 0")
    assert not modules & {"textual", "boto3", "azure", "git"}


def test_the_screens_load_neither_sdk_nor_store_before_their_first_paint():
    modules = loaded_by("import hipaa_tui.tui.app")
    assert not modules & {"boto3", "botocore", "azure", "git", "sqlalchemy", "jinja2"}


def test_no_module_imports_itself_by_way_of_others():
    """Neither at the top of a module, nor within a function, nor for types alone: each circle is two rooms in one."""
    graph = grimp.build_graph("hipaa_tui")
    imports = {module: graph.find_modules_directly_imported_by(module) for module in graph.modules}
    TopologicalSorter(imports).prepare()  # CycleError names the modules
