"""A playbook from a team's own folder runs no code, reads no file and no environment, and is over in no time.

What is refused is refused in one sentence that names the file; what passes the reading is filled in a
sandbox, and what it asks for wrongly is a reason in the plan, never a crash.
"""

from __future__ import annotations

import json
import os
import time
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hipaa_tui.cli.main import run
from hipaa_tui.playbooks.load import LARGEST, load, parse
from hipaa_tui.playbooks.regex_safety import check_pattern
from hipaa_tui.playbooks.templating import LONGEST, check_template, text
from hipaa_tui.support.errors import InputError
from hipaa_tui.workbench import fix_request_for
from tests.aws.guards import make_bucket
from tests.aws.server import ACCOUNT, REGION
from tests.hostile.hostile_corpus import TEXTS, forbidden

GOOD = """\
id: aws.s3.team-own
title: Keep the versions of the bucket
resource: AWS::S3::Bucket
why: An overwritten record of a patient is gone where nobody keeps the versions.
severity: high
controls: [164.312(c)(1)]
answers: {prowler: [a_check_of_our_own]}
changes:
  - setting: aws.s3.bucket-versioning
    to: {Status: Enabled}
effects: {downtime: none, cost: versions are stored, limits: none known, risk: low}
"""
SECONDS = 20


@pytest.fixture
def folder(home, few_playbooks, tmp_path):
    """A team's folder that config.toml names."""
    own = tmp_path / "own"
    own.mkdir()
    home.mkdir()
    (home / "config.toml").write_text(f"playbooks = [{json.dumps(str(own))}]\n")
    return own


def bomb(levels):
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, levels)]
    return "\n".join(lines)


BAD = {
    "a bomb of aliases": bomb(12),
    "a bomb of merges": "a: &a {x: 1}\nb: {<<: [*a, *a]}\n",
    "an object of Python": "!!python/object/apply:os.system ['touch /tmp/hipaa-tui-was-here']\n",
    "a module of Python": "id: !!python/module:os\n",
    "a name of Python": "id: !!python/name:os.system\n",
    "a class of Python": "a: !!python/object/new:subprocess.Popen [[id]]\n",
    "another tag": GOOD + "x: !include /etc/passwd\n",
    "a date": GOOD.replace("Enabled", "2026-01-01"),
    "bytes": GOOD.replace("Enabled", "!!binary aGFsbG8="),
    "a set": GOOD.replace("{Status: Enabled}", "!!set {a, b}"),
    "infinity": GOOD.replace("Enabled", ".inf"),
    "no number": GOOD.replace("Enabled", ".nan"),
    "a huge number": GOOD.replace("Enabled", "9" * 10_000),
    "a huge hexadecimal number": GOOD.replace("Enabled", "0x" + "f" * 9_000),
    "a number that JSON would round": GOOD.replace("Enabled", "9007199254740993"),
    "depth": "a: " + "[" * 100_000,
    "depth that closes": "a: " + "[" * 5_000 + "]" * 5_000,
    "a huge file": "# " + "x" * LARGEST + "\n" + GOOD,
    "many documents": "---\n" + GOOD + "---\n" + GOOD,
    "a list": "- a\n",
    "nothing": "",
    "binary": "\x00\x01\x02",
    "a key that is no text": GOOD + "[1, 2]: x\n",
    "a key twice": GOOD + "id: aws.s3.other\n",
    "a path as the id": GOOD.replace("aws.s3.team-own", "../../../../tmp/evil"),
    "a template as the id": GOOD.replace("aws.s3.team-own", '"{{ 7*7 }}"'),
    "escape sequences": GOOD.replace("severity: high", 'severity: "\\e[2J\\e]52;c;eA==\\a"'),
    "newlines in a name": GOOD.replace("severity: high", 'severity: "a\\nhipaa-tui: done\\n"'),
    "a link that is no https": GOOD + "links: ['file:///etc/passwd']\n",
    "an expression without end": GOOD.replace(
        "changes:", 'parameters: {x: {title: "A thing", type: string, default: "", pattern: "(a+)+$"}}\nchanges:'
    ),
    "an expression that is none": GOOD.replace(
        "changes:", 'parameters: {x: {title: "A thing", type: string, default: "", pattern: "("}}\nchanges:'
    ),
    "a predicate without end": GOOD.replace("    to:", '    complies: {path: Status, matches: "(.*)*x"}\n    to:'),
    "two builders": GOOD.replace("    to:", "    absent: {}\n    to:"),
}  # fmt: skip


