"""Readers of EMG over time: OpenSim tables, analog ASCII (`.anc`), raw archives; cut at given touchdowns."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from kinesis.analysis.csv_table import finite
from kinesis.analysis.emg.channels import channel_of, side_of
from kinesis.analysis.emg.envelope import LOWPASS_HZ, cycles, envelope
from kinesis.analysis.emg.reference import EMG_READERS, EmgReader, Envelopes, Request, known_channels, motion_of
from kinesis.errors import KinesisError
from kinesis.motion.readers.arrays import load_npz, npz_names
from kinesis.motion.readers.opensim_table import read_table
from kinesis.motion.readers.stream import beginning, text_lines

RAW_BELOW = -1e-3
"""A channel that goes below this part of its peak swings about zero: it is raw and is rectified."""

_ANC = b"file_type:"
_UNEVEN = 0.05


@dataclass(frozen=True)
class Series:
    """EMG over time. values: (instant, channel). touchdowns_s: those that the file itself gives, and their stance."""

    path: Path
    headings: list[str]
    time_s: np.ndarray
    values: np.ndarray
    touchdowns_s: tuple[float, ...] = ()
    stance: tuple[float, ...] = field(default=())


def cut_series(series: Series, request: Request) -> Envelopes:
    """The mean course over every whole cycle of one leg, raw channels made envelopes first.

    A column that names a side is taken for that leg only; one that names none for any.

    Raises:
        KinesisError: without touchdowns, for an uneven time, or where no muscle of that leg is known.
    """
    where, step = str(series.path), np.diff(series.time_s)
    wanted = [h for h in series.headings if side_of(h) in ("", request.side) and channel_of(h)]
    channels = known_channels(wanted or series.headings[:0], where)
    touchdowns = np.array(request.touchdowns_s or series.touchdowns_s)
    if len(touchdowns) < 2:
        hint = "say them in seconds: --touchdowns-s 0.52 1.63 2.75"
        raise KinesisError("EMG over time needs touchdowns of its foot", where=where, hint=hint)
    if step.min() <= 0.0 or np.ptp(step) > _UNEVEN * step.mean():
        raise KinesisError("time does not go on evenly", where=where, got=f"{step.min():.3g} to {step.max():.3g} s")
    rate_hz = 1.0 / step.mean()
    values = series.values[:, [series.headings.index(h) for h in channels]]
    raw = values.min(0) < RAW_BELOW * np.abs(values).max(0)
    try:
        ready = np.maximum(values, 0.0)
        if raw.any():
            ready[:, raw] = envelope(values[:, raw], rate_hz)
        courses, duration_s = cycles(series.time_s, ready, touchdowns)
    except KinesisError as error:
        raise KinesisError(str(error), where=where) from None
    return Envelopes(
        source=f"{series.path.name}, {len(courses)} cycles",
        subjects=(series.path.stem,),
        channels=tuple(channels.values()),
        values=courses.mean(0)[None],
        stride_s=np.array([duration_s.mean()]),
        stance=np.array([np.mean(series.stance) if series.stance else np.nan]),
        motion=motion_of(series.path),
        lowpass_hz=LOWPASS_HZ,
    )


def read_opensim(path: Path) -> Series:
    """OpenSim's `.sto` or `.mot` with columns named after muscles."""
    table = read_table(path, lambda heading: heading if channel_of(heading) else None)
    if not table.columns:
        raise KinesisError("no muscle that the body has", where=str(path), got=", ".join(table.names[:12]))
    return Series(path, list(table.columns), table.time_s, np.column_stack(list(table.columns.values())))


def read_anc(path: Path) -> Series:
    """Motion Analysis' analog ASCII: a head, rows `Name`, `Rate`, `Range`, then time and counts."""
    lines = enumerate(text_lines(path), 1)
    names: list[str] = []
    rows: list[list[float]] = []
    for line, text in lines:
        cells, where = text.split(), f"{path}, line {line}"
        if cells[:1] == ["Name"]:
            names = cells[1:]
        elif names and cells and cells[0] not in ("Rate", "Range"):
            if len(cells) != len(names) + 1:
                raise KinesisError("a row does not fit the names", where=where, got=len(cells), expected=len(names) + 1)
            rows.append([finite(cell, name, where) for cell, name in zip(cells, ("time", *names), strict=True)])
    if not names or len(rows) < 3:
        raise KinesisError("no analog data", where=str(path), got=f"{len(rows)} rows", expected="Name, then 3 or more")
    if len(set(names)) < len(names):
        raise KinesisError("two columns of one name", where=str(path), got=next(n for n in names if names.count(n) > 1))
    values = np.array(rows)
    return Series(path, names, values[:, 0], values[:, 1:])


def read_raw_archive(path: Path) -> Series:
    """An `.npz` of `emg (instant, 1 + muscle)`, time first, `columns`, `cycles (cycle, 2)`: touchdown and foot-off."""
    where, found = str(path), load_npz(path, ("emg", "columns", "cycles"))
    emg, columns = np.asarray(found["emg"]), [str(name) for name in np.ravel(found["columns"])]
    if emg.ndim != 2 or emg.dtype.kind not in "fiu" or emg.shape[1] != len(columns) or len(emg) < 3:
        raise KinesisError("not EMG over time", where=where, got=emg.shape, expected=f"(instant, {len(columns)})")
    if not np.isfinite(emg).all():
        row, column = np.argwhere(~np.isfinite(emg))[0]
        raise KinesisError("not a finite number", where=f"{where}, row {row}, {columns[column]}", got=emg[row, column])
    events = np.asarray(found.get("cycles", np.empty((0, 2))))
    if events.ndim != 2 or events.shape[1] != 2 or events.dtype.kind not in "fiu" or not np.isfinite(events).all():
        raise KinesisError("not touchdowns and foot-offs", where=where, got=events.shape, expected="(cycle, 2)")
    touchdowns = events[:, 0].astype(float)
    with np.errstate(divide="ignore", invalid="ignore"):
        stance = (events[:-1, 1] - touchdowns[:-1]) / np.diff(touchdowns)
    kept = tuple(float(s) for s in stance if 0.05 <= s <= 0.95)
    emg = emg.astype(float)
    return Series(path, columns[1:], emg[:, 0], emg[:, 1:], tuple(touchdowns.tolist()), kept)


def _cutting(read: Callable[[Path], Series]) -> Callable[[Path, Request], list[Envelopes]]:
    return lambda path, request: [cut_series(read(path), request)]


def _is_opensim(path: Path) -> bool:
    text = beginning(path).lower()
    return b"endheader" in text and not text.startswith(_ANC)


EMG_READERS.register("raw_archive")(
    EmgReader("raw archive (.npz)", lambda p: {"emg", "columns"} <= npz_names(p), _cutting(read_raw_archive))
)
EMG_READERS.register("anc")(
    EmgReader("analog ASCII (.anc)", lambda p: beginning(p).lower().startswith(_ANC), _cutting(read_anc))
)
EMG_READERS.register("opensim")(EmgReader("OpenSim table (.sto, .mot)", _is_opensim, _cutting(read_opensim)))
