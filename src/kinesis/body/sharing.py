"""Muscle load sharing: joint torques to activations by batched static optimisation.

min_a  sum_j (w_j (sum_m R_jm (g_m a_m + b_m) - tau_j))² + effort · sum_m a_m²,  0 <= a <= 1

(Crowninshield & Brand 1981, with the torque as a soft constraint), by accelerated projected gradient
(Beck & Teboulle 2009, FISTA). Each leg is a problem of its own, since no muscle crosses the midline.
"""

from __future__ import annotations

import torch
from torch import Tensor


def share_torques(
    torque: Tensor, arms: Tensor, gain: Tensor, bias: Tensor, weight: Tensor, *, effort: float = 0.05, iterations: int = 120
) -> Tensor:
    """Activations that give joint torques with the least effort.

    Args:
        torque: (batch, joint) [N·m], right leg first.
        arms: (batch, joint, muscle) moment arms [m], right leg's muscles first.
        gain: (batch, muscle) force per activation [N]. bias: (batch, muscle) passive force [N].
        weight: (joint,) weight of a torque residual [1/(N·m)].
        effort: weight of the summed squared activation.
        iterations: of the projected gradient.

    Returns:
        (batch, muscle) in [0, 1].
    """
    matrix = _legs(arms * gain[:, None] * weight[:, None])
    wanted = ((torque - (arms @ bias[..., None])[..., 0]) * weight).reshape(-1, matrix.shape[1], 1)
    transposed = matrix.transpose(1, 2).contiguous()
    curvature = torch.linalg.eigvalsh(matrix @ transposed)[:, -1].clamp_min(1e-6) + effort
    step = (1.0 / curvature)[:, None, None]
    solution = torch.full((len(matrix), matrix.shape[2], 1), 0.05)
    ahead, momentum = solution, 1.0
    for _ in range(iterations):
        gradient = torch.bmm(transposed, torch.bmm(matrix, ahead) - wanted) + effort * ahead
        following = (ahead - step * gradient).clamp_(0.0, 1.0)
        next_momentum = 0.5 * (1.0 + (1.0 + 4.0 * momentum * momentum) ** 0.5)
        ahead = following + ((momentum - 1.0) / next_momentum) * (following - solution)
        solution, momentum = following, next_momentum
    return solution.reshape(len(torque), -1)


def _legs(matrix: Tensor) -> Tensor:
    """(batch, joint, muscle) to (2 batch, joint / 2, muscle / 2): the two blocks of the diagonal."""
    joints, muscles = matrix.shape[1] // 2, matrix.shape[2] // 2
    right, left = matrix[:, :joints, :muscles], matrix[:, joints:, muscles:]
    return torch.stack([right, left], 1).reshape(-1, joints, muscles)
