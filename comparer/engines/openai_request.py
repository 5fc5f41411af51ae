"""From a conversation to the body of a chat completion: messages, pictures as data URLs, sampling.

Pictures are scaled to the pixel budget here, on the grid that Qwen3-VL's own processor uses, so that a served model
sees what a local one would. Knows nothing of connections.
"""

import base64
import re
from collections.abc import Sequence
from io import BytesIO
from math import sqrt
from typing import Any

from comparer.errors import EngineError
from comparer.lineup import ModelSpec
from comparer.records import Picture, Sampling, Turn

MEGABYTE = 1_000_000
GRID = 32
"""Pixels of one merged image token, each way."""
JPEG_QUALITIES = (95, 85, 75)
"""Tried in this order where the lossless picture is larger than the server may take."""

_MARK = re.compile(r"<\|(?=\w+\|>)")


def chat_body(
    spec: ModelSpec, messages: Sequence[dict[str, Any]], sampling: Sampling, with_usage: bool
) -> dict[str, Any]:
    """Arguments of `chat.completions.create`. Greedy answers name no sampling but the temperature.

    `top_k` is no part of OpenAI's own interface; vLLM, SGLang, llama.cpp and DashScope take it.
    """
    body: dict[str, Any] = {
        "model": spec.model,
        "messages": list(messages),
        "stream": True,
        "max_tokens": sampling.max_new_tokens,
        "temperature": sampling.temperature,
    }
    if sampling.temperature > 0:
        body |= {"top_p": sampling.top_p, "seed": sampling.seed, "extra_body": {"top_k": sampling.top_k}}
    if spec.presence_penalty is not None:
        body["presence_penalty"] = spec.presence_penalty
    if with_usage:
        body["stream_options"] = {"include_usage": True}
    return body


def chat_messages(spec: ModelSpec, turns: Sequence[Turn], max_image_tokens: int) -> list[dict[str, Any]]:
    """`turns` as messages, pictures before their question. Raises `EngineError` for a picture too large to send."""
    messages: list[dict[str, Any]] = []
    for turn in turns:
        parts: list[dict[str, Any]] = [
            {"type": "image_url", "image_url": {"url": data_url(spec, picture, max_image_tokens)}}
            for picture in turn.pictures
        ]
        parts.append({"type": "text", "text": _harmless(turn.question)})
        messages.append({"role": "user", "content": parts})
        if turn.answer is not None:
            messages.append({"role": "assistant", "content": _harmless(turn.answer)})
    return messages


def data_url(spec: ModelSpec, picture: Picture, max_image_tokens: int) -> str:
    """The picture within the pixel budget, as PNG, or as JPEG where a PNG is above the server's limit.

    WebP, in which pictures are kept, is not read by every server.
    """
    from PIL import Image

    with Image.open(picture.path) as opened:
        image = opened.convert("RGB")
    size = size_within(image.size, max_image_tokens)
    if size != image.size:
        image = image.resize(size, Image.Resampling.BICUBIC)
    limit = int(spec.max_picture_mb * MEGABYTE)
    attempts: list[tuple[str, dict[str, Any]]] = [
        ("png", {"compress_level": 3}),
        *(("jpeg", {"quality": quality}) for quality in JPEG_QUALITIES),
    ]
    for kind, options in attempts:
        content = BytesIO()
        image.save(content, kind, **options)
        if content.tell() <= limit:
            return f"data:image/{kind};base64,{base64.b64encode(content.getvalue()).decode('ascii')}"
    raise EngineError("picture_too_large_to_send", model=spec.label, limit=f"{spec.max_picture_mb:g}")


def size_within(size: tuple[int, int], max_image_tokens: int) -> tuple[int, int]:
    """`size` (width, height) as it is, or scaled to at most `max_image_tokens` cells of the grid.

    The rule of `smart_resize` in Qwen's image processor for pictures above its limit; below it the server rounds.
    """
    width, height = size
    if round(width / GRID) * round(height / GRID) <= max_image_tokens:
        return size
    scale = sqrt(width * height / (max_image_tokens * GRID * GRID))
    return max(GRID, int(width / scale // GRID) * GRID), max(GRID, int(height / scale // GRID) * GRID)


def _harmless(text: str) -> str:
    """`text` with marks such as `<|im_end|>` broken up: typed by a person they must not end a turn."""
    return _MARK.sub("< |", text)
