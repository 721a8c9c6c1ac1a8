"""The bodies there are, by name."""

from __future__ import annotations

import dataclasses
import functools

import numpy as np

from kinesis.body import legs80
from kinesis.body.body import Body
from kinesis.body.torques import torque_form
from kinesis.registry import Registry

BODIES: Registry = Registry("body")


@BODIES.register("legs80")
def _legs80() -> Body:
    """80 muscles, 20 degrees of freedom, lean form."""
    return Body(
        name="legs80",
        actuation="muscle",
        model=legs80.compile_spec(legs80.with_user_data(legs80.lean_spec())),
        joints=legs80.JOINTS,
        landmarks=legs80.LANDMARKS,
        tracked=np.array([legs80.LANDMARKS.index(name) for name in legs80.TRACKED]),
        feet=legs80.FEET,
        groups=legs80.MUSCLE_GROUPS,
    )


@BODIES.register("legs80_torque")
def _legs80_torque() -> Body:
    """The same bones, driven by 14 joint torques."""
    return torque_form(load("legs80"))


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
    model = legs80.compile_spec(legs80.with_user_data(legs80.with_step(legs80.lean_spec())))
    return dataclasses.replace(body, model=model)
