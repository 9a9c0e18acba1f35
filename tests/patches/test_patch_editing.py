"""A block is edited where it stands: what is not meant keeps every byte, and the result is fmt-clean."""

import shutil
import subprocess

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hipaa_tui.patches.editing.apply import NotEditableError, lay_over
from hipaa_tui.patches.editing.edit_context import Difference
from hipaa_tui.patches.language.hcl import Block, expression, written
from hipaa_tui.patches.language.syntax import parse

LABELS = ("aws_db_instance", "phi")


def edited(source, *attributes, blocks=(), **more):
    wanted = Block("resource", ("aws_db_instance", "edit"), tuple(attributes), tuple(blocks))
    return lay_over(source.encode(), LABELS, wanted, **more).decode()


def block(body):
    return f'resource "aws_db_instance" "phi" {{{body}}}\n'


CASES = {
    "a literal is replaced": ("\n  multi_az = false\n", [("multi_az", "true")], (), "\n  multi_az = true\n"),
    "a comment keeps its column": (
        "\n  multi_az = false # cost\n  a        = 1     # x\n",
        [("multi_az", "true")],
        (),
        "\n  multi_az = true  # cost\n  a        = 1     # x\n",
    ),
    "a comment of its own stays right behind the value": (
        "\n  # why\n  multi_az = false # cost\n  a        = 1\n",
        [("multi_az", "true")],
        (),
        "\n  # why\n  multi_az = true # cost\n  a        = 1\n",
    ),
    "what fits joins the last group": (
        "\n  identifier = \"phi\"\n  # why\n  engine_version = \"15\"\n",
        [("multi_az", "true")],
        (),
        "\n  identifier = \"phi\"\n  # why\n  engine_version = \"15\"\n  multi_az       = true\n",
    ),
    "what is longer stands in a group of its own": (
        "\n  size = 1\n",
        [("backup_retention_period", "7"), ("multi_az", "true")],
        (),
        "\n  size = 1\n\n  backup_retention_period = 7\n  multi_az                = true\n",
    ),
    "an empty block is opened": ("", [("multi_az", "true")], (), "\n  multi_az = true\n"),
    "a block on one line is opened": (" a = 1 ", [("multi_az", "true")], (), "\n  a        = 1\n  multi_az = true\n"),
    "arguments go before the blocks that are there": (
        "\n  timeouts {\n    create = \"1h\"\n  }\n",
        [("multi_az", "true")],
        (),
        "\n  multi_az = true\n\n  timeouts {\n    create = \"1h\"\n  }\n",
    ),
    "a nested block is added at the end": (
        "\n  a = 1\n",
        [],
        [Block("metadata", attributes=(("tokens", '"required"'),))],
        "\n  a = 1\n\n  metadata {\n    tokens = \"required\"\n  }\n",
    ),
    "a nested block is edited": (
        "\n  metadata {\n    tokens = \"optional\" # old\n    hops   = 1\n  }\n",
        [],
        [Block("metadata", attributes=(("tokens", '"required"'),))],
        "\n  metadata {\n    tokens = \"required\" # old\n    hops   = 1\n  }\n",
    ),
    "behind a heredoc": (
        "\n  note = <<-EOT\n    a = false\n  EOT\n",
        [("multi_az", "true")],
        (),
        "\n  note = <<-EOT\n    a = false\n  EOT\n\n  multi_az = true\n",
    ),
    "behind a list of several lines": (
        "\n  names = [\n    \"a\",\n  ]\n",
        [("multi_az", "true")],
        (),
        "\n  names = [\n    \"a\",\n  ]\n  multi_az = true\n",
    ),
    "null is said by absence": ("\n  a = 1\n", [("b", "null")], (), "\n  a = 1\n"),
    "numbers and booleans as strings are the same": ("\n  a = \"7\"\n  b = \"true\"\n", [("a", "7"), ("b", "true")], (), "\n  a = \"7\"\n  b = \"true\"\n"),
    "a list is compared by its values": ("\n  a = [\"x\",\n  \"y\"]\n", [("a", '["x", "y"]')], (), "\n  a = [\"x\",\n  \"y\"]\n"),
    "a value of several lines is indented": (
        "\n  a = {}\n",
        [("a", expression({"x": 1, "yy": [2]}))],
        (),
        "\n  a = {\n    x  = 1\n    yy = [2]\n  }\n",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_only_what_is_meant_changes(case):
    before, attributes, blocks, after = CASES[case]
    around = (
        "# first\n\nlocals { multi_az = false }\n",
        'resource "aws_db_instance" "other" { multi_az = false }\n',
    )
    out = edited(around[0] + block(before) + around[1], *attributes, blocks=blocks)
    assert out == around[0] + block(after) + around[1]
    assert edited(out, *attributes, blocks=blocks) == out, "a second time changes nothing"


# The column of a comment behind a value moves with the longest value: its neighbours' lines are not ours to touch.
@pytest.mark.parametrize("case", sorted(set(CASES) - {"a comment keeps its column"}))
@pytest.mark.skipif(shutil.which("terraform") is None, reason="terraform says what is fmt-clean")
def test_terraform_fmt_leaves_the_result_alone(case):
    after = CASES[case][-1]
    done = subprocess.run(
        ["terraform", "fmt", "-"], input=block(after), capture_output=True, text=True, check=True
    )
    assert done.stdout == block(after)


@pytest.mark.parametrize("newline", ["\r\n", "\n"])
@pytest.mark.parametrize("bom", ["\ufeff", ""])
def test_line_ends_and_the_mark_at_the_beginning_stay(newline, bom):
    source = bom + block('\n  a = "ä"\n').replace("\n", newline)
    out = edited(source, ("b", "1"), blocks=[Block("c", attributes=(("d", "2"),))])
    assert out == bom + block('\n  a = "ä"\n  b = 1\n\n  c {\n    d = 2\n  }\n').replace("\n", newline)


@pytest.mark.parametrize(
    ("body", "attributes", "blocks", "sentence"),
    [
        ("\n  a = var.a\n", [("a", "1")], (), "a is var.a: change it where that is defined"),
        ('\n  a = "${local.x}-y"\n', [("a", '"z"')], (), "change it where that is defined"),
        ("\n  a = max(1, 2)\n", [("a", "3")], (), "max"),
        ('\n  dynamic "c" {\n    for_each = []\n    content {}\n  }\n', [], [Block("c")], "are dynamic"),
        ("\n  c {\n    d = 1\n  }\n  c {\n    d = 2\n  }\n", [], [Block("c", attributes=(("d", "3"),))], "has 2 blocks c"),
        ("\n  a = 1 }", [("b", "1")], (), "closing brace"),
    ],
)  # fmt: skip
def test_what_a_person_has_to_decide_is_said(body, attributes, blocks, sentence):
    source = block(body) if not body.endswith("}") else block(body)[:-2] + "\n"
    with pytest.raises(NotEditableError, match=sentence):
        edited(source, *attributes, blocks=blocks)


def test_one_of_several_blocks_that_is_right_is_enough():
    source = block("\n  c {\n    d = 1\n  }\n  c {\n    d = 2\n  }\n")
    assert edited(source, blocks=[Block("c", attributes=(("d", "2"),))]) == source


def test_a_reference_that_means_the_same_is_left_alone():
    source = block("\n  a = local.name\n")
    assert edited(source, ("a", '"phi"'), means=lambda _: frozenset({"phi"})) == source


def test_no_block_or_two_are_refused():
    for source in ("", block("") + block("")):
        with pytest.raises(NotEditableError, match=r"blocks aws_db_instance\.phi"):
            edited(source, ("a", "1"))


NAMES = st.sampled_from(["a", "bb", "multi_az", "backup_retention_period", "tags_of_it"])
VALUES = st.one_of(
    st.booleans(), st.integers(-5, 5000), st.text("ab{}$%\"'#é\n ", max_size=6),
    st.lists(st.integers(0, 9), max_size=3), st.dictionaries(st.sampled_from("xyz"), st.integers(0, 9), max_size=2),
)  # fmt: skip
BODIES = st.dictionaries(NAMES, VALUES, max_size=4)


@settings(deadline=None, max_examples=150)
@given(
    BODIES,
    st.dictionaries(NAMES, VALUES, min_size=1, max_size=3),
    st.sampled_from(["\n", "\r\n"]),
    st.booleans(),
)
def test_any_block_ends_with_what_was_wanted_and_keeps_the_rest(there, wanted, newline, nested):
    inner = (Block("c", attributes=(("d", "1"),)),) if nested else ()
    rows = tuple((name, expression(value)) for name, value in there.items())
    source = "# before\n" + written(Block("resource", LABELS, rows, inner)) + "\n# behind\n"
    source = source.replace("\n", newline)
    out = edited(source, *((name, expression(value)) for name, value in wanted.items()))
    assert out.startswith(f"# before{newline}")
    assert out.endswith(f"{newline}# behind{newline}")
    assert out.count("\r\n") == (out.count("\n") if newline == "\r\n" else 0)
    (found,) = parse(out).blocks
    merged = {  # a map keeps the keys that nothing is wanted of
        name: {**there[name], **value}
        if isinstance(value, dict) and isinstance(there.get(name), dict)
        else value
        for name, value in wanted.items()
    }
    (meant,) = parse(
        written(Block("x", (), tuple((n, expression(v)) for n, v in (there | merged).items())))
    ).blocks
    assert {one.name: one.value for one in found.attributes} == {
        one.name: one.value for one in meant.attributes
    }
    assert len(found.blocks) == len(inner)


RULE = ("from_port", "cidr_blocks")


def rules(*given):
    return tuple(Block("ingress", attributes=tuple(zip(RULE, one, strict=True))) for one in given)


def changed(source, before, after, **more):
    """The edit of a change that is known as a whole."""
    difference = Difference(Block("resource", (), (), before), Block("resource", (), (), after))
    fresh = tuple(one for one in after if one not in before)
    return edited(source, blocks=fresh, difference=difference, **more)


DYNAMIC = """
  dynamic "ingress" {
    for_each = %s
    content {
      from_port   = ingress.value.port
      cidr_blocks = %s
    }
  }
"""
OPEN, SSH, WEB = '["0.0.0.0/0"]', ("22", '["0.0.0.0/0"]'), ("443", '["0.0.0.0/0"]')
NARROW = ("22", '["10.0.0.0/8"]')


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        (DYNAMIC % ("var.rules", "ingress.value.from"), "their for_each is var.rules: change them where that is defined"),
        (DYNAMIC % ("[{ port = 22 }, { port = 443 }]", OPEN), "cidr_blocks is .* for all of them: for element 1 of"),
        (DYNAMIC % ("[{ port = 22, from = [\"0.0.0.0/0\"] }, { port = 22, from = [\"0.0.0.0/0\"] }]", "ingress.value.from"),
         "which of the 2 elements"),
        (DYNAMIC % ("[{ port = 22, from = var.open }]", "ingress.value.from"), "from in element 1 is var.open|not certain"),
        ("\n  ingress = []\n", "ingress is set as an argument"),
        ("\n  ingress {\n    from_port   = 1\n    cidr_blocks = []\n  }\n  ingress {\n    from_port   = 2\n    cidr_blocks = []\n  }\n",
         "it is not certain which one has to change"),
    ],
)  # fmt: skip
def test_a_rule_that_is_not_certain_is_left_to_a_person(body, sentence):
    with pytest.raises(NotEditableError, match=sentence):
        changed(block(body), rules(SSH, WEB), rules(NARROW, WEB))


def test_the_last_rule_leaves_an_empty_argument():
    source = block('\n  ingress {\n    from_port   = 22\n    cidr_blocks = ["0.0.0.0/0"]\n  }\n')
    wanted = Block("resource", (), (("ingress", "[]"),))
    difference = Difference(Block("resource", (), (), rules(SSH)), wanted)
    out = edited(source, ("ingress", "[]"), difference=difference)
    assert out == block("\n  ingress = []\n")
    assert edited(out, ("ingress", "[]"), difference=difference) == out
