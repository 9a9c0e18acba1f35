"""What a policy allows too much, how it is narrowed, and what a setting makes of it."""

from __future__ import annotations

import pytest

from hipaa_tui.aws.iam import policy_documents as documents
from hipaa_tui.aws.iam.inline import BUILDERS as INLINE
from hipaa_tui.aws.iam.last_accessed import services_used
from hipaa_tui.aws.iam.policy_versions import BUILDERS, keys_named, services_kept
from hipaa_tui.aws.policies.documents import statements
from hipaa_tui.providers.model import CloudError, Reading
from hipaa_tui.providers.registry import resource_type, setting
from hipaa_tui.support.json_value import ABSENT
from tests.aws.guards import Answers, do, text
from tests.aws.iam.estate_permissions import BUY, DECRYPT, KEYS, SHOP
from tests.aws.iam.estate_policies import READ, STAR, admin, managed, policy, role
from tests.aws.server import ACCOUNT, REGION

BUT_IAM = {"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"}
POWER = [BUT_IAM, {"Effect": "Allow", "Action": "iam:ListRoles", "Resource": "*"}]
LIMITED = {**STAR, "Condition": {"Bool": {"aws:MultiFactorAuthPresent": "true"}}}
KEY = f"arn:aws:kms:{REGION}:{ACCOUNT}:key/1234abcd-12ab-34cd-56ef-1234567890ab"


def target(kind, id):
    return resource_type(kind).target(id, ACCOUNT, REGION)


# What is too much ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("held", "all"),
    [
        ([STAR], True),
        ([{**STAR, "Action": ["s3:GetObject", "*"]}], True),
        ([{**STAR, "Resource": ["*"]}], True),
        ([LIMITED], True),
        ([{"Effect": "Allow", "Action": "*", "NotResource": "arn:aws:s3:::a"}], True),
        ([BUT_IAM], True),
        (POWER, False),
        ([{**STAR, "Resource": "arn:aws:s3:::phi/*"}], False),
        ([{**STAR, "Effect": "Deny"}], False),
        ([{**STAR, "Action": "iam:*"}], False),
        ([READ], False),
    ],
)
def test_a_policy_allows_everything_by_action_or_by_exception(held, all):
    assert documents.administrator(text(*held)) is all


@pytest.mark.parametrize(
    ("held", "subscribes"),
    [
        ([BUY], True),
        ([SHOP], True),
        ([STAR], True),
        ([BUT_IAM], True),
        ([{**BUY, "Resource": "arn:aws:aws-marketplace::1:product/x"}], False),
        ([STAR, {"Effect": "Deny", "Action": "aws-marketplace:*", "Resource": "*"}], False),
        ([STAR, {**LIMITED, "Effect": "Deny", "Action": "aws-marketplace:*"}], True),
        ([READ], False),
    ],
)
def test_a_deny_without_condition_takes_the_right_to_subscribe_away(held, subscribes):
    assert documents.subscribes(text(*held)) is subscribes


@pytest.mark.parametrize(
    ("statement", "every_key"),
    [
        (DECRYPT, True),
        (KEYS, True),
        ({**KEYS, "Resource": f"arn:aws:kms:{REGION}:{ACCOUNT}:key/*"}, True),
        ({**KEYS, "Resource": KEY}, False),
        ({**KEYS, "Action": ["kms:Encrypt", "kms:List*"]}, False),
        ({**KEYS, "Action": "kms:ReEncrypt*"}, True),
        ({**KEYS, "Resource": "arn:aws:s3:::phi/*"}, False),
        (BUT_IAM, True),
    ],
)
def test_decryption_with_every_key_is_seen_in_each_spelling(statement, every_key):
    assert documents.decrypts_everywhere(text(statement)) is every_key


def test_whole_services_are_named_and_beginnings_of_actions_are_not():
    held = text(
        {**READ, "Action": ["s3:*", "dynamodb:Get*", "*"]},
        BUT_IAM,
        {**STAR, "Effect": "Deny", "Action": "ec2:*"},
    )
    assert documents.whole_services(held) == ["iam:*", "s3:*"]


# What is written instead -----------------------------------------------------------------------------


def test_only_the_statement_that_allows_everything_is_rewritten_and_keeps_its_condition():
    found = statements(documents.narrowed(text(READ, {**LIMITED, "Sid": "All"}), ["s3", "logs"]))
    assert found == [READ, {**LIMITED, "Sid": "All", "Action": ["logs:*", "s3:*"]}]


def test_where_no_use_is_known_all_stays_but_administration_and_subscriptions():
    held = documents.narrowed(text(LIMITED), [])
    assert not documents.administrator(held)
    assert not documents.subscribes(held)
    but, needed, _ = statements(held)
    assert but["NotAction"] == ["account:*", "iam:*", "organizations:*"]
    assert but["Condition"] == needed["Condition"] == LIMITED["Condition"]
    assert not any(documents.grants(needed, action) for action in ("iam:PutRolePolicy", "iam:PassRole"))


