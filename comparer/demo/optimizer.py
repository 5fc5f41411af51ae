"""Muon for the weight matrices, AdamW for everything else.

Muon: momentum orthogonalised by five Newton-Schulz steps, with the coefficients of Keller Jordan,
"Muon: An optimizer for hidden layers in neural networks" (2024). Done in fp32 and batched over matrices of one
shape, because a CPU without bf16 arithmetic is slow at anything else; wide square matrices are orthogonalised in
column blocks, which costs a quarter.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

LARGEST_SIDE = 512
BLOCK = 256


@dataclass(frozen=True)
class Rates:
    """Learning rates before the schedule's factor."""

    muon: float = 0.02
    adam: float = 2e-3
    momentum: float = 0.95
    weight_decay: float = 0.01
    clip: float = 2.0


def orthogonalise(matrices: Tensor, steps: int = 5) -> Tensor:
    """Nearest semi-orthogonal matrices (approximately) of a stack [N, rows, columns]."""
    x: Tensor = matrices / (torch.linalg.matrix_norm(matrices, keepdim=True) + 1e-7)
    tall = x.shape[-2] > x.shape[-1]
    if tall:
        x = x.mT
    for _ in range(steps):
        gram = x @ x.mT
        x = torch.baddbmm(x, torch.baddbmm(gram, gram, gram, beta=-4.7750, alpha=2.0315), x, beta=3.4445)
    return x.mT if tall else x


class MuonWithAdam:
    """Steps both optimizers; `state_dict` holds all that a resumed run needs."""

    def __init__(self, module: nn.Module, rates: Rates) -> None:
        self.rates = rates
        self._all = [parameter for parameter in module.parameters() if parameter.requires_grad]
        hidden = {id(p): p for name, p in module.named_parameters() if _is_hidden_matrix(name, p)}
        self._matrices = list(hidden.values())
        self._momenta = [torch.zeros_like(matrix) for matrix in self._matrices]
        rest = [parameter for parameter in self._all if id(parameter) not in hidden]
        self._adam = torch.optim.AdamW(rest, rates.adam, betas=(0.9, 0.98), weight_decay=0.0)

    @torch.no_grad()
    def step(self, factor: float) -> None:
        """Apply the gradients at `factor` of the base rates, and clear them."""
        nn.utils.clip_grad_norm_(self._all, self.rates.clip)
        for group in self._adam.param_groups:
            group["lr"] = self.rates.adam * factor
        self._adam.step()
        self._step_matrices(self.rates.muon * factor)
        for parameter in self._all:
            parameter.grad = None

    def _step_matrices(self, rate: float) -> None:
        blocks: dict[torch.Size, list[tuple[Tensor, Tensor]]] = defaultdict(list)
        for matrix, momentum in zip(self._matrices, self._momenta, strict=True):
            if matrix.grad is None:
                continue
            momentum.lerp_(matrix.grad, 1 - self.rates.momentum)
            update = matrix.grad.lerp(momentum, self.rates.momentum)
            matrix.mul_(1 - rate * self.rates.weight_decay)
            split = min(matrix.shape) > LARGEST_SIDE
            targets = torch.split(matrix, BLOCK, 1) if split else (matrix,)
            updates = torch.split(update, BLOCK, 1) if split else (update,)
            for target, part in zip(targets, updates, strict=True):
                blocks[target.shape].append((target, part))
        for shape, pairs in blocks.items():
            scale = max(1.0, shape[0] / shape[1]) ** 0.5
            for (target, _), direction in zip(pairs, orthogonalise(torch.stack([p for _, p in pairs])), strict=True):
                target.add_(direction, alpha=-rate * scale)

    def state_dict(self) -> dict[str, Any]:
        return {"momenta": self._momenta, "adam": self._adam.state_dict()}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        for momentum, saved in zip(self._momenta, state["momenta"], strict=True):
            momentum.copy_(saved)
        self._adam.load_state_dict(state["adam"])


def _is_hidden_matrix(name: str, parameter: nn.Parameter) -> bool:
    outside = ("embed_tokens", "pos_embed", "lm_head", "own_head", "group_head")
    return parameter.ndim == 2 and not any(part in name for part in outside)
