"""The Terraform types that a setting names are those that its snippet writes."""

import re
from pathlib import Path

import pytest

from hipaa_tui.providers.registry import settings

FOLDER = Path(__file__).parents[2] / "snippets" / "terraform"
REFUSAL = re.compile(r"\s*\{\{ refuse\([^\n]*\) \}\}\s*")
SNIPPETS: dict[str, list[str]] = {}
for path in FOLDER.rglob("*.tf.j2"):
    SNIPPETS.setdefault(path.name.removesuffix(".tf.j2"), []).append(path.read_text("utf-8"))


@pytest.mark.parametrize("id", settings())
def test_a_setting_names_the_terraform_of_its_snippet(id):
    named, snippets = set(settings()[id].terraform), SNIPPETS.get(id, [])
    assert snippets or not named
    assert named or all(REFUSAL.fullmatch(text) for text in snippets), "only a refusal names no type"
    written = {
        found for text in snippets for found in re.findall(r'^\s*resource "(\w+)"', text, re.MULTILINE)
    }
    assert written <= named
