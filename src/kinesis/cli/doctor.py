"""kinesis doctor: what this installation is made of, what is wrong with it, and the line that mends it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass

import tyro

from kinesis.cli.checkup import Finding, checkup

MARKS = {"ok": " ", "note": "·", "broken": "✗"}


@dataclass(frozen=True)
class Doctor:
    """Check versions, engine, cores, GL, GPU, policies and speed; takes some seconds."""

    json: bool = False
    """Print JSON only."""


def main(argv: Sequence[str]) -> int:
    """Run; returns 1 if something that everything needs is broken, else 0."""
    asked = tyro.cli(Doctor, args=list(argv), prog="kinesis doctor")
    findings = []
    for finding in checkup():
        findings.append(finding)
        if not asked.json:
            print(line(finding), flush=True)
    broken = [finding.check for finding in findings if finding.state == "broken"]
    if asked.json:
        print(json.dumps({"ok": not broken, "broken": broken, "findings": [asdict(f) for f in findings]}))
    else:
        print(f"\nbroken: {', '.join(broken)}" if broken else "\nnothing essential is broken")
    return 1 if broken else 0


def line(finding: Finding) -> str:
    """One finding as it is printed, with the mending line under it."""
    text = f"{MARKS[finding.state]} {finding.check:16} {finding.found}"
    return f"{text}\n{'':18} → {finding.mend}" if finding.mend else text
