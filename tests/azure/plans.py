"""The plan of one playbook on one Azure resource, whose commands are held against Azure's own command line."""

from __future__ import annotations

from hipaa_tui.azure.cloud import AzureCloud
from hipaa_tui.plans.model import Plan
from hipaa_tui.plans.planner import FixRequest, make_plan
from hipaa_tui.playbooks.load import load
from tests.azure.server import target
from tests.azure_cli import check_plan

CATALOGUE = load()


def plan_of(cloud: AzureCloud, playbook: str, id: str, **given: str) -> Plan:
    wish = FixRequest(CATALOGUE.get(playbook), target(id), ("finding",))
    return check_plan(make_plan([wish], {"azure": cloud}, given))
