"""A parameter belongs to its playbook: one answer is never given to two questions."""

import pytest

from hipaa_tui.playbooks.load import load, with_answers
from hipaa_tui.playbooks.parameters import addressed
from hipaa_tui.support.errors import InputError

CLOSE, OPEN = "aws.ec2.network-acl-admin-ports", "aws.ec2.network-acl-open"
CATALOGUE = load()
PORTS = [CATALOGUE.get(CLOSE), CATALOGUE.get(OPEN)]


def test_a_bare_name_that_several_playbooks_ask_is_refused_with_the_list():
    with pytest.raises(InputError) as refused:
        addressed({"ports": "22"}, PORTS)
    assert f"{CLOSE}.ports, {OPEN}.ports" in str(refused.value)
    assert '"*.ports"' in str(refused.value)


def test_a_bare_name_that_one_playbook_asks_is_enough():
    assert addressed({"ports": "22"}, PORTS[:1]) == {CLOSE: {"ports": "22"}}


def test_each_playbook_gets_its_own_answer():
    found = addressed({f"{CLOSE}.ports": "22,3389", f"{OPEN}.ports": "443"}, PORTS)
    assert found == {CLOSE: {"ports": "22,3389"}, OPEN: {"ports": "443"}}


@pytest.mark.parametrize("order", [1, -1])
def test_a_pattern_answers_all_that_it_names_and_an_exact_id_goes_before_it(order):
    given = {"aws.ec2.*.ports": "443", f"{CLOSE}.ports": "22"}
    found = addressed(dict(list(given.items())[::order]), PORTS)
    assert found == {CLOSE: {"ports": "22"}, OPEN: {"ports": "443"}}


@pytest.mark.parametrize("name", ["portz", "aws.s3.tls-only.ports", f"{CLOSE}.portz", "azure.*.ports"])
def test_a_name_that_nobody_asks_is_refused_with_what_they_do_ask(name):
    with pytest.raises(InputError, match=r"network-acl-open\.ports"):
        addressed({name: "22"}, PORTS)


def test_every_shipped_name_that_several_playbooks_ask_is_refused_bare():
    names = [name for playbook in CATALOGUE.playbooks.values() for name in playbook.parameters]
    shared = {name for name in names if names.count(name) > 1}
    assert len(shared) > 20
    for name in shared:
        with pytest.raises(InputError, match="each with its own meaning"):
            addressed({name: "1"}, CATALOGUE.playbooks.values())
        with pytest.raises(InputError, match=r"answers in config\.toml"):
            with_answers(CATALOGUE, {name: "1"})
