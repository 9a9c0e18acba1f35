"""What there is to say about one finding: what was found, why it matters, and what could be done."""

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
    """The finding itself, for the pane beside the queue and for its own screen."""
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
        labelled("Playbook", playbook.title if playbook else "none answers this check"),
    ]
    if row.detail and row.detail != row.title:
        lines += [GAP, Para(row.detail)]
    if playbook and playbook.why:
        lines += [GAP, heading("Why it matters"), Para(playbook.why)]
    if row.controls:
        lines += [GAP, heading("HIPAA Security Rule"), *controls(row.controls)]
    return lines


def controls(ids: tuple[str, ...]) -> Iterator[Para]:
    """Each control with its title and whether it is required."""
    from hipaa_tui.controls.citations import all_citations

    known = all_citations()
    for id in ids:
        found = known.get(id)
        if found is None:
            yield bullet(id)
            continue
        yield bullet(f"{id}  {found.title} ({'required' if found.required else 'addressable'})")
        yield Para(found.summary, "muted", indent=2)


def effects(found: Effects) -> list[Para]:
    """What an operator must know before saying yes."""
    tone = {"high": "bad", "medium": "warn"}.get(found.risk, "plain")
    return [
        labelled("Risk", found.risk, 10, tone),
        labelled("Downtime", found.downtime, 10),
        labelled("Cost", found.cost, 10),
        labelled("Limits", found.limits, 10),
    ]


def remedy(playbook: Playbook | None, evidence: Sequence[Evidence] = ()) -> list[Para]:
    """What the tool can do about it, under the finding on its own screen, with what proves its steps so far."""
    if playbook is None:
        return [
            GAP,
            heading("What to do"),
            Para("No playbook answers this check yet, so nothing can be planned here. You can"),
            bullet("correct it by hand and scan again: the finding then shows as fixed;"),
            bullet("write a playbook of your own, in the folder that `playbooks` in config.toml names."),
        ]
    if playbook.guided:
        lines = [
            GAP,
            heading("Steps for a person"),
            Para("Nothing can be applied here by itself. v records the evidence of a step.", "muted"),
        ]
        for number, step in enumerate(playbook.steps, start=1):
            lines.append(Para(step.do, lead=f"{number}. "))
            given = [one for one in evidence if one.step == number]
            for one in given:
                proof = f"; {one.file}, SHA-256 {one.sha256}" if one.file else ""
                lines.append(
                    Para(
                        f"{moment(one.at)} by {one.by}: {one.text}{proof}",
                        lead="✓ ",
                        lead_tone="good",
                        indent=3,
                    )
                )
            if not given:
                lines.append(Para(step.evidence, "muted", lead="Evidence: ", lead_tone="muted", indent=3))
        return lines + _links(playbook)
    return [GAP, heading("What the change means"), *effects(playbook.effects), *_links(playbook)]


def _links(playbook: Playbook) -> list[Para]:
    if not playbook.links:
        return []
    return [GAP, heading("Read more"), *(bullet(link) for link in playbook.links)]


def one_line(row: QueueRow) -> Para:
    """A marked finding in a list."""
    return Para(f"{row.title}  ({row.resource_name})", lead=f"{urgency(row)}  ", lead_tone=severity_tone(row))
