"""EMG channels: which muscle parts of the body one electrode hears, and by what names files call it.

A surface electrode hears the parts that lie under it. Where the body splits a muscle into parts, a channel is
the mean of their activations weighted by peak force, which is proportional to physiological cross-section and
so to the share of fibres. Where only one head lies at the surface, the channel is that head alone. Electrode
sites: SENIAM (Hermens et al. 2000, J Electromyogr Kinesiol 10:361).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from kinesis.body import Body
from kinesis.errors import KinesisError


@dataclass(frozen=True)
class Channel:
    """Parts of the body (muscles without side), other names in files, and why these parts, where it is a choice."""

    parts: tuple[str, ...]
    aliases: tuple[str, ...] = ()
    why: str = ""


CHANNELS: dict[str, Channel] = {
    "gluteus_medius": Channel(
        ("glmed1", "glmed2", "glmed3"), ("me", "gmed", "glumed", "glutmed"), "the whole fan under the iliac crest"
    ),
    "gluteus_maximus": Channel(
        ("glmax1", "glmax2", "glmax3"), ("ma", "gmax", "glumax", "glutmax"), "the electrode lies on the middle part"
    ),
    "tensor_fasciae_latae": Channel(("tfl",), ("fl", "tensorfascialatae", "tenfaclat")),
    "rectus_femoris": Channel(("recfem",), ("rf", "recfem")),
    "vastus_medialis": Channel(("vasmed",), ("vm", "vastusmedius", "vasmed", "vasmedlon", "medqua")),
    "vastus_lateralis": Channel(("vaslat",), ("vl", "vaslat", "latqua")),
    "vastus_intermedius": Channel(("vasint",), ("vasint",)),
    "semitendinosus": Channel(("semiten",), ("st", "semite"), "superficial to semimembranosus"),
    "semimembranosus": Channel(("semimem",), ("sm", "semime")),
    "biceps_femoris": Channel(
        ("bflh",), ("bf", "bicepsfemorislonghead", "bicfem"), "the long head; the short head lies under it"
    ),
    "medial_hamstrings": Channel(
        ("semimem", "semiten"), ("mh", "hamm", "medialhamstring", "medham"), "both lie under one electrode"
    ),
    "lateral_hamstrings": Channel(("bflh",), ("lh", "haml", "lateralhamstring", "latham"), "as biceps femoris"),
    "hamstrings": Channel(("bflh", "semimem", "semiten"), ("hamstr",), "all that cross the hip"),
    "tibialis_anterior": Channel(("tibant",), ("ta", "anteriortibialis", "tibant")),
    "tibialis_posterior": Channel(("tibpost",), ("tp", "tibpos")),
    "peroneus_longus": Channel(("perlong",), ("pl", "perl", "perlon", "fibularislongus")),
    "peroneus_brevis": Channel(("perbrev",), ("pb", "perb", "perbre", "fibularisbrevis")),
    "gastrocnemius_medialis": Channel(("gasmed",), ("gm", "mg", "medialgastrocnemius", "gasmed")),
    "gastrocnemius_lateralis": Channel(("gaslat",), ("gl", "lg", "lateralgastrocnemius", "gaslat")),
    "gastrocnemius": Channel(("gasmed", "gaslat"), ("gas", "gastro"), "both heads, where a file does not say which"),
    "soleus": Channel(("soleus",), ("so", "sol")),
    "adductor_longus": Channel(("addlong",), ("addl", "addlon")),
    "adductor_brevis": Channel(("addbrev",), ("addbre",)),
    "adductor_magnus": Channel(("addmagDist", "addmagIsch", "addmagMid", "addmagProx"), ("addmag",)),
    "gracilis": Channel(("grac",), ("gracil",)),
    "sartorius": Channel(("sart",), ("sartor",)),
    "iliacus": Channel(("iliacus",), ("iliacu",)),
    "iliopsoas": Channel(("iliacus", "psoas"), ("iliops",)),
    "gluteus_minimus": Channel(("glmin1", "glmin2", "glmin3"), ("glumin",)),
    "extensor_digitorum_longus": Channel(("edl",), ("extdiglon",)),
    "extensor_hallucis_longus": Channel(("ehl",), ("exthallon",)),
    "flexor_digitorum_longus": Channel(("fdl",), ("flediglon",)),
    "flexor_hallucis_longus": Channel(("fhl",), ("flehallon",)),
}
"""Channels by the anatomical name that results carry; parts as in `legs80`."""

_SIDE = re.compile(r"[_\s.-](r|l|right|left)$", re.IGNORECASE)


def _key(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", name.lower())


_BY_KEY = {_key(word): name for name, channel in CHANNELS.items() for word in (name, *channel.aliases)}


def channel_of(heading: str) -> str | None:
    """The channel that a file means by a heading, a side at its end left aside; None for none.

    >>> channel_of("Anterior Tibialis"), channel_of("GluMed_l"), channel_of("force_plate")
    ('tibialis_anterior', 'gluteus_medius', None)
    """
    return _BY_KEY.get(_key(_SIDE.sub("", heading.strip())))


def side_of(heading: str) -> str:
    """`r` or `l` where a heading ends in a side, else nothing."""
    found = _SIDE.search(heading.strip())
    return found[1][0].lower() if found else ""


def mixing(body: Body, muscles: Sequence[str], channels: Sequence[str], side: str) -> np.ndarray:
    """Weights (channel, muscle) that sum to 1 over the parts of each channel, by peak force.

    muscles: names along the columns, with side, as in a Recording.

    Raises:
        UnknownName: for a channel there is not, or a part that is not among the muscles.
    """
    force_n = dict(zip(body.actuators, body.model.actuator_gainprm[:, 2], strict=True))
    weights = np.zeros((len(channels), len(muscles)))
    for row, name in enumerate(channels):
        if name not in CHANNELS:
            raise KinesisError.unknown("EMG channel", name, CHANNELS)
        for part in CHANNELS[name].parts:
            muscle = f"{part}_{side}"
            if muscle not in muscles or muscle not in force_n:
                raise KinesisError.unknown("muscle", muscle, muscles, where=f"EMG channel {name}")
            weights[row, muscles.index(muscle)] = force_n[muscle]
    return weights / weights.sum(1, keepdims=True)
