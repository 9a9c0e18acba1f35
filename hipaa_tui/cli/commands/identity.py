"""`identity`: print your name and public key, for the team's policy."""

from __future__ import annotations

import argparse

from hipaa_tui.cli.session import print_json
from hipaa_tui.cli.terminal import say
from hipaa_tui.support.config import find_home
from hipaa_tui.support.errors import ExitCode
from hipaa_tui.support.signing import fingerprint, open_identity


def run(options: argparse.Namespace) -> int:
    me = open_identity(find_home().root)
    if options.json:
        print_json({"name": me.name, "key": me.key, "fingerprint": fingerprint(me.key)})
        return ExitCode.DONE
    say(f"name:        {me.name}")
    say(f"public key:  {me.key}")
    say(f"fingerprint: {fingerprint(me.key)}")
    say(
        "Give the public key to whoever maintains your team's policy, over a channel that cannot be tampered with."
    )
    return ExitCode.DONE
