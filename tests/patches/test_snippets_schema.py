"""Every snippet is held against the providers' schema: as text, in all of its branches, and filled with values.

The text tells of each argument and block that a snippet can give; the filled block also tells of what it lacks. The
values (data/snippets/examples.json) are those of plans of the playbooks; each is one that its setting can write.
"""

from __future__ import annotations

import fnmatch
import json
import re
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from hipaa_tui.patches.blocks.render import Address
from hipaa_tui.patches.blocks.snippets import Refused, Rendered, Snippets, _name
from hipaa_tui.patches.language import hcl, schema
from hipaa_tui.providers.model import Reading, Target
from hipaa_tui.providers.registry import setting, settings
from hipaa_tui.support.json_value import resolve
from hipaa_tui.support.package_data import content_folder
from tests import snippet_text

TESTS = next(folder for folder in Path(__file__).parents if folder.name == "tests")
FOLDER = content_folder("snippets") / "terraform"
PATHS = {
    "/".join(filter(None, _name(path))): path
    for path in sorted(FOLDER.rglob("*.tf.j2"))
    if not path.name.startswith("_")
}
SNIPPETS = sorted(PATHS)
MODULE = "terraform-aws-modules.s3-bucket.aws"
INPUTS = frozenset(json.loads((TESTS / "data/snippets/s3_bucket_module.json").read_text("utf-8"))["inputs"])
LATER = "arn:aws:kms:us-east-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab"
"""What an earlier change makes, nearly always a key."""
TERRAFORM = shutil.which("terraform") or shutil.which("tofu")
META = frozenset({"provider", "depends_on", "count", "for_each", "lifecycle", "timeouts"})


def setting_of(snippet: str) -> str:
    return Path(snippet).name.removesuffix(".tf.j2")


# As text -------------------------------------------------------------------------------------------


def _bodies(id: str, where: tuple[str, ...]) -> Iterator[Mapping[str, Any]]:
    """What the schema has there; where the value chooses the type or block, every one that there may be."""
    types = schema._types()
    kinds = fnmatch.filter(types, where[0]) or [one for one in setting(id).terraform if one in types]
    bodies = [types[one] for one in kinds]
    for name in where[1:]:
        inner = [body.get("blocks", {}) for body in bodies]
        bodies = [blocks[key] for blocks in inner for key in fnmatch.filter(blocks, name)]
    yield from bodies


def faults(snippet: str, path: Path | None = None) -> list[str]:
    """What the schema has not of what the snippet can give, in sentences."""
    found: list[str] = []
    id = setting_of(snippet)
    for one in snippet_text.names(path or PATHS[snippet], FOLDER):
        if one.where[0] == "module":
            known = one.name in INPUTS or len(one.where) > 1
        elif one.where[0] == "import":
            known = one.name in {"to", "id", "for_each", "provider"}
        elif META & {one.name, *one.where}:
            known = True
        else:
            bodies = list(_bodies(id, one.where))
            # `ingress = []` says of a block that there is none.
            known = any(fnmatch.filter(body.get("blocks", {}), one.name) for body in bodies)
            known |= one.kind == "argument" and any(
                fnmatch.filter(body["attributes"], one.name) for body in bodies
            )
        if not known:
            found.append(f"{'.'.join(one.where)} has no {one.kind} {one.name}")
    return found


@pytest.mark.parametrize("snippet", SNIPPETS)
def test_every_argument_of_every_branch_is_in_the_schema(snippet):
    assert faults(snippet) == []


def test_the_text_of_every_snippet_is_read():
    for snippet in SNIPPETS:
        names = [one for one in snippet_text.names(PATHS[snippet], FOLDER) if one.where[0] != "import"]
        assert names or "refuse(" in (PATHS[snippet]).read_text("utf-8"), snippet


