"""kinesis view: watch a policy follow motions while it is simulated, in the browser, and disturb it."""

from __future__ import annotations

import webbrowser
from collections.abc import Sequence
from dataclasses import dataclass

import tyro

from kinesis.cli.terminal import has_display, left_out
from kinesis.errors import KinesisError


@dataclass(frozen=True)
class View:
    """Simulate live and look on: pause, scrub, slow down, push, weaken. Several browsers see the same body."""

    policy: str = "default"
    """A shipped policy's name, or the path of a checkpoint; commas join several to choose from."""
    motions: str = "builtin:walk@1.2,builtin:test"
    """Motions to choose from: builtin:CATEGORY-SPLIT, builtin:walk@1.2, a file, a folder; commas join several."""
    host: str = "127.0.0.1"
    """Address to serve. By default this machine alone can look on; whoever can look on can also disturb."""
    port: int = 8080
    """Port to serve; where it is taken, the next free one."""
    open: bool = True
    """Open the page in a browser, where there is a display."""


def main(argv: Sequence[str]) -> int:
    """Run until interrupted; returns the exit code."""
    asked = tyro.cli(View, args=list(argv), prog="kinesis view")
    import torch

    from kinesis.body import load
    from kinesis.learn import load_checkpoint
    from kinesis.motion.find import find_motions
    from kinesis.view.live import Session
    from kinesis.view.live.viewer import Viewer

    torch.set_num_threads(1)  # one body is too little to share
    policies = [load_checkpoint(name.strip()) for name in asked.policy.split(",") if name.strip()]
    if not policies:
        raise KinesisError("no policy named", got=asked.policy, expected="default, or the path of a checkpoint")
    clips = find_motions(asked.motions, load(policies[0].card.task.body), on_refusal=left_out)
    viewer = Viewer(Session(policies, clips), host=asked.host, port=asked.port)
    print(f"view: {viewer.address}  (Ctrl+C ends it)", flush=True)
    if asked.open and has_display():
        webbrowser.open(viewer.address)
    try:
        viewer.run()
    except KeyboardInterrupt:
        print()
    finally:
        viewer.stop()
    return 0