def test_an_exception_stays_one_and_parts_of_a_used_service_are_for_a_person():
    assert statements(documents.narrowed(text(BUT_IAM), ["iam", "s3"]))[0]["Action"] == ["s3:*"]
    held = documents.narrowed(text(BUT_IAM), [])
    assert not documents.administrator(held)
    assert {"account:*", "iam:*", "organizations:*"} == set(statements(held)[0]["NotAction"])
    with pytest.raises(ValueError, match="parts of s3"):
        documents.narrowed(text({**BUT_IAM, "NotAction": "s3:DeleteBucket"}), ["s3"])


def test_the_right_to_subscribe_goes_where_it_stands_and_is_refused_where_a_wildcard_holds_it():
    assert statements(documents.without_subscribe(text(BUY))) == [{**BUY, "Action": ["s3:ListBucket"]}]
    held = documents.without_subscribe(text(BUY, SHOP))
    assert not documents.subscribes(held)
    assert [one["Effect"] for one in statements(held)] == ["Allow", "Allow", "Deny"]
    with pytest.raises(ValueError, match="nothing would be left"):
        documents.without_subscribe(text({**BUY, "Action": "aws-marketplace:Subscribe"}))


@pytest.mark.parametrize(
    "statement", [DECRYPT, KEYS, {**KEYS, "Action": ["kms:De*", "kms:?eEncryptFrom"]}, BUT_IAM]
)
def test_decryption_moves_to_named_keys_and_nothing_else_is_won_or_lost(statement):
    before, after = text(statement), documents.decrypting_with(text(statement), [KEY])
    assert not documents.decrypts_everywhere(after)
    known = [f"kms:{one}" for one in documents._KMS]
    rest = [one for one in known if one not in documents.DECRYPTING]
    wide = [one for one in statements(after) if one.get("Resource") != [KEY]]
    for action in (*rest, "s3:GetObject", "kms:SomethingNew"):
        allowed = any(documents.grants(one, action) for one in wide)
        if action != "kms:SomethingNew":
            assert allowed is documents.grants(statements(before)[0], action), action
        else:
            assert not allowed or documents.grants(statements(before)[0], action)
    named = next(one for one in statements(after) if one.get("Resource") == [KEY])
    assert named["Action"] == [
        one for one in documents.DECRYPTING if documents.grants(statements(before)[0], one)
    ]


def test_a_policy_that_allows_everything_is_narrowed_before_its_keys_are_named():
    with pytest.raises(ValueError, match="narrow that first"):
        documents.decrypting_with(text(STAR), [KEY])


def test_statements_that_are_divided_keep_sids_that_iam_takes():
    held = documents.decrypting_with(text({**KEYS, "Sid": "K"}, {**KEYS, "Sid": "K2"}, {**DECRYPT}), [KEY])
    sids = [one["Sid"] for one in statements(held) if "Sid" in one]
    assert len(sids) == len(set(sids))
    assert all(sid.isalnum() for sid in sids)


def test_a_policy_that_grows_too_long_is_for_a_person_to_split():
    with pytest.raises(ValueError, match="IAM takes 6144"):
        documents.fits("x" * 6145)
    value = {"Inline": {"a": text(KEYS)}, "Moved": {}, "Keys": [KEY] * 40}
    with pytest.raises(ValueError, match="IAM takes 2048"):
        INLINE["inline_decrypting_with"](value, {"arn": f"arn:aws:iam::{ACCOUNT}:user/u", "keys": ""})
    INLINE["inline_decrypting_with"](value, {"arn": f"arn:aws:iam::{ACCOUNT}:role/r", "keys": ""})


def test_services_and_keys_come_from_the_operator_or_from_what_was_seen():
    used = {"Used": {"Services": {"s3": 3, "ses": 200}, "Unknown": ""}, "Keys": [KEY]}
    assert services_kept(used, {"days": 90, "services": "sqs, logs"}) == ["logs", "s3", "sqs"]
    assert services_kept(used, {"days": 400, "services": ""}) == ["s3", "ses"]
    assert keys_named(used, "") == [KEY]
    with pytest.raises(ValueError, match="no ARN of a key"):
        keys_named(used, "alias/phi")


@pytest.mark.parametrize("build", [BUILDERS["narrowed"], INLINE["inline_narrowed"], INLINE["moved"]])
def test_what_is_gone_is_said_and_not_made_anew(build):
    with pytest.raises(ValueError, match=r"not there any more|no such policy"):
        build(ABSENT, {})


# Settings --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "id", "type"),
    [
        ("AWS::IAM::Principal", f"arn:aws:iam::{ACCOUNT}:user/machines/etl", "AWS::IAM::User"),
        ("AWS::IAM::Principal", f"arn:aws:iam::{ACCOUNT}:group/admins", "AWS::IAM::Group"),
        ("AWS::IAM::Principal", f"arn:aws:iam::{ACCOUNT}:role/service/app", "AWS::IAM::Role"),
        ("AWS::IAM::AttachedPolicy", admin(), "AWS::IAM::AttachedPolicy"),
    ],
)
def test_reports_name_principals_and_policies_by_their_arns(kind, id, type):
    found = target(kind, id)
    assert (found.type, found.name, found.account) == (type, id.rpartition("/")[2], ACCOUNT)


