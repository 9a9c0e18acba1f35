"""Templates of playbooks give strings, run no code and cannot exhaust the machine."""

import pytest

from hipaa_tui.playbooks.templating import LONGEST, fill, guid, text


def filled(value, **variables):
    return fill(
        value,
        variables,
        parameters={"days": 400, "key": "", "cidrs": ["10.0.0.0/8"]},
        assigned=lambda what: {"$known_after_apply": f"c1.{what}"},
        current=lambda path: {"s.principalId": "p-1"}[path],
    )


def test_an_account_with_leading_zeros_stays_text():
    assert (
        filled("arn:aws:iam::{{ account }}:root", account="012345678901") == "arn:aws:iam::012345678901:root"
    )
    assert filled("{{ account }}", account="012345678901") == "012345678901"


def test_a_json_policy_in_a_variable_stays_text():
    assert filled("{{ policy }}", policy='{"a": 1}') == '{"a": 1}'


def test_words_give_typed_values():
    assert filled({"retention": {"$param": "days"}, "from": {"$param": "cidrs"}}) == {
        "retention": 400,
        "from": ["10.0.0.0/8"],
    }


def test_the_first_that_is_not_empty_is_taken():
    assert filled({"$first": [{"$param": "key"}, {"$from": "key.Arn"}]}) == {
        "$known_after_apply": "c1.key.Arn"
    }
    assert filled({"$first": [{"$param": "days"}, "x"]}) == 400


def test_a_name_that_looks_like_a_template_is_only_text():
    assert filled("bucket {{ name }}", name="{{ 7 * 7 }}") == "bucket {{ 7 * 7 }}"


@pytest.mark.parametrize(
    "template",
    [
        "{{ ''.__class__.__mro__ }}",
        "{{ name.__init__.__globals__ }}",
        "{{ cycler }}",
        "{{ self.__init__ }}",
        "{% include '/etc/passwd' %}",
        "{% for x in range(9) %}{{ x }}{% endfor %}",
        "{{ 'a' * 1000000000 }}",
        "{{ 10 ** 100000000 }}",
        "{{ missing }}",
        "{{ range(3) }}",
        "{{ name.format(name) }}{{ open }}",
        "{{ '%1000000000d' % 1 }}",
        "{{ unclosed",
    ],
)
def test_a_template_cannot_reach_code_files_or_much_memory(template):
    with pytest.raises(ValueError, match=r"."):
        filled(template, name="x")


def test_a_template_that_gives_too_much_text_is_refused():
    with pytest.raises(ValueError, match="more than"):
        text("{{ name }}", {"name": "x" * (LONGEST + 1)})


def test_the_same_parts_give_the_same_guid():
    assert guid("a", "b") == guid("a", "b") != guid("ab")
    assert filled("{{ guid(name, 'x') }}", name="n") == guid("n", "x")


def test_an_unknown_parameter_is_said():
    with pytest.raises(ValueError, match="no parameter 'nope'"):
        filled({"$param": "nope"})
