"""The live viewer's controls. What a person does is put in a queue, and done between two steps."""

from __future__ import annotations

import base64
from collections.abc import Callable
from functools import partial
from importlib import resources
from typing import Any

import numpy as np
import viser

from kinesis.body import Body
from kinesis.evaluate.perturb import WAYS
from kinesis.motion.find import find_motions
from kinesis.view.live.session import PACES, STRONGEST_PUSH_N, Session
from kinesis.view.live.stage import PARTS

Action = Callable[[Session], Any]
Post = Callable[[Action], None]

SLOWEST_WALK_MPS, FASTEST_WALK_MPS = 0.5, 1.8
ALL, BOTH = "all muscles", "both sides"
SIDES = {BOTH: ("_r", "_l"), "right": ("_r",), "left": ("_l",)}
PACE_NAMES = {"real time" if pace == 1.0 else f"1/{1.0 / pace:.0f}": pace for pace in PACES}


class Panel:
    """Controls in the order in which they stand; `post` takes what is to be done with the session.

    newtons: how hard a push is. muscle: name or group chosen. toggle: told of a part of the stage, shown or not.
    """

    def __init__(
        self, server: viser.ViserServer, session: Session, post: Post, toggle: Callable[[str, bool], None]
    ) -> None:
        """Make all controls; `follow` shows what they stand at later."""
        self._gui, self._post = server.gui, post
        self._status = self._gui.add_markdown("")
        with self._gui.add_folder("What"):
            self._add_choices(session)
        with self._gui.add_folder("Time"):
            self._add_time(session)
        with self._gui.add_folder("Push and weaken"):
            self._add_push()
            self._add_strength(session.body)
        with self._gui.add_folder("Show", expand_by_default=False):
            for part in ("follow", *PARTS, "plots"):
                box = self._gui.add_checkbox(part, initial_value=True)
                _on_update(box, partial(_toggled, toggle, part))
        self._add_keys()
        self._gui.add_html(_running("page.js"))

    def _add_choices(self, session: Session) -> None:
        self._policy = self._gui.add_dropdown("policy", tuple(session.policies), initial_value=session.policy)
        self._motion = self._gui.add_dropdown("motion", tuple(session.motions), initial_value=session.motion)
        self._speed = self._gui.add_slider(
            "walk at [m/s]", SLOWEST_WALK_MPS, FASTEST_WALK_MPS, 0.1, 1.2, hint="a steady walk of ten seconds"
        )
        _on_update(self._policy, lambda event: self._send(event, lambda s, v: s.choose(policy=v)))
        _on_update(self._motion, lambda event: self._send(event, lambda s, v: s.choose(motion=v)))
        _on_update(self._speed, lambda event: self._send(event, lambda s, v: walk_at(s, v)))

    def _add_time(self, session: Session) -> None:
        gui = self._gui
        self._pause = gui.add_button("Pause", hint="key P")
        self._step = gui.add_button("Step", hint="key S: one control step on")
        self._restart = gui.add_button("Begin again", hint="key R")
        self._time = gui.add_slider("time [s]", 0.0, _seconds(session), session.step_s, 0.0)
        self._pace = gui.add_dropdown("pace", tuple(PACE_NAMES), initial_value="real time")
        self._again = gui.add_checkbox("again at the end, or when lost", initial_value=session.again)
        _on_click(self._pause, lambda: self._post(pause))
        _on_click(self._step, lambda: self._post(step))
        _on_click(self._restart, lambda: self._post(Session.restart))
        _on_update(self._time, lambda event: self._send(event, seek))
        _on_update(self._pace, lambda event: self._send(event, lambda s, v: setattr(s, "pace", PACE_NAMES[v])))
        _on_update(self._again, lambda event: self._send(event, lambda s, v: setattr(s, "again", bool(v))))

    def _add_push(self) -> None:
        self._newtons = self._gui.add_slider(
            "push [N]", 0.0, STRONGEST_PUSH_N, 10.0, 100.0, hint="on the pelvis, for 0.2 s; or click the body"
        )
        ways = self._gui.add_button_group("push", tuple(WAYS.values()))
        toward = {name: degrees for degrees, name in WAYS.items()}
        ways.on_click(lambda event: self._post(lambda s: s.push(self.newtons, toward[event.target.value])))

    def _add_strength(self, body: Body) -> None:
        gui, names = self._gui, dict.fromkeys(name[:-2] for name in body.actuators)
        self._muscle = gui.add_dropdown(
            "muscle", (ALL, *body.groups, *names), initial_value="soleus" if "soleus" in names else ALL
        )
        self._side = gui.add_dropdown("side", tuple(SIDES), initial_value=BOTH)
        self._strength = gui.add_slider("strength [%]", 0, 100, 5, 100)
        whole = gui.add_button("All strong again", hint="key W")
        _on_update(self._strength, lambda event: self._send(event, self._weaken))
        _on_click(whole, lambda: self._post(self._strengthen))

    def _add_keys(self) -> None:
        """Keys do what buttons do; Ctrl+K shows them."""
        keys: dict[str, tuple[str, Action]] = {
            "P": ("Pause or go on", pause),
            "S": ("One step on", step),
            "B": ("One step back", lambda s: seek(s, s.time_s - s.step_s)),
            "R": ("Begin again", Session.restart),
            "W": ("All strong again", self._strengthen),
        }
        for key, (label, action) in keys.items():
            self._gui.add_command(label, hotkey=key).on_trigger(partial(self._posted, action))

    @property
    def newtons(self) -> float:
        """How hard a push is."""
        return float(self._newtons.value)

    @property
    def muscle(self) -> str:
        """The muscle or group chosen."""
        return str(self._muscle.value)

    def _send(self, event: Any, action: Callable[[Session, Any], Any]) -> None:
        value = event.target.value
        self._post(lambda session: action(session, value))

    def _posted(self, action: Action, _event: object) -> None:
        self._post(action)

    def _weaken(self, session: Session, percent: float) -> None:
        session.weaken(chosen(session.body, self.muscle, str(self._side.value)), percent / 100.0)

    def _strengthen(self, session: Session) -> None:
        self._strength.value = 100
        session.weaken(np.arange(len(session.strength)), 1.0)

    def follow(self, session: Session, told: str) -> None:
        """Show where the session stands; told: what went wrong last, or nothing."""
        weak = int((session.strength < 1.0).sum())
        lost = "  ·  **lost**" if session.lost else ""
        weakened = f"  ·  {weak} muscles weak" if weak else ""
        self._status.content = (
            f"**{session.time_s:.2f}** of {_seconds(session):.2f} s  ·  "
            f"{1e3 * session.frame.distance_m:.0f} mm away{lost}{weakened}" + (f"\n\n{told}" if told else "")
        )
        self._pause.label = "Go on" if session.paused else "Pause"
        self._motion.options = tuple(session.motions)
        self._policy.value, self._motion.value = session.policy, session.motion
        self._time.max = _seconds(session)
        self._time.value = round(session.time_s, 4)


