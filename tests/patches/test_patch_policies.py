"""A policy is brought to the wanted one statement by statement, in whichever form the file has it."""

import json
import shutil
import subprocess

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hipaa_tui.patches.editing.apply import NotEditableError, lay_over
from hipaa_tui.patches.editing.edit_context import Difference, EditContext
from hipaa_tui.patches.editing.policy_blocks import set_policy
from hipaa_tui.patches.language.hcl import Block, Raw, json_document
from hipaa_tui.patches.language.syntax import Items, Traversal, expression_in, parse

LABELS = ("aws_s3_bucket_policy", "phi")
READ = {
    "Sid": "Read",
    "Effect": "Allow",
    "Principal": {"AWS": "arn:aws:iam::111122223333:role/app"},
    "Action": ["s3:GetObject"],
    "Resource": "arn:aws:s3:::phi/*",
}
TLS = {
    "Sid": "DenyHTTP",
    "Effect": "Deny",
    "Principal": "*",
    "Action": "s3:*",
    "Resource": [Raw("aws_s3_bucket.phi.arn"), Raw('"${aws_s3_bucket.phi.arn}/*"')],
    "Condition": {"Bool": {"aws:SecureTransport": "false"}},
}
ARNS = {("aws_s3_bucket", "phi", "arn"): "arn:aws:s3:::phi"}


def means(value):
    if isinstance(value, str):
        return frozenset({value})
    found = ARNS.get(value.parts) if isinstance(value, Traversal) else None
    return frozenset({found}) if found else None


def policy(*statements):
    return {"Version": "2012-10-17", "Statement": list(statements)}


def edited(source, wanted, earlier=None, *, means=means, **more):
    def block(document):
        return Block("resource", ("aws_s3_bucket_policy", "x"), (("policy", json_document(document)),))

    difference = Difference(block(earlier) if earlier else None, block(wanted))
    return lay_over(source.encode(), LABELS, block(wanted), means, difference=difference, **more).decode()


def both(source, wanted, earlier=None, **more):
    """The edited source; a second time nothing changes."""
    out = edited(source, wanted, earlier, **more)
    assert edited(out, wanted, earlier, **more) == out
    return out


ENCODED = """resource "aws_s3_bucket_policy" "phi" {
  bucket = aws_s3_bucket.phi.id # ours
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid       = "Read" # the application
        Effect    = "Allow"
        Principal = { AWS = "arn:aws:iam::111122223333:role/app" }
        Action    = "s3:GetObject"
        Resource  = "${aws_s3_bucket.phi.arn}/*"
      },
    ]
  })
}
"""
ADDED = """      {
        Sid       = "DenyHTTP"
        Effect    = "Deny"
        Principal = "*"
        Action    = "s3:*"
        Resource  = [aws_s3_bucket.phi.arn, "${aws_s3_bucket.phi.arn}/*"]
        Condition = {
          Bool = {
            "aws:SecureTransport" = "false"
          }
        }
      },
"""
HEREDOC = """resource "aws_s3_bucket_policy" "phi" {
  bucket = aws_s3_bucket.phi.id
  policy = <<%sPOLICY
%s{
%s  "Version": "2012-10-17",
%s  "Statement": [
%s    {
%s      "Sid": "Read",
%s      "Effect": "Allow",
%s      "Principal": {"AWS": "arn:aws:iam::111122223333:role/app"},
%s      "Action": "s3:GetObject",
%s      "Resource": "${aws_s3_bucket.phi.arn}/*"
%s    }
%s  ]
%s}
%sPOLICY
}
"""


def heredoc(indent=""):
    return HEREDOC % ("-" if indent else "", *[indent] * 13)


def test_a_statement_is_added_to_jsonencode():
    out = both(ENCODED, policy(READ, TLS), policy(READ))
    at = ENCODED.index("    ]\n  })")
    assert out == ENCODED[:at] + ADDED + ENCODED[at:]


@pytest.mark.skipif(shutil.which("terraform") is None, reason="terraform says what is fmt-clean")
def test_what_is_added_is_fmt_clean():
    out = both(ENCODED, policy(READ, TLS), policy(READ))
    done = subprocess.run(["terraform", "fmt", "-"], input=out, capture_output=True, text=True, check=True)
    assert done.stdout == out


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
@pytest.mark.parametrize("bom", ["", "\ufeff"])
@pytest.mark.parametrize("indent", ["", "    ", "\t"])
def test_a_statement_is_added_to_a_heredoc(newline, bom, indent):
    source = bom + heredoc(indent).replace("\n", newline)
    out = both(source, policy(READ, TLS), policy(READ))
    at = source.index(f"{newline}{indent}  ]")
    begun = source[:at] + ","
    assert out.startswith(begun)
    assert out.endswith(source[at:])
    added = out[len(begun) : -len(source[at:])]
    assert '"Resource": ["${aws_s3_bucket.phi.arn}", "${aws_s3_bucket.phi.arn}/*"]' in added
    assert added.split(newline)[1] == f"{indent}    {{"
    assert out.count("\r\n") == (out.count("\n") if newline == "\r\n" else 0)


