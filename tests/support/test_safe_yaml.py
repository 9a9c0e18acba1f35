"""Both scanners, libyaml's and PyYAML's own, read the same and refuse the same."""

import sys

import pytest

from hipaa_tui.support.package_data import content_folder
from hipaa_tui.support.safe_yaml import _loader, read, read_own


@pytest.fixture(params=["libyaml", "pure Python"], autouse=True)
def scanner(request, monkeypatch):
    if request.param == "pure Python":
        monkeypatch.setitem(sys.modules, "yaml.cyaml", None)
    _loader.cache_clear()
    yield request.param
    _loader.cache_clear()


def test_every_shipped_playbook_is_an_object():
    paths = sorted(content_folder("playbooks").rglob("*.yaml"))
    assert paths
    for path in paths:
        assert read(path.read_bytes(), 10**6) == read_own(path.read_bytes()), path


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a: 1\nb: &x [1]\nc: *x\n", "line 3: YAML aliases are not allowed"),
        ("a: 1\na: 2\n", "line 2: duplicate key 'a'"),
        ("a: {? [1, 2] : 3}\n", "line 1: a key must be plain text"),
        ("a: !!python/object/apply:os.system ['id']\n", "line 1: invalid YAML: "),
        ("a: [1\nb: 2\n", "line 2: invalid YAML: "),
        ("[" * 5_000, "invalid YAML: not UTF-8"),
        (b"a: \xff\n", "invalid YAML: not UTF-8"),
        ("a: " + "x" * 1024, "larger than 1 KB"),
    ],
)
def test_what_a_person_cannot_read_at_a_glance_is_refused_with_its_line(text, said):
    data = text if isinstance(text, bytes) else text.encode()
    with pytest.raises(ValueError, match=said.replace("(", r"\(")):
        read(data, 1024 if "xxx" in str(text) else 10**6)


def test_a_policys_times_stay_text():
    assert read(b"a: 22:00\nb: no\nc: true\nd: 007\ne: 7\nf:\n", 100, words_only=True) == {
        "a": "22:00", "b": "no", "c": True, "d": "007", "e": 7, "f": None,
    }  # fmt: skip
