"""Training's forward pass over the very weights of a `Qwen3VLForConditionalGeneration`, made for many small pictures.

Same numbers as the Hugging Face forward (tests hold them equal), faster because
- vision attention runs batched over pictures of one size instead of one picture after another;
- a still picture's two temporal frames are equal, so the patch Conv3d is summed over time into one matrix product;
- many dialogues about one picture share its prefix: they are packed into one row, and a mask keeps each from
  seeing the others;
- logits are computed only where an answer token is to be predicted.

Two linear heads on the merged image tokens serve the auxiliary losses; they exist in training only.
Knows nothing about scenes: labels are class numbers, 0 for "none" and -1 for "ignore".
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812 (torch's own convention)
from transformers.vision_utils import get_vision_interpolation_indices_and_weights, get_vision_position_ids

from comparer.demo.prompt import PREFIX_IDS, PREFIX_LENGTH, prefix_positions

PIXEL_SCALE = 127.5


class Batch(NamedTuple):
    """B pictures with P patches, C cells (merged image tokens), A attributes, T packed dialogue tokens.

    patches uint8 [B, P, 3*16*16] in the processor's order; tokens, targets, positions, blocks int64 [B, T]
    (targets -100 where nothing is predicted; blocks 0 for padding, else the dialogue's number within its row);
    own, group int8 [B, A, C]; grid int64 [2], rows and columns of cells, the same for all B.
    """

    patches: Tensor
    tokens: Tensor
    targets: Tensor
    positions: Tensor
    blocks: Tensor
    own: Tensor
    group: Tensor
    grid: Tensor

    def to(self, device: torch.device) -> Batch:
        return Batch(*(tensor.to(device, non_blocking=True) for tensor in self))


class Output(NamedTuple):
    """Losses (scalars) and what was predicted: `predicted` int64 at the target places, in row-major order;
    `own_scores`, `group_scores` float [B, C, A, classes]."""

    answer_loss: Tensor
    auxiliary_loss: Tensor
    predicted: Tensor
    own_scores: Tensor
    group_scores: Tensor


class VisionTables(NamedTuple):
    """What the vision tower needs to know of a picture's format: learned positions to mix, and rotary tables."""

    indices: Tensor
    weights: Tensor
    cos: Tensor
    sin: Tensor


def _rotate_half(x: Tensor) -> Tensor:
    first, second = x.chunk(2, -1)
    return torch.cat((-second, first), -1)


def _rotary(x: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
    return x * cos + _rotate_half(x) * sin


class FastForward(nn.Module):
    """The training forward of one model; the pictures of a batch share one format."""

    prefix: Tensor
    class_mask: Tensor

    def __init__(self, model: Any, classes: Sequence[int]) -> None:
        super().__init__()
        self.model = model
        self.vision_frozen = False
        width = max(classes)
        hidden = model.config.text_config.hidden_size
        self.own_head = nn.Linear(hidden, len(classes) * width)
        self.group_head = nn.Linear(hidden, len(classes) * width)
        class_mask = torch.full((len(classes), width), float("-inf"))
        for attribute, count in enumerate(classes):
            class_mask[attribute, :count] = 0.0
        self.register_buffer("prefix", torch.tensor(PREFIX_IDS), persistent=False)
        self.register_buffer("class_mask", class_mask, persistent=False)
        self._tables: dict[tuple[int, int], VisionTables] = {}

    def _vision_tables(self, rows: int, columns: int) -> VisionTables:
        if (rows, columns) not in self._tables:
            visual, device = self.model.model.visual, self.prefix.device
            merge = visual.spatial_merge_size
            grid = torch.tensor([[1, rows * merge, columns * merge]], device=device)
            indices, weights = get_vision_interpolation_indices_and_weights(
                grid,
                num_grid_per_side=visual.num_grid_per_side,
                mode=visual.interpolation_mode,
                align_corners=visual.interpolation_align_corners,
                spatial_merge_size=merge,
                kwargs={},
            )
            positions = get_vision_position_ids(grid, merge, kwargs={})
            cos, sin = visual.rotary_pos_emb(torch.zeros(1, device=device), positions)
            self._tables[rows, columns] = VisionTables(indices.to(device), weights.to(device), cos, sin)
        return self._tables[rows, columns]

    def see(self, patches: Tensor, rows: int, columns: int) -> tuple[Tensor, list[Tensor]]:
        """Merged image tokens [B, C, hidden] and the deepstack features (each [B, C, hidden]), C = rows * columns."""
        visual = self.model.model.visual
        tables = self._vision_tables(rows, columns)
        batch, count, _ = patches.shape
        heads = visual.config.num_heads
        kernel = visual.patch_embed.proj.weight.sum(2).flatten(1)
        x = F.linear(patches.to(kernel.dtype) / PIXEL_SCALE - 1, kernel, visual.patch_embed.proj.bias)
        x = x + (visual.pos_embed(tables.indices) * tables.weights[:, :, None]).sum(1)
        deepstack: list[Tensor] = []
        for number, block in enumerate(visual.blocks):
            qkv = block.attn.qkv(block.norm1(x)).view(batch, count, 3, heads, -1)
            query, key, value = qkv.permute(2, 0, 3, 1, 4).unbind(0)
            query = _rotary(query, tables.cos, tables.sin)
            key = _rotary(key, tables.cos, tables.sin)
            seen = F.scaled_dot_product_attention(query, key, value)
            x = x + block.attn.proj(seen.transpose(1, 2).reshape(batch, count, -1))
            x = x + block.mlp(block.norm2(x))
            if number in visual.deepstack_visual_indexes:
                merger = visual.deepstack_merger_list[list(visual.deepstack_visual_indexes).index(number)]
                deepstack.append(merger(x).view(batch, count // 4, -1))
        return visual.merger(x).view(batch, count // 4, -1), deepstack

    def read(self, image: Tensor, deepstack: list[Tensor], batch: Batch) -> Tensor:
        """Final hidden states [B, T, hidden] of the packed dialogue tokens."""
        text = self.model.model.language_model
        config = self.model.config.text_config
        rows, cells, _ = image.shape
        first = PREFIX_LENGTH - 1 - cells
        embedded = text.embed_tokens(self.prefix)[None].expand(rows, -1, -1)
        x = torch.cat((embedded[:, :first], image, embedded[:, -1:], text.embed_tokens(batch.tokens)), 1)
        positions = torch.cat(
            (
                prefix_positions(*batch.grid.tolist()).to(x.device)[:, None].expand(-1, rows, -1),
                batch.positions[None].expand(3, -1, -1),
            ),
            2,
        )
        cos, sin = (table[:, :, None] for table in text.rotary_emb(x, positions))
        mask = _block_mask(batch.blocks, PREFIX_LENGTH)
        repeat = config.num_attention_heads // config.num_key_value_heads
        for number, layer in enumerate(text.layers):
            attention = layer.self_attn
            h = layer.input_layernorm(x)
            shape = (rows, h.shape[1], -1, config.head_dim)
            query = _rotary(attention.q_norm(attention.q_proj(h).view(shape)), cos, sin)
            key = _rotary(attention.k_norm(attention.k_proj(h).view(shape)), cos, sin)
            value = attention.v_proj(h).view(shape)
            seen = F.scaled_dot_product_attention(
                query.transpose(1, 2),
                key.repeat_interleave(repeat, 2).transpose(1, 2),
                value.repeat_interleave(repeat, 2).transpose(1, 2),
                attn_mask=mask,
            )
            x = x + attention.o_proj(seen.transpose(1, 2).reshape(rows, h.shape[1], -1))
            x = x + layer.mlp(layer.post_attention_layernorm(x))
            if number < len(deepstack):
                added = x[:, first : first + cells] + deepstack[number]
                x = torch.cat((x[:, :first], added, x[:, first + cells :]), 1)
        return text.norm(x[:, PREFIX_LENGTH:])  # type: ignore[no-any-return]

    def logits(self, hidden: Tensor) -> Tensor:
        return F.linear(hidden, self.model.lm_head.weight)

    def forward(self, batch: Batch) -> Output:
        with torch.set_grad_enabled(torch.is_grad_enabled() and not self.vision_frozen):
            image, deepstack = self.see(batch.patches, *batch.grid.tolist())
        own_scores = self._class_scores(self.own_head, deepstack[0] if deepstack else image)
        group_scores = self._class_scores(self.group_head, image)
        auxiliary = _label_loss(own_scores, batch.own) + _label_loss(group_scores, batch.group)
        nothing = torch.zeros((), device=image.device)
        if batch.tokens.shape[1] == 0:
            return Output(nothing, auxiliary, nothing.long(), own_scores, group_scores)
        wanted = batch.targets >= 0
        logits = self.logits(self.read(image, deepstack, batch)[wanted]).float()
        loss = F.cross_entropy(logits, batch.targets[wanted])
        return Output(loss, auxiliary, logits.argmax(-1), own_scores, group_scores)

    def _class_scores(self, head: nn.Module, tokens: Tensor) -> Tensor:
        scores: Tensor = head(tokens)
        return scores.view(*scores.shape[:-1], *self.class_mask.shape).float() + self.class_mask


def _block_mask(blocks: Tensor, prefix: int) -> Tensor:
    """Bool mask [B, 1, prefix + T, prefix + T]: causal; a dialogue sees the prefix and itself."""
    rows, count = blocks.shape
    owner = torch.cat((blocks.new_zeros(rows, prefix), blocks), 1)
    in_prefix = torch.arange(prefix + count, device=blocks.device) < prefix
    same = (owner[:, :, None] == owner[:, None, :]) | in_prefix
    return (same.tril())[:, None]


def _label_loss(scores: Tensor, labels: Tensor) -> Tensor:
    """Mean cross-entropy over labelled cells plus half of that over empty ones, summed over attributes.

    scores [B, C, A, classes]; labels int8 [B, A, C]. The 8 keeps rare attributes from dominating a batch.
    """
    wanted = labels.transpose(1, 2).long()
    loss = F.cross_entropy(scores.flatten(0, 2), wanted.clamp(min=0).flatten(), reduction="none").view_as(wanted)
    total = scores.new_zeros(())
    for cells, weight in ((wanted > 0, 1.0), (wanted == 0, 0.5)):
        chosen = cells.float()
        total = total + weight * ((loss * chosen).sum((0, 1)) / (chosen.sum((0, 1)) + 8)).sum()
    return total
