"""Describes what the policy requires of a plan."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hipaa_tui.tui.text_layout import Para

if TYPE_CHECKING:
    from hipaa_tui.policy.decide import Decision

MOST = 4
"""Maximum number of lines in the preview; the rest is shown when the plan is applied."""


def policy(decision: Decision) -> list[Para]:
    """A line for each unmet or met requirement; none if the policy requires nothing."""
    lines = [Para(sentence, "bad", "✗ ", "bad") for sentence in decision.refusals]
    lines += [Para(sentence, "bad", "✗ ", "bad") for sentence in decision.missing]
    if decision.reach:
        lines.append(Para(f"{decision.reason}: type that number to apply", "warn", "! ", "warn"))
    lines += [Para(sentence, "good", "✓ ", "good") for sentence in decision.granted]
    if len(lines) > MOST:
        return [*lines[: MOST - 1], Para(f"and {len(lines) - MOST + 1} more policy requirements", "muted")]
    return lines
