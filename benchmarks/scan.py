"""The scan of the sandbox: wall time and the calls made, beside the least that could be made.

The least is one list call per (resource type, place) and one read per (setting, resource) that a playbook
asks about. Reads that need more than one API call, and lists that read tags, show as the difference.
"""

from __future__ import annotations

import os
import tempfile
import time
from pathlib import Path

from counting import Counting

from hipaa_tui.clouds.connections import Connections
from hipaa_tui.clouds.scan_scope import places
from hipaa_tui.plans.scan import scan
from hipaa_tui.playbooks.load import load
from hipaa_tui.providers.registry import resource_type
from hipaa_tui.sandbox.clouds import Sandbox
from hipaa_tui.sandbox.seed import seed_all

TURNS = 5


def main() -> None:
    with tempfile.TemporaryDirectory() as folder, Sandbox(Path(folder)) as sandbox:
        os.environ.update(sandbox.environment())
        connected = Connections()
        seed_all(connected)
        playbooks = list(load().playbooks.values())
        where, _ = places(connected, (), (), ())
        walls = []
        for _ in range(TURNS):
            clouds = {name: Counting(connected[name]) for name in ("aws", "azure")}
            started = time.perf_counter()
            seen = scan(playbooks, where, clouds)
            walls.append(time.perf_counter() - started)
        made = sum((cloud.calls for cloud in clouds.values()), start=type(clouds["aws"].calls)())
        automatic = [playbook for playbook in playbooks if not playbook.guided]
        types = {playbook.resource for playbook in automatic}
        lists = sum(
            len([p for p in where if p.provider == resource_type(name).provider])
            if resource_type(name).regional
            else len({p.account for p in where if p.provider == resource_type(name).provider})
            for name in types
        )
        by_id = {playbook.id: playbook for playbook in automatic}
        reads = {(spec.setting, target) for id, target in seen.examined for spec in by_id[id].primary}
        least = lists + len(reads)
        total = sum(made.values())
        print(f"scan of the sandbox   {min(walls) * 1000:6.0f} ms best of {TURNS}")
        print(f"looks                 {len(seen.examined):6}    failing {len(seen.findings)}")
        print(f"calls made            {total:6}    least {least}  = {total / least:.2f} x")
        for name, count in made.most_common():
            print(f"  {count:4} {name}")


if __name__ == "__main__":
    main()