@pytest.mark.parametrize("what", BAD)
def test_a_bad_file_is_refused_in_one_sentence_by_every_command(capsys, folder, what):
    path = folder / "own.yaml"
    path.write_text(BAD[what], encoding="utf-8")
    for arguments in (["playbooks"], ["playbooks", "lint", str(path)]):
        started = time.monotonic()
        assert run(arguments) == 2
        assert time.monotonic() - started < SECONDS
        out = capsys.readouterr()
        said = out.err or out.out
        assert str(path) in said
        assert len(said) < 2_000
        assert forbidden(out.out + out.err) == []
        assert out.err.count("\n") == (1 if arguments == ["playbooks"] else 0)


@pytest.mark.parametrize("encoding", ["utf-16", "latin-1"])
def test_another_encoding_is_refused(folder, encoding):
    path = folder / "own.yaml"
    path.write_bytes(GOOD.replace("patient", "Patiënt").encode(encoding))
    with pytest.raises(InputError, match=r"own\.yaml"):
        load([folder])


def test_links_and_odd_files_in_the_folder_are_not_followed(folder, tmp_path):
    secret = tmp_path / "credentials.yaml"
    secret.write_text("aws_secret: hunter2\n")
    (folder / "own.yaml").write_text(GOOD)
    os.mkfifo(folder / "pipe.yaml")
    (folder / "folder.yaml").mkdir()
    (folder / "loop.yaml").symlink_to(folder / "loop.yaml")
    (folder / "zero.yaml").symlink_to("/dev/zero")
    (folder / "gone.yaml").symlink_to(tmp_path / "nowhere")
    (folder / "alias.yaml").symlink_to(tmp_path)
    assert "aws.s3.team-own" in load([folder]).playbooks
    (folder / "leads-out.yaml").symlink_to(secret)
    with pytest.raises(InputError, match="links to a file outside") as caught:
        load([folder])
    assert "hunter2" not in str(caught.value)


def test_a_file_that_never_ends_is_not_read_to_its_end(tmp_path):
    with pytest.raises(ValueError, match="larger than"):
        parse(type(tmp_path)("/dev/zero"))