def test_one_member_of_a_statement_changes_where_it_is_a_literal():
    changed = {**READ, "Action": ["s3:GetObject", "s3:GetObjectVersion"]}
    out = both(ENCODED, policy(changed), policy(READ))
    assert out == ENCODED.replace('"s3:GetObject"', '["s3:GetObject", "s3:GetObjectVersion"]')
    out = both(heredoc(), policy(changed), policy(READ))
    assert out == heredoc().replace('"s3:GetObject"', '["s3:GetObject", "s3:GetObjectVersion"]')


def test_a_member_that_goes_is_taken_out_of_its_list():
    two = {**READ, "Principal": {"AWS": ["arn:aws:iam::111122223333:role/app", "*"]}}
    for source in (ENCODED, heredoc()):
        there = source.replace(
            '"arn:aws:iam::111122223333:role/app"', '["arn:aws:iam::111122223333:role/app", "*"]'
        )
        out = both(there, policy(READ), policy(two))
        assert out == there.replace(', "*"]', "]")


def test_a_statement_that_goes_takes_its_own_lines():
    loose = {"Effect": "Allow", "Principal": "*", "Action": "s3:ListBucket", "Resource": "arn:aws:s3:::phi"}
    added = both(ENCODED, policy(READ, loose), policy(READ))
    assert both(added, policy(READ), policy(READ, loose)) == ENCODED
    added = both(heredoc(), policy(READ, loose), policy(READ))
    assert both(added, policy(READ), policy(READ, loose)) == heredoc()
    first = added.replace('"Statement": [', '"Statement": [').replace('"Sid": "Read",\n', "")
    assert '"Sid"' not in first