def chosen(body: Body, muscle: str, side: str) -> np.ndarray:
    """Indices of the actuators that a name or group and a side mean; none for a name there is not."""
    groups = {ALL: tuple(dict.fromkeys(name[:-2] for name in body.actuators)), **body.groups}
    members = groups.get(muscle, (muscle,))
    names = {f"{member}{mark}" for member in members for mark in SIDES.get(side, ())}
    return np.array([i for i, name in enumerate(body.actuators) if name in names], dtype=int)


def pause(session: Session) -> None:
    """Pause or go on; at the end, from the beginning."""
    if session.paused and session.over:
        session.restart()
    session.paused = not session.paused


def step(session: Session) -> None:
    """One control step, and stay there."""
    session.paused = True
    session.step()


def seek(session: Session, time_s: float) -> None:
    """See another instant, and stay there."""
    session.paused = True
    session.seek(time_s)


def walk_at(session: Session, speed_mps: float) -> None:
    """Walk steadily at a speed."""
    speed = min(max(float(speed_mps), SLOWEST_WALK_MPS), FASTEST_WALK_MPS)
    session.choose(motion=find_motions(f"builtin:walk@{speed:.1f}", session.body)[0])


def _running(script: str) -> str:
    """HTML that runs a script of this room: viser has no way to add one, and inserted HTML runs only its images'."""
    source = resources.files("kinesis.view.live").joinpath(script).read_bytes()
    pixel = "data:image/gif;base64,R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7"
    encoded = base64.b64encode(source).decode()
    once = f"window.kinesisPage ??= (eval(atob('{encoded}')), 1)"
    return f'<img alt="" width="1" height="1" src="{pixel}" onload="{once}">'


def _seconds(session: Session) -> float:
    return session.last * session.step_s


def _toggled(toggle: Callable[[str, bool], None], part: str, event: Any) -> None:
    toggle(part, bool(event.target.value))


def _on_update(handle: Any, told: Callable[[Any], object]) -> None:
    """Call on what a person does, not on what `Panel.follow` shows."""
    handle.on_update(lambda event: told(event) if event.client is not None else None)


def _on_click(button: Any, act: Callable[[], object]) -> None:
    button.on_click(lambda _event: act())
