"""A team's answers in config.toml stand as the defaults of every playbook that asks for them."""

import json

import pytest

from hipaa_tui.cli.main import run
from hipaa_tui.plans.model import open_plan
from hipaa_tui.playbooks.load import load, with_answers
from hipaa_tui.support.errors import InputError
from tests.aws.guards import key, make_bucket

KEY = "arn:aws:kms:us-east-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab"


def test_a_pattern_answers_every_playbook_that_asks_by_that_name():
    catalogue = with_answers(load(), {"*.kms_key": KEY})
    asking = [one for one in catalogue.playbooks.values() if "kms_key" in one.parameters]
    assert len(asking) > 1
    assert {one.parameters["kms_key"].default for one in asking} == {KEY}
    assert catalogue.for_check("s3_bucket_default_encryption").parameters["kms_key"].default == KEY


def test_a_playbooks_own_name_goes_before_the_general_one():
    other = KEY.replace("1234abcd", "9999abcd")
    catalogue = with_answers(load(), {"*.kms_key": KEY, "aws.s3.default-encryption.kms_key": other})
    assert catalogue.get("aws.s3.default-encryption").parameters["kms_key"].default == other
    assert catalogue.get("aws.cloudtrail.encryption").parameters["kms_key"].default == KEY


@pytest.mark.parametrize(
    ("answers", "sentence"),
    [
        ({"kms_kee": KEY}, "no playbook has the parameter 'kms_kee'"),
        ({"aws.s3.tls-only.kms_key": KEY}, "no playbook has the parameter"),
        ({"*.kms_key": "no key"}, "does not accept kms_key=no key"),
        ({"aws.s3.lifecycle.abort_days": "soon"}, "must be an integer"),
    ],
)
def test_an_answer_that_nobody_asked_for_or_accepts_is_one_sentence(answers, sentence):
    with pytest.raises(InputError, match=sentence):
        with_answers(load(), answers)


def test_the_answer_of_the_config_is_in_the_plan(aws, tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("HIPAA_TUI_HOME", str(tmp_path / "home"))
    make_bucket(aws, "phi-records")
    ours = key(aws)
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "config.toml").write_text(f'answers = {{ "*.kms_key" = {json.dumps(ours)} }}\n')
    playbook = "aws.s3.default-encryption"
    assert run(["scan", "--provider", "aws", "--playbook", playbook]) == 0
    assert run(["plan", "--playbook", playbook, "-o", str(tmp_path / "plan.json")]) == 0
    plan = open_plan(tmp_path / "plan.json")
    (change,) = plan.changes
    assert ours in json.dumps(change.after), "the team's key, and no new one"
    capsys.readouterr()
    (tmp_path / "home" / "config.toml").write_text("answers = { kms_kee = 'x' }\n")
    assert run(["plan", "--playbook", playbook]) == 2
    assert "no playbook has the parameter 'kms_kee'" in capsys.readouterr().err
