"""Muscle load sharing: joint torques to activations by batched static optimisation.

min_a  sum_j (w_j (sum_m R_jm (g_m a_m + b_m) - tau_j))² + effort · sum_m c_m a_m²,  0 <= a <= 1

(Crowninshield & Brand 1981, with the torque as a soft constraint). With G = w R g, y = w (tau - R b) and
the residual r = y - G a, the optimum is a = clip(Gᵀ r / (effort c), 0, 1): seven equations a leg in r, piecewise
linear and monotone, which a damped semi-smooth Newton iteration solves exactly in about ten steps
(Qi & Sun 1993). Each leg is a problem of its own, since no muscle crosses the midline.
"""

from __future__ import annotations

import torch
from torch import Tensor

_STEPS = (1.0, 0.6, 0.3, 0.1, 0.03, 0.003)
_HELD = 0.003
"""How much a muscle at a bound counts in the slope, or the iteration goes round between sets of them."""


def share_torques(
    torque: Tensor,
    arms: Tensor,
    gain: Tensor,
    bias: Tensor,
    weight: Tensor,
    *,
    effort: float = 0.05,
    cost: Tensor | None = None,
    iterations: int = 12,
) -> Tensor:
    """Activations that give joint torques with the least effort.

    Args:
        torque: (batch, joint) [N·m], right leg first.
        arms: (batch, joint, muscle) moment arms [m], right leg's muscles first.
        gain: (batch, muscle) force per activation [N].
        bias: (batch, muscle) passive force [N].
        weight: (joint,) weight of a torque residual [1/(N·m)].
        effort: weight of the summed squared activation.
        cost: (muscle,) what each muscle counts in that sum, above 0; one by default.
        iterations: of Newton's method.

    Returns:
        (batch, muscle) in [0, 1].
    """
    matrix = _legs(arms * gain[:, None] * weight[:, None])
    wanted = ((torque - (arms @ bias[..., None])[..., 0]) * weight).reshape(-1, matrix.shape[1])
    price = effort * (torch.ones(arms.shape[2]) if cost is None else cost).to(matrix.dtype)
    price = price.reshape(2, -1).repeat(len(torque), 1)
    unit = torch.eye(matrix.shape[1], dtype=matrix.dtype)
    pulling = matrix.transpose(1, 2) / price[..., None]
    steps = matrix.new_tensor(_STEPS)
    residual = torch.linalg.solve(unit + torch.bmm(matrix, pulling), wanted)
    for _ in range(iterations):
        pull = torch.bmm(pulling, residual[..., None])[..., 0]
        defect = residual + torch.bmm(matrix, pull.clamp(0.0, 1.0)[..., None])[..., 0] - wanted
        free = ((pull > 0.0) & (pull < 1.0)).to(matrix.dtype).clamp(min=_HELD)
        slope = unit + torch.bmm(matrix * free[:, None], pulling)
        change = -torch.linalg.solve(slope, defect)
        tried = residual[:, None] + steps[:, None] * change[:, None]
        best = _energy(tried, wanted, pulling, price).argmin(1)
        residual = tried[torch.arange(len(tried)), best]
    pull = torch.bmm(pulling, residual[..., None])[..., 0]
    return pull.clamp(0.0, 1.0).reshape(len(torque), -1)


def _energy(residual: Tensor, wanted: Tensor, pulling: Tensor, price: Tensor) -> Tensor:
    """The convex function whose gradient is the defect, at residuals (leg, trial, joint). (leg, trial)."""
    pull = torch.bmm(residual, pulling.transpose(1, 2))
    inside = pull.clamp(0.0, 1.0)
    muscles = (price[:, None] * inside * (pull - 0.5 * inside)).sum(-1)
    return 0.5 * residual.square().sum(-1) - (residual * wanted[:, None]).sum(-1) + muscles


def _legs(matrix: Tensor) -> Tensor:
    """(batch, joint, muscle) to (2 batch, joint / 2, muscle / 2): the two blocks of the diagonal."""
    joints, muscles = matrix.shape[1] // 2, matrix.shape[2] // 2
    right, left = matrix[:, :joints, :muscles], matrix[:, joints:, muscles:]
    return torch.stack([right, left], 1).reshape(-1, joints, muscles)
