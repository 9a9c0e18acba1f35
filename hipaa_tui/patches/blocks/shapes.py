"""Converts values for Terraform blocks whose structure differs from the setting's."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from hipaa_tui.support.json_value import Json


def own_named(items: Sequence[Mapping[str, Any]], name: str) -> Mapping[str, Any] | None:
    """The item with that Name, None where there is none."""
    return next((one for one in items if one.get("Name") == name), None)


def rule_blocks(rules: Sequence[Mapping[str, Any]], group: str) -> list[dict[str, Json]]:
    """Rules of one source each as ingress or egress blocks: sources of one protocol, ports and text share one.

    `group` is the security group's own id: as a source it is `self`.
    """
    blocks: dict[tuple[str, int, int, str], dict[str, Json]] = {}
    for rule in rules:
        start, end, text = int(rule.get("from", 0)), int(rule.get("to", 0)), str(rule.get("description", ""))
        block = blocks.setdefault(
            (str(rule["protocol"]), start, end, text),
            {"protocol": rule["protocol"], "from_port": start, "to_port": end}
            | ({"description": text} if text else {}),
        )
        source = str(rule["source"])
        if source == group:
            block["self"] = True
        elif source.startswith("sg-"):
            # Terraform writes a group of another account the other way round.
            id, _, account = source.partition("/")
            block.setdefault("security_groups", []).append(f"{account}/{id}" if account else id)
        elif source.startswith("pl-"):
            block.setdefault("prefix_list_ids", []).append(source)
        else:
            block.setdefault("ipv6_cidr_blocks" if ":" in source else "cidr_blocks", []).append(source)
    return list(blocks.values())
