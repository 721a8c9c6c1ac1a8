"""Write `docs/body.md`: both muscle bodies beside published values, and what the calibrated one changes.

The second part is read from what `body_calibration.py` measured; run that first if a body changed.

    python benchmarks/body_audit.py
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from kinesis.analysis.anatomy import FIBRE_TOLERANCE, Audit, audit, markdown
from kinesis.body import load
from kinesis.body.calibration import OUTLIERS
from kinesis.cli import command

PAGE = Path(__file__).parents[1] / "docs" / "body.md"
MEASURED = Path(__file__).parent / "results" / "body_calibration.json"
BODIES = ("legs80", "legs80_calibrated")

HEAD = """# The body, beside what is published

Two sets of muscles drive the same bones: `legs80`, as `myo-sim` gives it, and `legs80_calibrated`, in which {count}
muscles a leg are set to published values. `legs80` is the default; a policy belongs to the body that it was trained
on (`TaskConfig.body`). This page is written by `python benchmarks/body_audit.py`; `kinesis info legs80 --audit`
prints the tables of a body.

Published are: fibres, tendons, peak forces and moment arms of Rajagopal et al. (2016), from whose model `myo-sim`
was made (arms by OpenSim 4.6, other joints at zero); passive forces, and the fibre of semimembranosus, of Uhlrich et
al. (2022, 10.1038/s41598-022-13386-9), which corrects it; strength of men of 18 to 25 by Anderson, Madigan &
Nussbaum (2007), for this body's mass and 1.78 m. The numbers are in `src/kinesis/body/published`.

Bold: fibre off by more than a tenth, force by more than a quarter, moment arm by more than 10 mm. *Walking* and
*running* are the ranges of fibre length over optimal length in built-in motions (0.8–1.8 and 2.8–3.5 m/s); fibres
lie in the line of the tendon and tendons are rigid, which makes the ranges wider than with pennation and a tendon
that gives. Strength is all muscles of one direction at full activation with no antagonist, which no person does:
a ratio above one is expected, one of three says that a policy could be that much stronger than people.
"""

CHANGE = """## What `legs80_calibrated` changes

Of {muscles}:
optimal fibre length, tendon slack length and peak force are as published, and passive force at 1.25 optimal lengths
is at most as published; glmax3 takes the force–length curve of glmax2, since its own was fitted to a fibre of
0.41 m with a tendon of −0.26 m. Everything else is `legs80`.

Static optimisation of the same walks (`python benchmarks/body_calibration.py`), greatest activation where it differs
by more than 0.05:

{peaks}

| | {walks} |
| --- | {rule} |
{effort}

Pearson r with that person's own EMG, right leg, EMG 40 ms earlier (zero lag):

{emg}
"""


def change(measured: dict[str, Any]) -> str:
    """The section on what the calibrated body changes."""
    return CHANGE.format(
        muscles=", ".join(OUTLIERS),
        peaks=_peaks(measured),
        walks=" | ".join(f"{walk}: {body}" for walk in measured for body in BODIES),
        rule=" | ".join(["---"] * 2 * len(measured)),
        effort="\n".join(
            f"| {words} | {' | '.join(str(measured[walk][body][key]) for walk in measured for body in BODIES)} |"
            for words, key in (
                ("mean squared activation", "mean_squared_activation"),
                ("muscle-frames above 0.9", "muscle_frames_above_0.9"),
                ("torque not given, r.m.s. [N·m]", "torque_left_rms_nm"),
                ("root residual, r.m.s. [N]", "root_residual_rms_n"),
                ("root residual, r.m.s. [N·m]", "root_residual_rms_nm"),
            )
        ),
        emg=_emg(measured["rajagopal2016"]["r_emg"]) if "rajagopal2016" in measured else "not measured.",
    )


def _peaks(measured: dict[str, Any]) -> str:
    lines = ["| walk | muscle | legs80 | calibrated |", "| --- | --- | --- | --- |"]
    for walk, bodies in measured.items():
        old, new = (bodies[body]["peak"] for body in BODIES)
        lines += [f"| {walk} | {m} | {old[m]:.2f} | {new[m]:.2f} |" for m in old if abs(old[m] - new[m]) > 0.05]
    return "\n".join(lines)


def _emg(r: dict[str, Any]) -> str:
    lines = ["| channel | legs80 | calibrated |", "| --- | --- | --- |"]
    for channel in r["0 ms"]:
        cells = (f"{r['40 ms'][channel][body]:.2f} ({r['0 ms'][channel][body]:.2f})" for body in BODIES)
        lines.append(f"| {channel.replace('_', ' ')} | {' | '.join(cells)} |")
    return "\n".join(lines)


def _section(audited: Audit, *, arms: bool) -> str:
    off = [r.muscle for r in audited.fibres if abs(r.optimal_fibre_m / r.published_fibre_m - 1.0) > FIBRE_TOLERANCE]
    said = f"Fingerprint `{audited.fingerprint}`. Fibres off: {', '.join(off)}."
    if not arms:
        said += " Moment arms are those above."
    return f"## `{audited.body}`\n\n{said}\n\n{markdown(audited, arms=arms)}\n"


def main() -> None:
    """Measure both bodies and write the page."""
    measured = json.loads(MEASURED.read_text())
    sections = [_section(audit(load(name)), arms=name == BODIES[0]) for name in BODIES]
    PAGE.write_text("\n".join([HEAD.format(count=len(OUTLIERS)), change(measured), *sections]))


if __name__ == "__main__":
    sys.exit(command(main))
