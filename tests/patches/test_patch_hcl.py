"""What stands in HCL is exactly the value that was meant, whatever a cloud let somebody type."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hipaa_tui.patches.language import hcl
from hipaa_tui.patches.language.hcl import Block, Raw
from hipaa_tui.patches.language.syntax import Items, parse

TEXT = st.text(st.characters(exclude_categories=("Cs",))) | st.lists(
    st.sampled_from(
        ["${", "%{", "$", "%", "{", "}", '"', "\\", "\n", "a", "$${", "é", "\x1b", "\u2028", "~}"]
    )
).map("".join)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**12), 10**12) | TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4),
    max_leaves=12,
)


def back(value: object) -> object:
    """A parsed expression as the JSON value that it stands for."""
    if isinstance(value, Items):
        if value.keys:
            return dict(zip(map(back, value.keys), map(back, value.values), strict=True))
        return [back(one) for one in value.values]
    return value


@given(TEXT)
def test_a_string_stays_one_literal_of_the_same_text(text: str) -> None:
    parsed = parse(f"a = {hcl.string(text)}\n")
    assert parsed.broken == 0
    assert [one.name for one in parsed.attributes] == ["a"]
    assert parsed.attributes[0].value == text
    assert parsed.blocks == ()


@given(TEXT)
def test_a_string_has_no_character_that_a_terminal_or_a_diff_obeys(text: str) -> None:
    assert not any(ord(char) < 0x20 or 0x7F <= ord(char) < 0xA0 for char in hcl.string(text))


@given(JSON)
def test_any_value_comes_back_as_it_went(value: object) -> None:
    source = hcl.written(Block("x", (), (("a", hcl.expression(value)), ("bb", "1"))))
    parsed = parse(source)
    assert parsed.broken == 0
    (block,) = parsed.blocks
    assert [one.name for one in block.attributes] == ["a", "bb"]
    emptied = json.loads(json.dumps(value).replace("{}", "[]"))  # both are Items without anything
    assert json.loads(json.dumps(back(block.value("a"))).replace("{}", "[]")) == emptied


@given(TEXT)
def test_a_label_is_one_that_terraform_takes(name: str) -> None:
    label = hcl.label(name)
    assert label.isascii()
    assert label.isidentifier()
    assert len(label) <= 62


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("${x}", '"$${x}"'),
        ("%{if}", '"%%{if}"'),
        ("$${x", '"$\\u0024{x"'),
        ("a$b", '"a$b"'),
        ('"\n', '"\\"\\n"'),
    ],
)
def test_interpolation_is_escaped_as_a_person_would(text: str, written: str) -> None:
    assert hcl.string(text) == written


def test_equal_signs_stand_in_one_column_as_terraform_fmt_puts_them() -> None:
    policy = {"Version": "2012-10-17", "Statement": [{"Sid": "A", "aws:SourceIp": "x", "Bool": {"for": 1}}]}
    block = Block(
        "resource",
        ("aws_s3_bucket_policy", "phi"),
        (("bucket", "aws_s3_bucket.phi.id"), ("policy", hcl.json_document(json.dumps(policy)))),
        (Block("timeouts", (), (("create", '"1m"'),)), Block("empty")),
    )
    assert hcl.written(block) == (
        'resource "aws_s3_bucket_policy" "phi" {\n'
        "  bucket = aws_s3_bucket.phi.id\n"
        "  policy = jsonencode({\n"
        '    Version = "2012-10-17"\n'
        "    Statement = [\n"
        "      {\n"
        '        Sid            = "A"\n'
        '        "aws:SourceIp" = "x"\n'
        "        Bool = {\n"
        '          "for" = 1\n'
        "        }\n"
        "      },\n"
        "    ]\n"
        "  })\n"
        "\n"
        "  timeouts {\n"
        '    create = "1m"\n'
        "  }\n"
        "\n"
        "  empty {}\n"
        "}\n"
    )


def test_an_address_is_never_quoted_and_json_in_a_string_is_opened() -> None:
    assert hcl.expression({"a": Raw("aws_kms_key.x.arn")}) == "{\n  a = aws_kms_key.x.arn\n}"
    assert hcl.json_document('["a"]') == 'jsonencode(["a"])'
    assert hcl.json_document("no json") == '"no json"'


@pytest.mark.parametrize("value", [object(), float("nan"), {"a": {1, 2}}])
def test_what_json_cannot_say_is_refused(value: object) -> None:
    with pytest.raises(ValueError):
        hcl.expression(value)


def test_a_later_change_of_the_same_resource_wins() -> None:
    first = Block("resource", ("a", "b"), (("x", "1"), ("y", "1")), (Block("rule"), Block("keep")))
    second = Block("resource", ("a", "b"), (("y", "2"), ("z", "2")), (Block("rule", (), (("on", "true"),)),))
    merged = first.laid_over(second)
    assert merged.attributes == (("x", "1"), ("y", "2"), ("z", "2"))
    assert merged.blocks == (Block("keep"), Block("rule", (), (("on", "true"),)))
