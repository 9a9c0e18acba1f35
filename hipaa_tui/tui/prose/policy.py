"""What the policy says to a plan, in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hipaa_tui.tui.text_layout import Para

if TYPE_CHECKING:
    from hipaa_tui.policy.decide import Decision

MOST = 4
"""Sentences in the preview; the others are told when one tries to apply."""


def policy(decision: Decision) -> list[Para]:
    """A line for each thing that stands in the way or has been given; nothing where no policy speaks."""
    lines = [Para(sentence, "bad", "✗ ", "bad") for sentence in decision.refusals]
    lines += [Para(sentence, "bad", "✗ ", "bad") for sentence in decision.missing]
    if decision.reach:
        lines.append(Para(f"{decision.reason}: applying asks for that number", "warn", "! ", "warn"))
    lines += [Para(sentence, "good", "✓ ", "good") for sentence in decision.granted]
    if len(lines) > MOST:
        return [*lines[: MOST - 1], Para(f"and {len(lines) - MOST + 1} more about the policy", "muted")]
    return lines
