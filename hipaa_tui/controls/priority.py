"""Computes the priority of a finding, so that the list starts where patients' data is most at risk."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from typing import Final

from hipaa_tui.controls.citations import all_citations
from hipaa_tui.controls.tables import table

_SEVERITY: Final = {"critical": 80, "high": 60, "medium": 40, "low": 20, "informational": 0}
_EXPOSED: Final = 8
_PHI: Final = 6
_REQUIRED: Final = 4
_ADDRESSABLE: Final = 2
_AUTOMATIC: Final = 1

# "PHIRecords" is PHI and Records, "ePHI" is e and PHI, "rx2" is rx.
_PARTS: Final = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")


def priority(severity: str, controls: Iterable[str], exposure: bool, phi: bool, automatic: bool) -> int:
    """The priority of a finding: 0 to 100, the largest first.

    severity                    critical 80, high 60, medium 40, low 20, informational or unknown 0
    + open to the Internet       8   anybody can use it today, without being inside first
    + holds PHI, by its name     6   a breach of it is a breach under the rule
    + a required control         4   or 2 where all of `controls` are addressable, 0 where there is none
    + can be fixed automatically 1   costs a minute

    Severity dominates: all the rest is 19 together, one less than the step from one severity to the
    next, so no amount of circumstances lifts a finding above a more severe one. The points before
    the last are even, so the last only decides between findings that are otherwise equal.
    """
    known = all_citations()
    found = [known[name].required for name in controls if name in known]
    return (
        _SEVERITY.get(severity, 0)
        + (_EXPOSED if exposure else 0)
        + (_PHI if phi else 0)
        + ((_REQUIRED if any(found) else _ADDRESSABLE) if found else 0)
        + (_AUTOMATIC if automatic else 0)
    )


def looks_public(check: str) -> bool:
    """Whether a check is about something that anybody on the Internet can reach.

    `check` is a Prowler check, a Security Hub control or an AWS Config rule. A guess by its name.
    """
    if check.casefold() in _words("public_checks"):
        return True
    public = _words("public")
    return any(word in public for word in _tokens(check, public))


def looks_phi(name: str, tags: Iterable[str] | Mapping[str, str] = ()) -> bool:
    """Whether a resource's name or one of its tags says that it holds patients' data.

    `tags` is a mapping, or texts such as "key=value" and "key:value". Whole words count, so "dolphin"
    holds no "phi"; a word after a negation ("non-phi") does not, nor does a tag whose value denies it
    ("phi=false"). A guess by names: no answer here says that there is no PHI.
    """
    if isinstance(tags, Mapping):
        tags = [f"{key}={value}" for key, value in tags.items()]
    return _says_phi(name) or any(_says_phi(tag) and not _denied(tag) for tag in tags)


def _says_phi(text: str) -> bool:
    phi, negations = _words("phi"), _words("negations")
    before = ""
    for word in _tokens(text, phi):
        if word in phi and before not in negations:
            return True
        before = word
    return False


def _denied(tag: str) -> bool:
    separator = "=" if "=" in tag else ":"
    return tag.rpartition(separator)[2].strip().casefold() in _words("untrue")


def _tokens(text: str, vocabulary: frozenset[str]) -> Iterator[str]:
    """The words of a name in lower case; a run such as PhiDb or rx2 falls into parts if it is no word itself."""
    for run in re.findall(r"[A-Za-z0-9]+", text):
        whole = run.casefold()
        parts = () if whole in vocabulary else _PARTS.findall(run)
        yield from (part.casefold() for part in parts or (run,))


@cache
def _words(name: str) -> frozenset[str]:
    return frozenset(word.casefold() for word in table("words")[name])