TEMPLATES = [
    "{{ ''.__class__.__mro__[1].__subclasses__() }}",
    "{{ name.__class__.__base__.__subclasses__() }}",
    "{{ guid.__globals__ }}",
    "{{ guid.__globals__['uuid'].os.environ }}",
    "{{ guid.__code__ }}",
    "{{ lipsum.__globals__['os'].popen('id').read() }}",
    "{{ cycler.__init__.__globals__.os.environ }}",
    "{{ namespace(a=1) }}",
    "{{ joiner() }}",
    "{{ dict(a=1) }}",
    "{{ range(10**9) }}",
    "{{ range(1000000000)|join }}",
    "{{ self.__init__.__globals__ }}",
    "{{ self._TemplateReference__context }}",
    "{{ config }}",
    "{{ request.application }}",
    "{{ open('/etc/passwd').read() }}",
    "{{ environ }}",
    "{{ param.__class__ }}",
    "{{ param.update({'a': 1}) }}",
    "{{ param.clear() }}",
    "{{ param.items() }}",
    "{{ current.__init__ }}",
    "{{ current._look }}",
    "{{ name.format(name) }}",
    "{{ '{0.__class__}'.format(name) }}",
    "{{ '{0.__class__}'.format_map({'0': name}) }}",
    "{{ name|attr('__class__') }}",
    "{{ name|map('upper')|list }}",
    "{{ name|tojson }}",
    "{{ name|format(1) }}",
    "{{ 'x'.zfill(1000000000) }}",
    "{{ 'x'.ljust(1000000000) }}",
    "{{ 'x'.center(1000000000) }}",
    "{{ 'x'.expandtabs(1000000000) }}",
    "{{ 'x'.encode('utf-16') }}",
    "{{ 'x' * 1000000000 }}",
    "{{ 2 ** 1000000000 }}",
    "{{ '%1000000000d' % 1 }}",
    "{{ name|join(name)|join(name)|join(name) }}",
    "{{ name|replace('', name)|replace('', name)|replace('', name) }}",
    "{{ name|replace('a', name)|replace('a', name)|replace('a', name)|replace('a', name) }}",
    "{{ 1 // 0 }}",
    "{{ 1 is divisibleby 0 }}",
    "{{ " + "9" * 4_000 + " * 2 }}",
    "{{ " + "(" * 2_000 + "1" + ")" * 2_000 + " }}",
    "{{ " + "-(" * 900 + "1" + ")" * 900 + " }}",
    "{{ " + "[" * 1_500 + "]" * 1_500 + " }}",
    "{{ " + "not " * 900 + "name }}",
    "{{ " + "name ~ " * 100_000 + "name }}",
    "{% include '/etc/passwd' %}",
    "{% import 'os' as os %}{{ os }}",
    "{% extends 'x' %}",
    "{% for x in range(10**9) %}x{% endfor %}",
    "{% set x = 1 %}",
    "{% raw %}{{ name }}{% endraw %}",
    "{%- if true -%}x{%- endif -%}",
    "{{ missing }}",
    "{{ missing.deeper }}",
    "{{",
    "{{ }}",
    "{{ name | nothing }}",
    "{{ name is nothing }}",
    "{{ guid(1)(2) }}",
    "{{ [1][5].x.y }}",
    "{{ caller() }}",
    "{{ loop.index }}",
    "{{ varargs }}",
    "{{ _ }}",
]


@pytest.mark.parametrize("template", TEMPLATES, ids=[f"{n}" for n in range(len(TEMPLATES))])
def test_a_template_reaches_nothing_and_ends(template):
    variables = {"name": "a" * 2_000, "param": {"key": "x"}, "current": {}}
    started = time.monotonic()
    with pytest.raises(ValueError, match=r".") as caught:
        text(template, variables)
    assert time.monotonic() - started < SECONDS
    assert len(str(caught.value)) < 2_000
    assert variables["param"] == {"key": "x"}
    for trace in ("root:", "<class", "0x7f"):
        assert trace not in str(caught.value).replace(template, "")


WORDS = [
    *(
        "{{",
        "}}",
        "{{",
        "{%",
        "%}",
        "{#",
        "name",
        "param",
        "guid",
        "(",
        ")",
        "[",
        "]",
        ".",
        "|",
        "~",
        "+",
        "-",
        "*",
    ),
    *("/", ",", "'a'", "1", "not", "or", "if", "else", "__class__", "lower", "first"),
]
PARTS = [
    *(
        "a",
        "b",
        "c",
        ".",
        "[a-c]",
        "[^a]",
        r"\w",
        ",",
        "(",
        ")",
        "(?:",
        "|",
        "*",
        "+",
        "?",
        "{1,9}",
        "{2}",
        "*?",
        "-",
    )
]


@settings(deadline=None, max_examples=150)
@given(
    st.lists(
        st.sampled_from(WORDS),
        max_size=14,
    ).map(" ".join)
)
def test_any_template_gives_bounded_text_or_one_reason(template):
    variables = {"name": "n" * 500, "param": {"key": "x"}}
    with suppress(ValueError):
        assert len(text(template, variables)) <= LONGEST
    with suppress(ValueError):
        check_template(template)


