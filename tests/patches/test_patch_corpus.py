"""A corpus of Terraform files that are written in odd ways: each edit is byte-exact, and keeps what is fmt-clean so.

hcl_corpus/edits.json says of each file what is wanted; NAME.before.* is brought to NAME.after.*.
"""

import json
import shutil
import subprocess
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hipaa_tui.patches.editing.apply import NotEditableError, lay_over
from hipaa_tui.patches.editing.edit_context import Difference
from hipaa_tui.patches.language.hcl import Block, written
from hipaa_tui.patches.language.syntax import parse

CORPUS = Path(__file__).parent / "hcl_corpus"
EDITS = json.loads((CORPUS / "edits.json").read_text("utf-8"))


def files(name):
    stem, _, ending = name.partition(".")
    return CORPUS / f"{stem}.before.{ending}", CORPUS / f"{stem}.after.{ending}"


def block(given, type="resource", labels=("thing", "phi")):
    inner = tuple(block(one, one["type"], ()) for one in given.get("blocks", ()))
    return Block(type, labels, tuple(given.get("attributes", {}).items()), inner)


def edited(data, edit):
    wanted = block(edit)
    earlier = block({**edit, "blocks": edit["earlier"]}) if "earlier" in edit else None
    if "before" in edit:
        blocks = edit.get("earlier_blocks", edit.get("blocks", ()))
        earlier = block({"attributes": edit["before"], "blocks": blocks})
    return lay_over(
        data, ("thing", "phi"), wanted, difference=Difference(earlier, wanted if earlier else None)
    )


def test_the_corpus_is_whole():
    assert len(EDITS) >= 40
    assert {one for name in EDITS for one in files(name)} == set(CORPUS.glob("*.*.*"))


@pytest.mark.parametrize("name", EDITS)
def test_an_edit_changes_what_is_meant_and_no_byte_more(name):
    before, after = files(name)
    out = edited(before.read_bytes(), EDITS[name])
    assert out == after.read_bytes()
    assert edited(out, EDITS[name]) == out, "a second time changes nothing"


@pytest.mark.skipif(shutil.which("terraform") is None, reason="terraform says what is fmt-clean")
def test_what_is_fmt_clean_stays_so(tmp_path):
    for path in CORPUS.glob("*.tf"):
        (tmp_path / path.name).write_bytes(path.read_bytes())
    done = subprocess.run(
        ["terraform", "fmt", "-check", "-list=true", str(tmp_path)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode in {0, 3}, done.stderr
    unclean = {Path(line).name for line in done.stdout.splitlines()}
    worse = [one for one in unclean if ".after." in one and one.replace(".after.", ".before.") not in unclean]
    assert worse == []
    assert len(unclean) < len(EDITS) / 2


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("  b = 3\n", "b has to be removed, but its value 3 is only in the file"),
        ("  b = var.b\n", "b has to be removed, but its value var.b is only in the file"),
        ("  c { b = 2 }\n", "its blocks c have to be removed, but one is only in the file"),
    ],
)
def test_what_the_file_alone_says_is_not_taken_out(text, sentence):
    source = f'resource "thing" "phi" {{\n  a = 1\n{text}}}\n'.encode()
    wanted = Block("resource", ("thing", "phi"), (("a", "1"),))
    earlier = Block("resource", ("thing", "phi"), (("a", "1"), ("b", "2")), (Block("c", (), (("b", "3"),)),))
    with pytest.raises(NotEditableError, match=sentence):
        lay_over(source, ("thing", "phi"), wanted, difference=Difference(earlier, wanted))


BLANK = st.sampled_from(["", " ", "  ", "\t", " /* x = 1 */ ", "/* } */"])
NEXT = st.sampled_from(["\n", "\n\n", " # a = 0 }\n", " // {\n", "\t/* \n a = 3 \n */\n", "\n# «ü»\n"])


@settings(deadline=None, max_examples=150)
@given(
    st.lists(BLANK, min_size=6, max_size=6),
    st.lists(NEXT, min_size=5, max_size=5),
    st.booleans(),
    st.booleans(),
)
def test_blanks_comments_and_newlines_anywhere_stay(blanks, ends, crlf, nested):
    one, two, three, four, five, six = blanks
    a, b, c, d, e = ends
    inner = f"{one}c {{{a}  d{two}={three}1{d}}}{e}" if nested else ""
    head = f'resource "thing" "phi" {{{a}{four}a{one}={two}'
    rest = f"{b}{five}b{three}={six}[1]{c}{inner}}}{d}"
    newline = "\r\n" if crlf else "\n"
    source = f"{head}10{rest}".replace("\n", newline).encode()
    edit = {"attributes": {"a": "11", "b": "[1]"}}
    out = edited(source, edit)
    assert out == f"{head}11{rest}".replace("\n", newline).encode()
    more = {"attributes": {"a": "11", "new": "true"}, "blocks": [{"type": "e", "attributes": {"f": "2"}}]}
    try:
        final = edited(out, more)
    except NotEditableError:
        return
    (found,) = parse(final.decode()).blocks
    assert (found.value("a"), found.value("new")) == (11, True)
    assert next(found.inner("e")).value("f") == 2
    kept = iter(final)
    assert all(byte in kept for byte in out), "nothing that was there is gone"


KEYS = st.sampled_from(["a", "bb", "x-y", "long_name", "k"])
MAPS = st.dictionaries(KEYS, st.integers(0, 99), max_size=4)


@settings(deadline=None, max_examples=100)
@given(
    MAPS, MAPS, st.lists(BLANK, min_size=4, max_size=4), st.sampled_from(["\n", ",\n", ", "]), st.booleans()
)
def test_a_map_keeps_its_own_keys_and_comments(there, wanted, blanks, gap, sign):
    one, two, three, four = blanks
    equals = ":" if sign else "="
    rows = gap.join(f'    "{key}"{one}{equals}{two}{value}{three}' for key, value in there.items())
    lined = "\n" if "\n" in gap else ""
    source = f'resource "thing" "phi" {{\n  tags ={four}{{{lined}{rows}{lined}  }} # end\n}}\n'
    text = written(Block("x", (), (("tags", json.dumps(wanted)),))).partition("= ")[2].rpartition("\n}")[0]
    try:
        out = edited(source.encode(), {"attributes": {"tags": text}}).decode()
    except NotEditableError as error:
        assert "comment" in str(error)
        return
    (found,) = parse(out).blocks
    value = found.value("tags")
    assert dict(zip(value.keys, value.values, strict=True)) == {**there, **wanted}
    assert out.count("/*") == source.count("/*")
    assert "# end\n" in out
