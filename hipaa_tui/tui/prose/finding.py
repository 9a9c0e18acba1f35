"""Describes one finding: what was found, why it matters, and what can be done."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from hipaa_tui.tui.labels import STATE_TONES, moment, severity_tone, urgency
from hipaa_tui.tui.text_layout import GAP, Para, bullet, heading, labelled

if TYPE_CHECKING:
    from hipaa_tui.playbooks.model import Effects, Playbook
    from hipaa_tui.triage.evidence import Evidence
    from hipaa_tui.workbench import QueueRow


def finding(row: QueueRow, playbook: Playbook | None) -> list[Para]:
    """The finding itself, for the pane beside the list and for its own screen."""
    place = " · ".join(part for part in (row.provider, row.account, row.region) if part)
    lines = [
        Para(row.title, "strong"),
        GAP,
        labelled("Severity", f"{row.severity}, priority {row.priority}", tone=severity_tone(row)),
        labelled("State", row.state, tone=STATE_TONES.get(row.state, "plain")),
        *([labelled("Excepted", row.exception.told, tone="warn")] if row.exception else []),
        labelled("Resource", row.resource_name),
    ]
    if row.resource != row.resource_name:
        lines.append(Para(row.resource, "muted", indent=14))
    lines += [
        labelled("Where", place),
        labelled("Reported by", f"{', '.join(row.sources)} ({row.check})"),
        labelled("Playbook", playbook.title if playbook else "none covers this check"),
    ]
    if row.detail and row.detail != row.title:
        lines += [GAP, Para(row.detail)]
    if playbook and playbook.why:
        lines += [GAP, heading("Why it matters"), Para(playbook.why)]
    if row.controls:
        lines += [GAP, heading("HIPAA Security Rule"), *controls(row.controls)]
    return lines


def controls(ids: tuple[str, ...]) -> Iterator[Para]:
    """Each control with its title and whether it is required or addressable."""
    from hipaa_tui.controls.citations import all_citations

    known = all_citations()
    for id in ids:
        citation = known.get(id)
        if citation is None:
            yield bullet(id)
            continue
        yield bullet(f"{id}  {citation.title} ({'required' if citation.required else 'addressable'})")
        yield Para(citation.summary, "muted", indent=2)


def effects(effects: Effects) -> list[Para]:
    """What the change means for users of the resource."""
    tone = {"high": "bad", "medium": "warn"}.get(effects.risk, "plain")
    return [
        labelled("Risk", effects.risk, 10, tone),
        labelled("Downtime", effects.downtime, 10),
        labelled("Cost", effects.cost, 10),
        labelled("Limits", effects.limits, 10),
    ]


def remedy(playbook: Playbook | None, evidence: Sequence[Evidence] = ()) -> list[Para]:
    """What can be done about the finding; for a guided playbook its steps with the evidence recorded so far."""
    if playbook is None:
        return [
            GAP,
            heading("What to do"),
            Para("No playbook covers this check, so nothing can be planned here. You can"),
            bullet("fix it by hand and rescan with the tool that reported it;"),
            bullet("add a playbook of your own to a folder listed under `playbooks` in config.toml."),
        ]
    if playbook.guided:
        lines = [
            GAP,
            heading("Manual steps"),
            Para("This finding is fixed by hand. Press v to record the evidence for a step.", "muted"),
        ]
        for number, step in enumerate(playbook.steps, start=1):
            lines.append(Para(step.do, lead=f"{number}. "))
            recorded = [item for item in evidence if item.step == number]
            for item in recorded:
                proof = f"; {item.file}, SHA-256 {item.sha256}" if item.file else ""
                lines.append(
                    Para(
                        f"{moment(item.at)} by {item.by}: {item.text}{proof}",
                        lead="✓ ",
                        lead_tone="good",
                        indent=3,
                    )
                )
            if not recorded:
                lines.append(Para(step.evidence, "muted", lead="Evidence: ", lead_tone="muted", indent=3))
        return lines + _links(playbook)
    return [GAP, heading("Effects of the fix"), *effects(playbook.effects), *_links(playbook)]


def _links(playbook: Playbook) -> list[Para]:
    if not playbook.links:
        return []
    return [GAP, heading("Further reading"), *(bullet(link) for link in playbook.links)]


def one_line(row: QueueRow) -> Para:
    """A finding as one line of a list."""
    return Para(f"{row.title}  ({row.resource_name})", lead=f"{urgency(row)}  ", lead_tone=severity_tone(row))