@pytest.mark.parametrize(
    ("snippet", "right", "wrong"),
    [
        ("edits/aws.codebuild.logs.tf.j2", "status =", "state ="),
        ("edits/aws.codebuild.logs.tf.j2", "cloudwatch_logs {", "cloudwatch_log {"),
        ("edits/aws.rds.instance-multi-az.tf.j2", "multi_az =", "multi_zone ="),
        ("edits/aws.elb.listeners.tf.j2", "ssl_certificate_id", "ssl_certificate"),
        ("edits/aws.backup.volume-in-plan.tf.j2", "tags =", "tag ="),
        ("aws.s3.lifecycle.tf.j2", "storage_class =", "storageclass ="),
        ("edits/aws.sns.delivery-logging.tf.j2", "_success_feedback_sample_rate", "_success_feedback_rate"),
        ("azure.storage.lifecycle.tf.j2", "rule {", "rules {"),
        (f"modules/{MODULE}/aws.s3.bucket-logging.tf.j2", "logging =", "log ="),
    ],
)
def test_a_misspelt_argument_is_found(tmp_path, snippet, right, wrong):
    text = (PATHS[snippet]).read_text("utf-8")
    if right not in text:
        pytest.fail(f"{snippet} has no {right}")
    planted = tmp_path / Path(snippet).name
    planted.write_text(text.replace(right, wrong), encoding="utf-8")
    (fault, *_) = faults(snippet, planted)
    assert wrong.split()[0] in fault


# Filled --------------------------------------------------------------------------------------------


@cache
def examples() -> dict[str, list[dict[str, Any]]]:
    found: dict[str, list[dict[str, Any]]] = json.loads(
        (TESTS / "data/snippets/examples.json").read_text("utf-8")
    )
    return found


def fill(snippet: str, example: Mapping[str, Any], folder: Path = FOLDER) -> Rendered:
    """What the snippet gives for the example, in a folder in which there is nothing else. Refused."""
    target = Target.from_json(example["target"])
    value = resolve(example["value"], lambda change, name: LATER)
    functions = {
        "address": lambda type, name, label="": Address(f"{type}.{hcl.label(label or name)}"),
        "begun": lambda address: False,
        "ref": lambda type, name, attribute="id", literal=None: hcl.expression(
            name if literal is None else literal, lambda text: None
        ),
        "follows": lambda type, name: "[]",
    }
    variables = {
        "value": value,
        "before": example["before"],
        "live": example["live"],
        "exists": example["live"] is not None,
        "applied": False,
        "identity": example["identity"],
        "facts": example["facts"],
        "target": target,
        "partition": target.partition,
    }
    where, _, name = snippet.rpartition("/")
    return Snippets(folder).fill(
        name.removesuffix(".tf.j2"), variables, functions, lambda text: None, folder=where
    )


@cache
def types() -> dict[str, dict[str, Any]]:
    """Resource type → argument → "string", "number", "bool", "list" or "map"; nested block → the same."""
    found: dict[str, dict[str, Any]] = json.loads((TESTS / "data/snippets/types.json").read_text("utf-8"))[
        "resources"
    ]
    return found


_LITERALS = {
    "string": re.compile(r'"|<<|-?\d|true$|false$|jsonencode\('),
    "number": re.compile(r'"?-?\d+(\.\d+)?"?$'),
    "bool": re.compile(r'"?(true|false)"?$'),
    "list": re.compile(r"\["),
    "map": re.compile(r"\{"),
}
_REFERENCE = re.compile(r"[a-z_]+[\w-]*(\.|\[)(?!\s)|null$")


def of_another_type(block: hcl.Block, known: Mapping[str, Any], where: str) -> Iterator[str]:
    """Arguments whose literal is no value of the argument's type, in sentences. References are of any type."""
    for name, value in block.attributes:
        kind, text = known.get(name), str(value).strip()
        if isinstance(kind, str) and not _REFERENCE.match(text) and not _LITERALS[kind].match(text):
            yield f"{where}.{name} is a {kind}, not {text[:40]}"
    for inner in block.blocks:
        body = known.get(inner.type)
        yield from of_another_type(inner, body if isinstance(body, dict) else {}, f"{where}.{inner.type}")


def said_wrong(snippet: str, rendered: Rendered) -> list[str]:
    """What the schema says against the blocks. An edit is a part, which may lack what its block has."""
    if snippet.startswith("modules/"):
        return []
    blocks = [one.to_write() for one in rendered.blocks]
    found = [one for block in blocks for one in schema.problems(block)]
    if snippet.startswith("edits/"):
        found = [one for one in found if " lacks " not in one]
    for block in blocks:
        found += of_another_type(block, types().get(block.labels[0], {}), block.labels[0])
    return found


