"""The expert that a gate finds likeliest, as one network."""

from __future__ import annotations

from collections.abc import Iterable

import torch
from torch import Tensor, nn


class Likeliest(nn.Module):
    """From an observation to the action of the expert that the gate finds likeliest."""

    def __init__(self, gate: nn.Module, experts: list[nn.Module]) -> None:
        super().__init__()
        self.gate, self.experts = gate, nn.ModuleList(experts)

    def forward(self, seen: Tensor) -> Tensor:
        """(env, action) for observations (env, width)."""
        return of_chosen(self.experts, seen, self.gate(seen).argmax(-1, keepdim=True))


def of_chosen(experts: Iterable[nn.Module], seen: Tensor, chosen: Tensor) -> Tensor:
    """(env, action) of the experts with the indices chosen (env, 1)."""
    actions = torch.stack([expert(seen) for expert in experts], 1)
    return actions.gather(1, chosen[..., None].expand(-1, -1, actions.shape[-1]))[:, 0]
