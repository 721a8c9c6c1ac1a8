"""Checkup: what a working installation needs, each looked at by itself, so that one fault does not hide another."""

from __future__ import annotations

import importlib.util
import os
import platform
import shutil
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from kinesis.errors import KinesisError

if TYPE_CHECKING:
    from packaging.requirements import Requirement

PACKAGE = "kinesis"
EXTRAS = ("video", "gpu", "c3d", "onnx")
REFERENCE_EFFICIENCY, LOWEST_EFFICIENCY = 0.8, 0.4
"""Share of the bare engine's speed that is left when everything else is done too, with 64 environments: as on the
two-core machine of `docs/stepping.md`, and the half of it."""

LOWEST_RAW_PER_CORE = 2000.0
"""Physics steps a second and core; that machine does 7,000 to 13,000."""

SPEED_ENVS, SPEED_SECONDS = 64, 0.6
_CGROUP = Path("/sys/fs/cgroup")


@dataclass(frozen=True)
class Finding:
    """What one check found. state: ok; note, where less works than could; broken, where nothing will.

    mend: the one line that mends it, empty where nothing is to be done.
    """

    check: str
    state: Literal["ok", "note", "broken"]
    found: str
    mend: str = ""


def checkup() -> Iterator[Finding]:
    """The findings of every check in `CHECKS`, one after the other; raises nothing."""
    for name, check in CHECKS.items():
        try:
            yield from check()
        except Exception as error:  # noqa: BLE001 (whatever is wrong with this machine is what is asked for)
            found = str(error) if isinstance(error, KinesisError) else f"{type(error).__name__}: {error}"
            yield Finding(name, "broken", found.splitlines()[0], f"pip install --force-reinstall {PACKAGE}")


def _versions() -> Iterator[Finding]:
    """Python, and every package that this one requires, against what it asks for."""
    from packaging.requirements import Requirement

    asked = metadata.metadata(PACKAGE)["Requires-Python"] or ">=3.11"
    good = Requirement(f"python{asked}").specifier.contains(platform.python_version(), prereleases=True)
    mend = "" if good else f"install Python {asked} and make a new environment with it"
    yield Finding("python", "ok" if good else "broken", f"{platform.python_version()} ({sys.executable})", mend)
    yield Finding(PACKAGE, "ok", metadata.version(PACKAGE))
    for requirement in map(Requirement, metadata.requires(PACKAGE) or []):
        extra = next((e for e in EXTRAS if requirement.marker and requirement.marker.evaluate({"extra": e})), None)
        if extra or not requirement.marker or requirement.marker.evaluate({"extra": ""}):
            yield _installed(requirement, extra)


def _installed(requirement: Requirement, extra: str | None) -> Finding:
    """Whether one package is there in a version that fits. extra: the extra that asks for it, None if all do."""
    name, wanted = requirement.name, f"{requirement.name}{requirement.specifier}"
    try:
        version = metadata.version(name)
    except metadata.PackageNotFoundError:
        if extra:
            return Finding(name, "note", f"not installed (extra {extra})", f'pip install "{PACKAGE}[{extra}]"')
        return Finding(name, "broken", "not installed", f'pip install "{wanted}"')
    if requirement.specifier.contains(version, prereleases=True):
        return Finding(name, "ok", version)
    return Finding(name, "note" if extra else "broken", f"{version}, expected {wanted}", f'pip install "{wanted}"')


def _engine() -> Iterator[Finding]:
    """The body compiles and a step of the engine gives numbers."""
    import mujoco
    import numpy as np

    from kinesis.body import BODIES, load

    for name in BODIES.names():
        body = load(name)
        data = mujoco.MjData(body.model)
        data.qpos[:] = body.standing_qpos()
        mujoco.mj_step(body.model, data, 10)
        sound = bool(np.isfinite(data.qpos).all())
        found = f"MuJoCo {mujoco.mj_versionString()}: {name}, {body.model.nu} actuators, fingerprint {body.fingerprint}"
        mend = "" if sound else 'pip install --force-reinstall "mujoco>=3.11,<4" "myo-sim>=0.2.4,<0.3"'
        yield Finding("engine", "ok" if sound else "broken", found if sound else f"{found}: no numbers", mend)


def _cores() -> Iterator[Finding]:
    """Cores of the machine against those that this process may use: affinity, and the quota of its control group."""
    there, allowed, quota = os.cpu_count() or 1, len(os.sched_getaffinity(0)), core_quota()
    usable = min(allowed, quota or allowed)
    found = f"{usable:g} of {there} usable"
    if usable < there:
        limits = [f"affinity {allowed}"] if allowed < there else []
        limits += [f"quota {quota:g}"] if quota is not None else []
        mend = "give the job or container all cores (docker run --cpus, taskset, srun -c), or fewer environments"
        yield Finding("cores", "note", f"{found} ({', '.join(limits)}); threads for all {there} are started", mend)
    else:
        yield Finding("cores", "ok", found)