@pytest.mark.parametrize("hostile", TEXTS.values(), ids=TEXTS.keys())
def test_text_from_outside_is_never_a_template(hostile):
    assert text("{{ name }}", {"name": hostile[:LONGEST]}) == hostile[:LONGEST]


@pytest.mark.parametrize(
    "pattern",
    ["(a+)+$", "(a|a)*b", "(a|ab)*c", "a*a*a*a*b", ".*.*.*x", r"(\w+\s?)*$", r"(a)\1", "(?=a)a", "([a-z]+)*", "(",
     "((a{1,60}){1,60}){1,60}", "a?" * 25 + "a{25}", "(a*)(a*)(a*)x", "a*b?a*b?a*x", "a" * 500],
)  # fmt: skip
def test_an_expression_that_could_take_for_ever_is_refused(pattern):
    with pytest.raises(ValueError, match=r"."):
        check_pattern(pattern)


@settings(deadline=None, max_examples=300)
@given(
    st.lists(
        st.sampled_from(PARTS),
        min_size=1,
        max_size=9,
    ).map("".join)
)
def test_an_expression_that_is_accepted_is_fast(pattern):
    import re

    try:
        check_pattern(pattern)
    except ValueError:
        return
    compiled = re.compile(pattern)
    started = time.process_time()
    for attack in ("a" * 2048 + "!", "ab" * 1024 + "!", "a,b-" * 512 + "!", "abc" * 600):
        compiled.fullmatch(attack)
    assert time.process_time() - started < 3


def planned(aws, folder, change):
    (folder / "own.yaml").write_text(GOOD.replace("    to: {Status: Enabled}", change))
    wish = fix_request_for(load([folder]), "aws.s3.team-own", "arn:aws:s3:::phi", ACCOUNT, REGION)
    from hipaa_tui.plans.planner import make_plan

    return make_plan([wish], {"aws": aws}, {})


@pytest.mark.parametrize(
    "change",
    [
        "    to: 5",
        "    to: [1]",
        "    to: {}",
        "    merge: x",
        "    with_statement: 5",
        "    with_statement: {Sid: [1]}",
        "    with_flow_log: {}",
        "    narrow_ingress: x",
        "    with_retention: null",
        "    to: {Status: {$param: nothing}}",
        "    to: {Status: {$from: nothing.at-all}}",
        "    to: {Status: {$current: x}}",
        "    to: {$first: 5}",
        "    to: {$first: []}",
        "    complies: {path: 5}\n    to: {Status: Enabled}",
        "    complies: {nonsense: 1}\n    to: {Status: Enabled}",
        "    complies: {all: x}\n    to: {Status: Enabled}",
        "    target: {type: 'AWS::Nothing::There', id: x}\n    to: {Status: Enabled}",
        "    target: {type: 'AWS::S3::Bucket', id: '{{ name }}/../../x'}\n    to: {Status: Enabled}",
        "    to: {Status: \"{{ ''.__class__ }}\"}",
        "    when: {parameter: nothing, is_set: true}\n    to: {Status: Enabled}",
    ],
)
def test_values_that_do_not_fit_are_a_reason_in_the_plan(aws, folder, change):
    make_bucket(aws, "phi")
    plan = planned(aws, folder, change)
    assert not plan.changes or plan.blocked
    assert plan.skipped[0].reason or plan.blocked


def test_a_hostile_name_of_a_resource_is_only_text_in_what_a_playbook_fills(aws, folder):
    make_bucket(aws, "phi")
    plan = planned(aws, folder, "    to: {Status: \"{{ 'Ena' ~ 'bled' }}\"}")
    assert plan.changes[0].after == {"Status": "Enabled"}
