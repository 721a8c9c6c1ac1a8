"""The bodies there are, by name."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Callable

import mujoco
import numpy as np

from kinesis.body import legs80
from kinesis.body.body import Body
from kinesis.body.calibration import calibrated
from kinesis.body.torques import torque_form
from kinesis.registry import Registry

BODIES: Registry = Registry("body")

SPECS: dict[str, Callable[[], mujoco.MjSpec]] = {
    "legs80": legs80.lean_spec,
    "legs80_calibrated": lambda: calibrated(legs80.lean_spec()),
}
"""Specification of every muscle form, for stepping."""


@BODIES.register("legs80")
def _legs80() -> Body:
    """80 muscles, 20 degrees of freedom, lean form."""
    return _muscle_form("legs80")


@BODIES.register("legs80_torque")
def _legs80_torque() -> Body:
    """The same bones, driven by 14 joint torques."""
    return torque_form(load("legs80"))


@BODIES.register("legs80_calibrated")
def _legs80_calibrated() -> Body:
    """The same with eleven muscles a leg set to published lengths and forces, see `calibration`."""
    return _muscle_form("legs80_calibrated")


@BODIES.register("legs80_calibrated_torque")
def _legs80_calibrated_torque() -> Body:
    """The same bones, driven by joint torques within what the calibrated muscles could do."""
    return torque_form(load("legs80_calibrated"))


def _muscle_form(name: str) -> Body:
    return Body(
        name=name,
        actuation="muscle",
        model=legs80.compile_spec(legs80.with_user_data(SPECS[name]())),
        joints=legs80.JOINTS,
        landmarks=legs80.LANDMARKS,
        tracked=np.array([legs80.LANDMARKS.index(name) for name in legs80.TRACKED]),
        feet=legs80.FEET,
        groups=legs80.MUSCLE_GROUPS,
    )


@functools.cache
def load(name: str) -> Body:
    """The body of that name, made once.

    Raises:
        UnknownName: if there is none; the sentence names the nearest.
    """
    return BODIES.get(name)()


@functools.cache
def load_stepped(name: str) -> Body:
    """The body of that name in a world with a `legs80.STEP`; everything else is as in `load`."""
    body = load(name)
    if body.actuation == "torque":
        return torque_form(load(name.removesuffix("_torque")), legs80.with_step(legs80.bones_spec()))
    model = legs80.compile_spec(legs80.with_user_data(legs80.with_step(SPECS[name]())))
    return dataclasses.replace(body, model=model)
