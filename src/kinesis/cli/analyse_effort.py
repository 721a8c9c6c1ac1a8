"""kinesis analyse effort: static optimisation of a policy's motion, of recordings, or of a person's measured one."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import tyro

if TYPE_CHECKING:
    from rich.table import Table

    from kinesis.analysis.demand import Demand


@dataclass(frozen=True)
class AnalyseEffort:
    """The least effort that gives the same joint torques, muscle by muscle, beside what the muscles did."""

    policy: str = "default"
    """Who moves: a shipped policy's name, or the path of a checkpoint."""
    motions: str = "builtin:walk@1.4"
    """What is followed, as in kinesis eval; with --forces, one OpenSim file of coordinates, which nobody follows."""
    recording: Path | None = None
    """In place of both: a file of kinesis record, or a folder of them."""
    forces: Path | None = None
    """Ground forces measured with the motion, an OpenSim table; torques then come from inverse dynamics."""
    body: str = "legs80"
    """With --forces: whose muscles."""
    mass_kg: float | None = None
    """With --forces: of the person, to scale the forces; by default they stay as they are."""
    low_pass_hz: float = 6.0
    """With --forces: of coordinates and forces."""
    criterion: Literal["squared", "cubed", "volume", "force", "energy"] = "squared"
    """The effort: sum of squares, of cubes, or of squares by muscle volume, or by peak force or volume squared."""
    inverse: bool = False
    """Take a recording's torques from inverse dynamics too, not from the simulation."""
    rate_hz: float | None = None
    """Of the instants; by default that of the physics."""
    out: Path | None = None
    """Folder for the page and the tables; by default out/effort, and nowhere with --json."""
    json: bool = False
    """Print JSON only."""


def main(argv: Sequence[str]) -> int:
    """Run; returns the exit code."""
    asked = tyro.cli(AnalyseEffort, args=list(argv), prog="kinesis analyse effort")
    from kinesis.analysis.effort import static_optimum
    from kinesis.analysis.effort_table import effort_table, write_activations

    optima = [static_optimum(demand, asked.criterion) for demand in _demands(asked)]
    tables = [effort_table(optimum) for optimum in optima]
    folder = asked.out if asked.json else asked.out or Path("out/effort")
    written: list[Path] = []
    if folder:
        from kinesis.cli.record import file_name
        from kinesis.view.effort_page import write_effort_page

        subject = ", ".join(o.demand.name for o in optima[:4]) + (" and more" if len(optima) > 4 else "")
        written.append(write_effort_page(folder / "effort.html", optima, tables, subject))
        for optimum in optima:
            stem = file_name(optimum.demand.name, set()).partition(".recording")[0]
            written.append(write_activations(folder / f"{stem}.csv", optimum))
    if asked.json:
        print(json.dumps({"criterion": asked.criterion, "motions": tables}))
        return 0
    from rich.console import Console

    console = Console()
    console.print(table(tables))
    for path in written:
        console.print(f"written: {path}", soft_wrap=True, highlight=False)
    return 0


def _demands(asked: AnalyseEffort) -> list[Demand]:
    from kinesis.analysis.demand import demand_of_forces, demand_of_measured, demand_of_recording

    if asked.forces is not None:
        from kinesis.body import load
        from kinesis.motion.readers.opensim_forces import read_forces

        forces = read_forces(asked.forces)
        options: dict[str, Any] = {"mass_kg": asked.mass_kg, "low_pass_hz": asked.low_pass_hz}
        return [demand_of_measured(Path(asked.motions), forces, load(asked.body), **options)]
    if asked.recording is not None:
        from kinesis.evaluate.recording import load_recordings

        recordings = load_recordings(asked.recording)
    else:
        from kinesis.cli.record import recorded

        recordings = list(recorded(asked.policy, asked.motions, asked.rate_hz))
    return [(demand_of_forces if asked.inverse else demand_of_recording)(recording) for recording in recordings]


def table(tables: Sequence[dict[str, Any]]) -> Table:
    """A row a motion."""
    from rich.table import Table

    made = Table("motion", "instants", "least effort", "own effort", "ratio", "worst residual [N·m]", "root [N]")
    for row in tables:
        worst = max(row["residual_nm"].values())
        cells = (row["effort_least"], row["effort_own"], row["effort_ratio"], worst, row["root_force_rms_n"])
        made.add_row(row["motion"], str(row["instants"]), *("–" if c is None else f"{c:.4g}" for c in cells))
    return made