@pytest.mark.parametrize("snippet", SNIPPETS)
def test_a_snippet_filled_with_a_playbooks_value_is_what_the_provider_takes(snippet):
    given = examples().get(setting_of(snippet), [])
    assert given, f"no example of {setting_of(snippet)} in tests/data/snippets/examples.json"
    refused = []
    for example in given:
        try:
            assert said_wrong(snippet, fill(snippet, example)) == []
        except Refused as reason:
            refused.append(str(reason))
    only_refuses = not list(snippet_text.names(PATHS[snippet], FOLDER))
    assert len(refused) < len(given) or only_refuses, refused


@pytest.mark.parametrize(
    ("snippet", "right", "wrong", "sentence"),
    [
        ("aws.ecr.repository-policy.tf.j2", "policy =", "polcy =", "aws_ecr_repository_policy lacks policy"),
        ("aws.s3.bucket-versioning.tf.j2", "status =", "state =", "lacks status"),
        ("edits/aws.rds.instance-multi-az.tf.j2", "{{ value.MultiAZ | hcl }}", '["yes"]', "multi_az is a bool"),
        ("edits/aws.rds.instance-logs.tf.j2", "{{ value.Types | hcl }}", '"audit"', "is a list"),
        ("edits/aws.backup.volume-in-plan.tf.j2", "{{ value.Tags | hcl }}", '"phi"', "tags is a map"),
    ],
)  # fmt: skip
def test_a_block_that_the_provider_would_refuse_is_found(tmp_path, snippet, right, wrong, sentence):
    text = (PATHS[snippet]).read_text("utf-8")
    assert right in text
    planted = tmp_path / PATHS[snippet].relative_to(FOLDER)
    planted.parent.mkdir(parents=True)
    planted.write_text(text.replace(right, wrong), encoding="utf-8")
    found = said_wrong(snippet, fill(snippet, examples()[setting_of(snippet)][0], tmp_path))
    assert [one for one in found if sentence in one]


@pytest.mark.slow
@pytest.mark.skipif(TERRAFORM is None, reason="there is no terraform")
@pytest.mark.parametrize("provider", ["aws", "azurerm"])
def test_terraform_takes_the_filled_snippets(tmp_path, provider):
    """What the extract does not know: values that an argument may have, arguments that exclude each other."""
    texts: list[str] = []
    for snippet in SNIPPETS:
        if "/" in snippet or not snippet.startswith({"aws": "aws.", "azurerm": "azure."}[provider]):
            continue
        for number, example in enumerate(examples()[setting_of(snippet)]):
            try:
                blocks = [one.to_write() for one in fill(snippet, example).blocks]
            except Refused:
                continue
            # Examples are of one account: each has its own labels here, and its blocks refer to each other by them.
            text = "\n".join(map(hcl.written, blocks))
            for block in blocks:
                kind, label = block.labels
                own = f"{hcl.label(setting_of(snippet))}_{number}_{label}"
                text = re.sub(rf"\b{kind}\.{label}\b", f"{kind}.{own}", text)
                text = text.replace(f'"{kind}" "{label}"', f'"{kind}" "{own}"')
            texts.append(text)
    source = f'{provider} = {{\n      source = "hashicorp/{provider}"\n    }}'
    required = f"terraform {{\n  required_providers {{\n    {source}\n  }}\n}}\n"
    (tmp_path / "main.tf").write_text(required + "\n".join(texts), encoding="utf-8")

    def run(*words):
        command = [TERRAFORM, *words, "-no-color"]
        return subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=120, check=False)

    ready = run("init", "-backend=false", "-input=false")
    if ready.returncode:
        pytest.skip(f"terraform cannot install the provider: {ready.stderr[-200:]}")
    said = json.loads(run("validate", "-json").stdout)
    wrong = [one for one in said["diagnostics"] if one["severity"] == "error"]
    assert [(one["summary"], one.get("detail"), one.get("snippet", {}).get("context")) for one in wrong] == []


def test_every_example_is_a_value_that_its_setting_writes():
    for id, given in examples().items():
        one = setting(id)
        for example in given:
            target = Target.from_json(example["target"])
            before = Reading(example["live"], example["identity"])
            assert one.calls(target, before, example["value"]) is not None, id


def test_no_snippet_is_left_without_a_setting_and_no_example_without_a_snippet():
    names = {setting_of(snippet) for snippet in SNIPPETS}
    assert names <= set(settings())
    assert set(examples()) <= names
