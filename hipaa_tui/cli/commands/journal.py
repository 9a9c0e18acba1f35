"""`journal`: verify the hash chain, print a signed head to keep elsewhere, export the records."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from hipaa_tui.cli.session import open_workbench, print_json
from hipaa_tui.cli.terminal import narrate, say
from hipaa_tui.journal.export import one_line
from hipaa_tui.journal.proofs import MOST, Proof
from hipaa_tui.journal.signed_heads import SignedHead, read_heads
from hipaa_tui.support.errors import ExitCode, InputError
from hipaa_tui.support.json_value import Json
from hipaa_tui.support.signing import checked_key
from hipaa_tui.workbench import Workbench


def run(options: argparse.Namespace) -> int:
    workbench = open_workbench(options)
    if options.action == "verify":
        return _verify(workbench, options)
    if options.head or options.key:
        raise InputError("--head and --key are only for `journal verify`")
    if options.action == "head":
        return _head(workbench, options)
    return _export(workbench, options)


def _verify(workbench: Workbench, options: argparse.Namespace) -> int:
    if options.output is not None:
        raise InputError("`journal verify` writes no file: leave --output out")
    keys = [checked_key(key) for key in options.key]
    heads: list[SignedHead] = [head for path in options.head for head in read_heads(path)]
    proofs = [workbench.keeping.verify_file(Path(name), heads, keys) for name in options.subjects] or [
        workbench.keeping.verify(heads, keys)
    ]
    if options.json:
        print_json(_as_json(proofs))
    else:
        for proof in proofs:
            _print(proof)
    return ExitCode.INCOMPLETE if any(proof.faults for proof in proofs) else ExitCode.DONE


def _as_json(proofs: Sequence[Proof]) -> Json:
    """A single proof as it is; several as {"whole", "files"}."""
    if len(proofs) == 1:
        return proofs[0].as_json()
    return {
        "whole": all(not proof.faults for proof in proofs),
        "files": [proof.as_json() for proof in proofs],
    }


def _print(proof: Proof) -> None:
    for fault in proof.faults:
        say(fault)
    if len(proof.faults) >= MOST:
        say("further faults are not listed")
    for note in proof.notes:
        say(note)
    if proof.faults:
        say(f"{proof.what} is BROKEN: {len(proof.faults)} faults in {proof.records} records")
    else:
        say(f"{proof.what} is intact: {proof.records} records")


def _head(workbench: Workbench, options: argparse.Namespace) -> int:
    if options.subjects:
        raise InputError("`journal head` covers the whole journal: give no run or file")
    text = one_line(workbench.keeping.head())
    if options.output is None:
        print(text, end="")
        return ExitCode.DONE
    from hipaa_tui.support.private_files import write_private

    write_private(options.output, text)
    narrate(
        f"wrote the signed head to {options.output}; keep it where the journal's writers cannot change it"
    )
    return ExitCode.DONE


def _export(workbench: Workbench, options: argparse.Namespace) -> int:
    if len(options.subjects) > 1:
        raise InputError("`journal export` takes at most one run")
    run = options.subjects[0] if options.subjects else ""
    head = workbench.keeping.export(run, options.output or sys.stdout)
    part = head.get("run")
    what = f"run {part['id']} ({part['records']} records)" if part else f"the journal ({head['seq']} records)"
    narrate(
        f"wrote {what} to {options.output or 'stdout'}; the recipient verifies it with "
        f"`hipaa-tui journal verify FILE --key {head['key']}`"
    )
    return ExitCode.DONE