@pytest.mark.parametrize(
    ("kind", "id"),
    [
        ("AWS::IAM::Principal", policy("AdminStar")),
        ("AWS::IAM::Principal", "svc-etl"),
        ("AWS::IAM::Principal", f"arn:aws:iam::{ACCOUNT}:root"),
        ("AWS::IAM::AttachedPolicy", policy("AdminStar")),
        ("AWS::IAM::ManagedPolicy", admin()),
    ],
)
def test_what_could_be_several_things_or_another_is_none(kind, id):
    assert target(kind, id) is None


def test_a_policy_that_is_made_has_its_path_and_goes_again(aws):
    where = target("AWS::IAM::ManagedPolicy", policy("new", "team/"))
    one = setting("aws.iam.managed-policy")
    assert one.read(aws, where).absent
    for call in one.write(where, Reading(ABSENT), {"Document": text(READ)}):
        aws.call(call)
    held = one.read(aws, where)
    assert held.value["Administrator"] is False
    assert "Used" not in held.value, "nobody is asked about a policy in order"
    for call in one.remove(where, held):
        aws.call(call)
    assert one.read(aws, where).absent


def test_an_inline_policy_that_is_moved_half_way_is_recognised(aws):
    arn = role(aws, "reports")
    do(aws, "iam", "PutRolePolicy", RoleName="reports", PolicyName="keys", PolicyDocument=text(DECRYPT))
    where, one = target("AWS::IAM::Principal", arn), setting("aws.iam.inline-policies")
    before = one.read(aws, where)
    after = INLINE["moved"](before.value, arn)
    calls, between = one.write(where, before, after), one.between(where, before.value, after)
    assert [call.operation for call in calls] == ["CreatePolicy", "AttachRolePolicy", "DeleteRolePolicy"]
    for number, call in enumerate(calls):
        aws.call(call)
        live = one.read(aws, where).value
        assert one.same(live, [*between, after][number])
    back = [call.operation for call in one.write(where, one.read(aws, where), before.value)]
    assert back == ["PutRolePolicy", "DetachRolePolicy", "DeletePolicy"]


def test_a_report_that_cannot_be_had_is_said_and_stops_nothing(aws):
    class Refuses(Answers):
        def call(self, call):
            if call.operation == "GenerateServiceLastAccessedDetails":
                raise CloudError("AccessDenied", "no", status=403)
            return super().call(call)

    arn = managed(aws, "AdminStar", STAR)
    assert "cannot be had (AccessDenied)" in services_used(Refuses(aws), arn)["Unknown"]
    slow = Answers(aws, GetServiceLastAccessedDetails={"JobStatus": "IN_PROGRESS"})
    assert "too long" in services_used(slow, arn, sleep=lambda seconds: None)["Unknown"]
    failed = Answers(aws, GetServiceLastAccessedDetails={"JobStatus": "FAILED"})
    assert "could not make" in services_used(failed, arn)["Unknown"]


def test_a_long_report_is_read_to_its_end(aws):
    """moto's report has one page: the pages are ours."""

    class Pages(Answers):
        def call(self, call):
            if call.operation != "GetServiceLastAccessedDetails":
                return super().call(call)
            name = "sqs" if call.arguments.get("Marker") else "s3"
            one = {"ServiceNamespace": name, "LastAuthenticated": "2020-01-01T00:00:00+00:00"}
            unused = {"ServiceNamespace": "ec2"}
            more = {} if call.arguments.get("Marker") else {"IsTruncated": True, "Marker": "m"}
            return {"JobStatus": "COMPLETED", "ServicesLastAccessed": [one, unused], **more}

    found = services_used(Pages(aws), managed(aws, "AdminStar", STAR))
    assert set(found["Services"]) == {"s3", "sqs"}
    assert found["Services"]["s3"] > 365


def test_a_boundary_of_a_user_is_one_call_each_way(aws):
    """moto keeps no boundary of users: the calls are held against what IAM takes, and the answer is ours."""
    do(aws, "iam", "CreateUser", UserName="bob")
    where = target("AWS::IAM::User", "bob")
    one = setting("aws.iam.permissions-boundary")
    before = one.read(aws, where)
    assert before.value == {"Boundary": "", "Administrator": False}
    (put,) = one.write(where, before, {"Boundary": policy("fence")})
    assert (put.operation, put.arguments["UserName"]) == ("PutUserPermissionsBoundary", "bob")
    held = {
        "UserName": "bob",
        "Arn": where.id,
        "PermissionsBoundary": {"PermissionsBoundaryArn": policy("fence")},
    }
    after = one.read(Answers(aws, GetUser={"User": held}), where)
    assert after.value == {"Boundary": policy("fence"), "Administrator": False}
    (gone,) = one.write(where, after, before.value)
    assert gone.operation == "DeleteUserPermissionsBoundary"