def core_quota(root: Path = _CGROUP) -> float | None:
    """Cores' worth of time that the control group grants, of version 2 or 1; None for no limit."""
    try:
        if (root / "cpu.max").is_file():
            granted, period = (root / "cpu.max").read_text().split()
        else:
            granted, period = ((root / "cpu" / f"cpu.cfs_{word}_us").read_text() for word in ("quota", "period"))
        cores = float(granted) / float(period)
    except (OSError, ValueError, ZeroDivisionError):
        return None
    return cores if cores > 0.0 else None


def _drawing() -> Iterator[Finding]:
    """A GL library that draws without a screen, and ffmpeg; only films need them."""
    from kinesis.view.video import offscreen_backend

    try:
        yield Finding("gl", "ok", f"{offscreen_backend()} draws without a screen")
    except KinesisError:
        yield Finding("gl", "note", "neither EGL nor OSMesa: no films, pages work", "apt-get install libosmesa6")
    if importlib.util.find_spec("imageio_ffmpeg") is None:
        yield Finding("ffmpeg", "note", "not installed: no films", f'pip install "{PACKAGE}[video]"')


def _gpu() -> Iterator[Finding]:
    """A GPU that torch sees; none is needed."""
    import torch

    if torch.cuda.is_available():
        names = ", ".join(torch.cuda.get_device_name(i) for i in range(torch.cuda.device_count()))
        yield Finding("gpu", "ok", f"{names}, CUDA {torch.version.cuda}")
    elif shutil.which("nvidia-smi"):
        mend = "pip install --force-reinstall torch --index-url https://download.pytorch.org/whl/cu126"
        yield Finding("gpu", "note", f"there is a driver, but torch {torch.__version__} does not see it", mend)
    else:
        yield Finding("gpu", "ok", "none (none is needed)")


def _policies() -> Iterator[Finding]:
    """Every shipped policy was made for the body that this installation builds."""
    from kinesis.learn.checkpoint import SHIPPED

    paths = sorted(SHIPPED.glob("*.safetensors"))
    if not paths:
        yield Finding("policies", "broken", f"none in {SHIPPED}", f"pip install --force-reinstall {PACKAGE}")
    yield from map(_policy, paths)


def _policy(path: Path) -> Finding:
    """One policy's fingerprint against that of its body here."""
    from kinesis.body import load
    from kinesis.learn.checkpoint import read_tensors

    name = f"policy {path.stem}"
    try:
        _, card = read_tensors(path)
        body = load(card["task"]["body"])
    except (KinesisError, KeyError, TypeError) as error:
        return Finding(name, "broken", f"cannot be read: {error}", f"pip install --force-reinstall {PACKAGE}")
    if card["fingerprint"] == body.fingerprint:
        return Finding(name, "ok", f"made for this {body.name} ({body.fingerprint})")
    found = f"made for {body.name} {card['fingerprint']}, this is {body.fingerprint}"
    return Finding(name, "broken", found, f'pip install "mujoco=={card["engine"]}" "{PACKAGE}=={card["kinesis"]}"')


def _speed() -> Iterator[Finding]:
    """Whole control steps against the bare engine, a few seconds; see `measure_sim`."""
    from kinesis.body import load
    from kinesis.evaluate.speed import measure_sim
    from kinesis.motion.find import find_motions
    from kinesis.motion.library import Library
    from kinesis.task import TASKS

    body = load("legs80")
    library = Library(body, find_motions("builtin:walk@1.2", body))
    row = measure_sim(TASKS.get("imitate")(), library, envs=SPEED_ENVS, seconds=SPEED_SECONDS)
    yield judged_speed(row, os.cpu_count() or 1)


def judged_speed(row: Mapping[str, float], cores: int) -> Finding:
    """What `measure_sim` gave, against the reference."""
    raw, control, efficiency = row["raw_steps_per_s"], row["control_steps_per_s"], row["efficiency"]
    found = f"{control:,.0f} control steps/s, {efficiency:.2f} of the bare engine (reference {REFERENCE_EFFICIENCY:g})"
    if raw < LOWEST_RAW_PER_CORE * cores:
        found += f"; the engine itself does {raw:,.0f} physics steps/s on {cores} cores"
        return Finding("speed", "note", found, "run it again while nothing else runs")
    if efficiency < LOWEST_EFFICIENCY:
        return Finding("speed", "note", found, f"export OMP_NUM_THREADS={max(1, cores // 2)}")
    return Finding("speed", "ok", found)


CHECKS: Mapping[str, Callable[[], Iterator[Finding]]] = {
    "versions": _versions,
    "engine": _engine,
    "cores": _cores,
    "gl": _drawing,
    "gpu": _gpu,
    "policies": _policies,
    "speed": _speed,
}
