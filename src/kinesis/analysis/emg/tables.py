"""Readers of CSV tables of envelopes: a user's own, means and SD, Schwartz et al. 2008."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from kinesis.analysis.csv_table import CsvTable, finite, headings_of, read_csv
from kinesis.analysis.emg.envelope import LOWPASS_HZ, POINTS
from kinesis.analysis.emg.reference import (
    EMG_READERS,
    MOST_SUBJECTS,
    EmgReader,
    Envelopes,
    Request,
    known_channels,
    motion_of,
)
from kinesis.errors import KinesisError

FEWEST_POINTS = 20
OWN_COLUMNS = ("subject", "muscle", "percent", "value")
"""Of a user's own CSV; `stride_s` and `stance` may follow."""

_ABOUT: tuple[str, ...] = ("stride_s", "stance")
_SCHWARTZ_COLUMNS = ("muscle", "pct_gait_cycle", "speed", "mean", "sd")
_SCHWARTZ = {"slow": (0.86, 0.62), "free": (1.28, 0.59), "fast": (1.66, 0.58)}
"""Speed [m/s] and stance of Schwartz et al. 2008 (J Biomech 41:1639): their mean dimensionless speeds 0.29, 0.43
and 0.56, times √(gL) of an adult leg of 0.9 m; those people were children."""


def read_own(path: Path, _: Request) -> list[Envelopes]:
    """A user's CSV: a row a value, columns `OWN_COLUMNS`, percents 0 to 100 at equal steps.

    Comment lines before it: `# motion: walk`, `# speed_mps: 1.4`, `# lowpass_hz: 12`.
    """
    table, where = read_csv(path), str(path)
    curves: dict[tuple[str, str], dict[float, float]] = {}
    about: dict[str, dict[str, float]] = {}
    for row in range(len(table.rows)):
        subject, at = table.word(row, "subject"), table.number(row, "percent")
        curve = curves.setdefault((subject, table.word(row, "muscle")), {})
        if at in curve:
            raise KinesisError("a percent is there twice", where=table.places[row], got=at)
        curve[at] = table.number(row, "value")
        told = {key: table.number(row, key) for key in _ABOUT if key in table.headings}
        if about.setdefault(subject, told) != told:
            raise KinesisError("a subject with two strides", where=table.places[row], got=subject)
    subjects, muscles = tuple(about), list(dict.fromkeys(muscle for _, muscle in curves))
    channels = known_channels(muscles, where)
    if len(subjects) > MOST_SUBJECTS:
        raise KinesisError("too many subjects", where=where, got=len(subjects), expected=f"{MOST_SUBJECTS} at the most")
    values = np.full((len(subjects), len(channels), POINTS), np.nan)
    for (subject, muscle), curve in curves.items():
        if muscle in channels:
            place = subjects.index(subject), list(channels).index(muscle)
            values[place] = _course(curve, f"{where}, {subject}, {muscle}")
    row_of = {key: np.array([about[s].get(key, np.nan) for s in subjects]) for key in _ABOUT}
    return [_noted(table, subjects, tuple(channels.values()), values, row_of)]


def _noted(
    table: CsvTable,
    subjects: tuple[str, ...],
    channels: tuple[str, ...],
    values: np.ndarray,
    rows: dict[str, np.ndarray],
) -> Envelopes:
    return Envelopes(
        source=table.path.name,
        subjects=subjects,
        channels=channels,
        values=values,
        stride_s=rows["stride_s"],
        stance=rows["stance"],
        motion=motion_of(table.path, table.notes.get("motion", "")),
        speed_mps=table.note("speed_mps", float("nan")),
        lowpass_hz=table.note("lowpass_hz", LOWPASS_HZ),
    )


