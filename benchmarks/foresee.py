"""An expert of a gate led on by foresight (`kinesis.learn.foresee`), and judged on motions that it does not learn from.

python benchmarks/foresee.py --policy default --out nearer.safetensors --expert 2 --motions builtin:varied --rounds 60
"""

from __future__ import annotations

import shutil
import sys
from pathlib import Path
from typing import Any

import numpy as np

from kinesis.body import Body, Kinematics, load
from kinesis.cli import command
from kinesis.evaluate import follow_clips, summarise
from kinesis.learn.checkpoint import load_checkpoint
from kinesis.learn.costs import Costs
from kinesis.learn.foresee import Foresee, state_of
from kinesis.motion.clip import Clip, beginning
from kinesis.motion.find import find_motions
from kinesis.motion.stray import part_way, stray

COSTS = Costs()
LONGEST_S = 9.0
"""Of a motion only its beginning is followed."""


def _origin(clip: Clip) -> str:
    return clip.name.removesuffix("-strayed")


def copies(body: Body, clips: list[Clip], strays: int, seed: int) -> list[Clip]:
    """Beginnings of motions; or so many imperfect copies of each, which stray by three to ten tenths of the way."""
    kinematics, rng, out = Kinematics(body), np.random.default_rng(seed), list[Clip]()
    for clip in clips:
        for copy in range(strays):
            out.append(part_way(kinematics, stray(kinematics, clip, copy), rng.uniform(0.3, 1.0)))
    return [beginning(clip, LONGEST_S) if clip.duration_s > LONGEST_S else clip for clip in (out or clips)]


def main(
    policy: str,
    out: Path,
    expert: int = 0,
    motions: str = "builtin:varied",
    strays: int = 1,
    costs: Costs = COSTS,
    rounds: int = 60,
    steps: int = 64,
    envs: int = 256,
    fits: int = 40,
    horizon: int = 20,
    rate: float = 1e-5,
    intent_share: float | None = None,
    episode_s: float | None = None,
    shove_mps: float = 0.0,
    compiled: bool = False,
    seed: int = 0,
) -> None:
    """A minute or two a round on one core, after some minutes of preparation; goes on from OUT.state.safetensors.

    Every ten rounds OUT is kept as OUT_10, OUT_20 and so on besides, for `together.py`.

    expert: of the gate, which, from 0. motions: separated by commas; of these every twentieth is judged by, and not
    learnt from, nor are its strayed copies. strays: imperfect copies of each that take its place, 0 for the motions as
    they are. rounds: of gathering, learning and improving, of which the first eight improve nothing, nor the first two
    when it goes on. steps: of each of so many bodies in a round. fits: steps downhill in a round, of the expert.
    horizon: so many steps are foreseen. rate: of learning, of the expert.
    intent_share: of what the intent says, that is carried out from now on; by default as in the policy's card.
    episode_s: after so long bodies begin anew, by default as in the card. shove_mps: as they begin, their speed is
    changed by at most this much, to any side: what recordings ask for at first is seldom what a body can do.
    compiled: foreseen steps are compiled, in a minute or two; then a round takes two thirds of the time. It takes a
    compiler of C++.
    """
    body = load(load_checkpoint(policy).card.task.body)
    clips = [clip for source in motions.split(",") for clip in find_motions(source, body)]
    judges = set(list(dict.fromkeys(map(_origin, clips)))[::20])
    judged = copies(body, [clip for clip in clips if _origin(clip) in judges], strays, seed)
    learnt = copies(body, [clip for clip in clips if _origin(clip) not in judges], strays, seed)
    print(f"prepares {len(learnt)} motions to learn from and {len(judged)} to be judged by", flush=True)
    options: dict[str, Any] = {
        "envs": envs,
        "horizon": horizon,
        "rate": rate,
        "intent_share": intent_share,
        "episode_s": episode_s,
        "shove_mps": shove_mps,
        "seed": seed,
    }
    asked = [policy, expert, motions, strays, *options.values(), *vars(costs).values()]
    search = Foresee(policy, expert, learnt, costs, asked, compiled=compiled, **options)
    if state_of(out).exists():
        search.go_on(out)
    for turn in range(rounds):
        fell, error, explained, cost = search.round(steps, fits)
        print(
            f"{search.spent.seconds:.0f} s, round {turn + 1}: {fell} fell, dynamics' error {error:.3f}, outlook "
            f"explains {explained:.2f}, a step costs {'-' if cost is None else f'{cost:.3f}'}",
            flush=True,
        )
        if turn % 10 == 9 or turn == rounds - 1:
            made = search.save(out, search.card())
            shutil.copy(out, out.with_stem(f"{out.stem}_{search.spent.samples // (steps * envs)}"))
            score = summarise([run.score for run in follow_clips(made, search.task, judged)])
            print(
                f"judged: success {score['success']:.3f}, strictly {score['success_strict']:.3f}, "
                f"{score['mpjpe_mm']:.1f} mm, joints {score['joint_rmse_deg']:.2f} degrees",
                flush=True,
            )


if __name__ == "__main__":
    sys.exit(command(main))
