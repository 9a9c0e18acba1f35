"""The findings in memory, so that filtering 100,000 of them is as fast as typing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hipaa_tui.workbench import QueueRow


@dataclass
class FindingList:
    """All findings with their filters, in the queue's order: most urgent first."""

    all_rows: Sequence[QueueRow] = ()
    texts: Sequence[str] = ()
    words: str = ""
    open_only: bool = True

    @classmethod
    def of(cls, rows: Sequence[QueueRow]) -> FindingList:
        """Read the rows. Takes a second for 100,000, so call it in a thread."""
        return cls(rows, [_text(row) for row in rows])

    def __len__(self) -> int:
        return len(self.all_rows)

    def narrowed_like(self, other: FindingList) -> FindingList:
        """These rows with the other's filters, so that they survive a reload."""
        return FindingList(self.all_rows, self.texts, other.words, other.open_only)

    def rows(self) -> list[QueueRow]:
        """The rows that contain every word (ignoring case); only open ones if `open_only` is set."""
        words = self.words.casefold().split()
        return [
            row
            for row, text in zip(self.all_rows, self.texts, strict=True)
            if (not self.open_only or row.state in {"open", "unverified", "not reached"})
            and all(word in text for word in words)
        ]


def _text(row: QueueRow) -> str:
    return "\n".join(
        (
            row.id,
            row.check,
            *row.sources,
            row.title,
            row.provider,
            row.account,
            row.region,
            row.resource,
            row.resource_name,
            row.severity,
            *row.controls,
            row.playbook,
            row.state,
        )
    ).casefold()