def _course(curve: dict[float, float], where: str) -> np.ndarray:
    """(101,) from values at equally spaced percents, linear between them."""
    percents = sorted(curve)
    if len(percents) < FEWEST_POINTS or percents[0] != 0.0 or percents[-1] != 100.0:
        got = f"{len(percents)} from {percents[0]:g} to {percents[-1]:g} %"
        raise KinesisError("not a whole cycle", where=where, got=got, expected=f"{FEWEST_POINTS} or more, 0 to 100 %")
    if np.ptp(np.diff(percents)) > 0.5:
        raise KinesisError("steps of the cycle that are not equal", where=where, got=np.diff(percents).max())
    return np.interp(np.linspace(0.0, 100.0, POINTS), percents, [curve[at] for at in percents])


def read_ensemble(path: Path, _: Request) -> list[Envelopes]:
    """A CSV of `pct` and, for each muscle, `NAME_mean` and `NAME_sd`: a mean over people."""
    table, where = read_csv(path), str(path)
    muscles = [h.removesuffix("_mean") for h in table.headings if h.endswith("_mean")]
    channels, values, sd = known_channels(muscles, where), [], []
    for muscle in channels:
        columns = {}
        for kind in ("mean", "sd"):
            if f"{muscle}_{kind}" not in table.headings:
                raise KinesisError.unknown("column", f"{muscle}_{kind}", table.headings, where=where)
            pairs = ((table.number(r, "pct"), table.number(r, f"{muscle}_{kind}")) for r in range(len(table.rows)))
            columns[kind] = _course(dict(pairs), f"{where}, {muscle}")
        values.append(columns["mean"])
        sd.append(columns["sd"])
    digits = path.stem.rpartition("_ensemble")[0].rpartition("_")[2].removesuffix("ms").replace("p", ".")
    speed = finite(digits, "speed", where) if digits.replace(".", "", 1).isdecimal() else float("nan")
    curves, speed = np.array([values, sd]), table.note("speed_mps", speed)
    return [_mean(path.name, tuple(channels.values()), curves, motion=motion_of(path), speed_mps=speed)]


def read_schwartz(path: Path, _: Request) -> list[Envelopes]:
    """The table of Schwartz et al. 2008: five muscles of children at three speeds, means and SD."""
    table, found = read_csv(path), []
    curves: dict[str, dict[str, dict[float, tuple[float, float]]]] = {}
    for row in range(len(table.rows)):
        curve = curves.setdefault(table.word(row, "speed"), {}).setdefault(table.word(row, "muscle"), {})
        curve[table.number(row, "pct_gait_cycle")] = table.number(row, "mean"), table.number(row, "sd")
    for speed, muscles in curves.items():
        channels = known_channels(list(muscles), str(path))
        where = f"{path.name}, {speed}"
        both = [
            [_course({at: pair[kind] for at, pair in muscles[m].items()}, f"{where}, {m}") for m in channels]
            for kind in range(2)
        ]
        mps, stance = _SCHWARTZ.get(speed.lower(), (float("nan"), float("nan")))
        names = tuple(channels.values())
        found.append(_mean(where, names, np.array(both), motion="walk", speed_mps=mps, stance=stance))
    return found


def _mean(
    source: str,
    channels: tuple[str, ...],
    curves: np.ndarray,
    *,
    motion: str,
    speed_mps: float,
    stance: float = float("nan"),
) -> Envelopes:
    """curves: (2, channel, 101), means and SD."""
    return Envelopes(
        source=source,
        subjects=("mean",),
        channels=channels,
        values=curves[:1],
        stride_s=np.full(1, np.nan),
        stance=np.full(1, stance),
        motion=motion,
        speed_mps=speed_mps,
        sd=curves[1],
    )


def _has(path: Path, wanted: tuple[str, ...]) -> bool:
    return set(wanted) <= set(headings_of(path))


EMG_READERS.register("own")(EmgReader("your own CSV", lambda p: _has(p, OWN_COLUMNS), read_own))
EMG_READERS.register("schwartz2008")(
    EmgReader("table of Schwartz 2008 (.csv)", lambda p: _has(p, _SCHWARTZ_COLUMNS), read_schwartz)
)
EMG_READERS.register("ensemble")(
    EmgReader(
        "CSV of means and SD",
        lambda p: "pct" in headings_of(p) and any(h.endswith("_mean") for h in headings_of(p)),
        read_ensemble,
    )
)