def test_a_statement_without_a_name_is_changed_where_it_stands():
    before = {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::phi/*"}
    after = {**before, "Principal": {"AWS": "arn:aws:iam::111122223333:root"}}
    source = ENCODED.replace('        Sid       = "Read" # the application\n', "").replace(
        '{ AWS = "arn:aws:iam::111122223333:role/app" }', '"*" # everybody'
    )
    out = both(source, policy(after), policy(before))
    assert out.count("Effect") == 1
    assert out == source.replace(
        '"*" # everybody', '{\n          AWS = "arn:aws:iam::111122223333:root"\n        } # everybody'
    )


def test_references_are_believed_where_the_change_is_about_something_else():
    hidden = ENCODED.replace('"${aws_s3_bucket.phi.arn}/*"', "local.objects")
    out = both(hidden, policy(READ, TLS), policy(READ))
    assert "Resource  = local.objects" in out
    assert out.count("Sid") == 2


@pytest.mark.parametrize(
    ("source", "wanted", "earlier", "sentence"),
    [
        (ENCODED, policy(TLS), policy(TLS), "statement Read is only in the file"),
        (ENCODED, policy(TLS), None, "statement Read is only in the file|known only to Terraform"),
        (
            ENCODED.replace('"${aws_s3_bucket.phi.arn}/*"', "local.objects"),
            policy({**READ, "Resource": "arn:aws:s3:::other/*"}),
            policy(READ),
            "Resource is local.objects",
        ),
        (
            ENCODED.replace("[\n      {", "concat(local.more, [\n      {").replace("    ]\n  })", "    ])\n  })"),
            policy(READ, TLS),
            policy(READ),
            r"its statements are concat\(",
        ),
        (heredoc().replace('{\n  "V', '{ %{ if true }\n  "V', 1).replace('"2012-10-17",', '"2012-10-17",%{ endif }'),
         policy(READ, TLS), policy(READ), "template directives"),
        (heredoc().replace('"Version"', "Version"), policy(READ, TLS), policy(READ), "not JSON"),
        (
            ENCODED.replace('Sid       = "Read" # the application', "(var.k) = 1"),
            policy({**READ, "Effect": "Deny"}),
            policy(READ),
            "known only to Terraform",
        ),
    ],
)  # fmt: skip
def test_what_is_not_certain_is_said(source, wanted, earlier, sentence):
    with pytest.raises(NotEditableError, match=sentence):
        edited(source, wanted, earlier)


def test_the_line_of_what_stands_alone_is_named():
    with pytest.raises(NotEditableError) as told:
        edited(ENCODED, policy(TLS), policy(TLS))
    assert told.value.line == 6


def test_one_line_stays_one_line():
    source = (
        'resource "aws_s3_bucket_policy" "phi" {\n  policy = jsonencode({"Version": "2012-10-17", "Statement": '
        '[{"Effect": "Allow", "Principal": "*", "Action": "s3:Get*", "Resource": "*"}]}) # short\n}\n'
    )
    first = {"Effect": "Allow", "Principal": "*", "Action": "s3:Get*", "Resource": "*"}
    second = {"Effect": "Deny", "Principal": "*", "Action": "s3:Put*", "Resource": "*"}
    out = both(source, policy(first, second), policy(first))
    added = ', {"Effect": "Deny", "Principal": "*", "Action": "s3:Put*", "Resource": "*"}'
    assert out == source.replace("]}) # short", f"{added}]}}) # short")


def test_braces_that_touch_their_brackets_go_on_touching():
    source = (
        'resource "aws_s3_bucket_policy" "phi" {\n  policy = jsonencode({\n    Version = "2012-10-17"\n'
        '    Statement = [{\n      Effect = "Allow"\n      Action = "s3:Get*"\n    }]\n  })\n}\n'
    )
    first, second = {"Effect": "Allow", "Action": "s3:Get*"}, {"Effect": "Deny", "Action": "s3:Put*"}
    out = both(source, policy(first, second), policy(first))
    assert out == source.replace(
        "    }]", '    }, {\n      Effect = "Deny"\n      Action = "s3:Put*"\n    }]'
    )


def test_one_statement_without_a_list_becomes_two_in_one():
    source = (
        'resource "aws_s3_bucket_policy" "phi" {\n  policy = jsonencode({\n    Version = "2012-10-17"\n'
        '    Statement = {\n      Effect = "Allow"\n      Action = "s3:Get*"\n    }\n  })\n}\n'
    )
    first, second = {"Effect": "Allow", "Action": "s3:Get*"}, {"Effect": "Deny", "Action": "s3:Put*"}
    out = both(source, policy(first, second), policy(first))
    assert "Statement = [{\n" in out
    assert '    }, {\n      Effect = "Deny"\n      Action = "s3:Put*"\n    }]\n' in out


def test_a_quoted_policy_is_written_anew_only_where_no_work_is_lost():
    first, second = {"Effect": "Allow", "Action": "s3:Get*"}, {"Effect": "Deny", "Action": "s3:Put*"}
    quoted = json.dumps(json.dumps(policy(first)))
    source = f'resource "aws_s3_bucket_policy" "phi" {{\n  policy = {quoted}\n}}\n'
    assert both(source, policy(first), policy(first)) == source
    assert "policy = jsonencode({\n" in both(source, policy(first, second), policy(first))
    with pytest.raises(NotEditableError, match="is only in the file"):
        edited(source, policy(second), policy(second))


# -- the data block

DATA = """data "aws_iam_policy_document" "phi" {
  # who reads
  statement {
    sid       = "Read"
    actions   = ["s3:GetObject"] # one
    resources = ["${aws_s3_bucket.phi.arn}/*"]

    principals {
      type        = "AWS"
      identifiers = ["arn:aws:iam::111122223333:role/app"]
    }
  }
}
"""


def in_data(source, wanted, earlier, means=means):
    def document(value):
        return json_document(value) if value else ""

    sight = EditContext(means, means)
    out = set_policy(source.encode(), "phi", document(wanted), document(earlier), sight)
    assert set_policy(out, "phi", document(wanted), document(earlier), sight) == out
    return out.decode()


def test_a_statement_is_added_to_the_data_block():
    out = in_data(DATA, policy(READ, TLS), policy(READ))
    added = """
  statement {
    sid       = "DenyHTTP"
    effect    = "Deny"
    actions   = ["s3:*"]
    resources = [aws_s3_bucket.phi.arn, "${aws_s3_bucket.phi.arn}/*"]

    principals {
      type        = "*"
      identifiers = ["*"]
    }

    condition {
      test     = "Bool"
      variable = "aws:SecureTransport"
      values   = ["false"]
    }
  }
}
"""
    assert out == DATA[:-2] + added
    assert in_data(out, policy(READ), policy(READ, TLS)) == DATA


def test_a_statement_of_the_data_block_changes_in_its_members():
    role, every = "arn:aws:iam::111122223333:role/app", "arn:aws:iam::111122223333:root"
    changed = {
        **READ,
        "Action": ["s3:GetObject", "s3:GetObjectTagging"],
        "Principal": {"AWS": [role, every]},
        "Condition": {"StringEquals": {"aws:PrincipalTag/team": "${aws:username}"}},
    }
    out = in_data(DATA, policy(changed), policy(READ))
    assert 'actions   = ["s3:GetObject", "s3:GetObjectTagging"] # one' in out
    assert f'identifiers = ["{role}", "{every}"]' in out
    assert 'test     = "StringEquals"' in out
    assert in_data(out, policy(READ), policy(changed)) == DATA
    assert in_data(out.replace("$${aws", "&{aws"), policy(changed), policy(READ)) == out.replace(
        "$${aws", "&{aws"
    )


@pytest.mark.parametrize(
    ("source", "sentence"),
    [
        (DATA.replace("  # who", "  override_policy_documents = [local.more]\n  # who"), "override_policy_documents"),
        (DATA.replace("  # who", "  source_policy_documents = [local.more]\n  # who"), "source_policy_documents"),
        (DATA.replace("  statement {", '  dynamic "statement" {\n    for_each = []\n    content {}\n  }\n  statement {'), "are dynamic"),
        (DATA.replace('"s3:GetObject"]', '"s3:GetObject", "s3:PutObject"]').replace('sid       = "Read"', 'sid       = "Own"'), "statement Own is only in the file"),
        (DATA.replace('type        = "AWS"', "type        = var.kind"), "its principals type is an expression"),
        (DATA.replace('"phi" {', '"phi" {\n  for_each = toset([])'), "for_each"),
    ],
)  # fmt: skip
def test_a_data_block_that_is_put_together_elsewhere_is_left_alone(source, sentence):
    with pytest.raises(NotEditableError, match=sentence):
        in_data(source, policy(READ, TLS), policy(READ))


# -- any policy

WORDS = st.sampled_from(["s3:GetObject", "s3:PutObject", "kms:Decrypt", "${aws:username}", "a b"])
STATEMENTS = st.fixed_dictionaries(
    {"Effect": st.sampled_from(["Allow", "Deny"]), "Action": st.one_of(WORDS, st.lists(WORDS, min_size=1, max_size=3, unique=True))},
    optional={"Sid": st.sampled_from("ABC"), "Resource": WORDS, "Condition": st.just({"Bool": {"aws:SecureTransport": "false"}})},
)  # fmt: skip
POLICIES = st.lists(STATEMENTS, min_size=1, max_size=3, unique_by=lambda one: json.dumps(one, sort_keys=True))


def as_json(document):
    return json.dumps(document, indent=2).replace("${", "$${")


def said_in(source):
    """What the file's policy says, read without what made the edit."""
    value = parse(source).blocks[0].value("policy")
    text = value.text
    if text.startswith("<<"):
        return meaning(json.loads("\n".join(text.splitlines()[1:-1]).replace("$${", "${")))
    return meaning(data(expression_in(text.removeprefix("jsonencode(").rstrip().removesuffix(")"))))


def data(value):
    if not isinstance(value, Items):
        return value
    if value.keys:
        return {key: data(one) for key, one in zip(value.keys, value.values, strict=True)}
    return [data(one) for one in value.values]


def meaning(value):
    """A policy in which order, letter case of actions, and lists of one are nothing."""
    if isinstance(value, dict):
        return frozenset((key, meaning(one)) for key, one in value.items())
    several = value if isinstance(value, list) else [value]
    return frozenset(one.lower() if isinstance(one, str) else meaning(one) for one in several)


@settings(deadline=None, max_examples=120)
@given(
    POLICIES,
    POLICIES,
    st.sampled_from(["jsonencode", "heredoc", "one line"]),
    st.sampled_from(["\n", "\r\n"]),
)
def test_any_policy_that_the_cloud_has_becomes_any_other(before, after, form, newline):
    text = {
        "jsonencode": json_document(policy(*before)).replace("\n", "\n  "),
        "heredoc": f"<<EOT\n{as_json(policy(*before))}\nEOT",
        "one line": f"jsonencode({json.dumps(policy(*before)).replace('${', '$${')})",
    }[form]
    source = f'# a\nresource "aws_s3_bucket_policy" "phi" {{\n  policy = {text}\n}}\n# z\n'.replace(
        "\n", newline
    )
    out = both(source, policy(*after), policy(*before))
    assert said_in(out) == meaning(policy(*after))
    assert out.startswith(source[: source.index("policy = ")])
    assert out.endswith(f"}}{newline}# z{newline}")
    assert out.count("\r\n") == (out.count("\n") if newline == "\r\n" else 0)
    assert edited(out, policy(*after), policy(*after)) == out
