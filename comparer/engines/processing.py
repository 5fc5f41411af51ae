"""From a conversation to what a model takes: chat messages, pictures within a pixel budget, a context that fits.

Knows nothing of engines or devices: tensors stay on the host.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from comparer.engines.picture_cache import PictureCache, open_marked
from comparer.records import Picture, Turn


class QuestionTooLongError(Exception):
    """The open turn alone does not fit: it needs `needed` tokens and there is room for `room`."""

    def __init__(self, needed: int, room: int) -> None:
        super().__init__(f"{needed} tokens, room for {room}")
        self.needed = needed
        self.room = room


@dataclass(frozen=True, slots=True)
class ModelInputs:
    """What goes into `generate`; `tensors` is a transformers BatchFeature with batch size 1."""

    tensors: Any
    input_tokens: int
    image_tokens: int
    dropped_turns: int
    pictures: tuple[Picture, ...] = ()
    """Those of the turns that were kept, in the order of their tensors."""
    text_from: int = 0
    """Behind the last token of a picture."""


def load_processor(folder: Path) -> Any:
    """The checkpoint's own processor, for pictures only: torchvision (which video needs) is not asked for.

    Pictures go through PIL everywhere, so that every machine makes the same pixels.
    """
    from transformers import AutoConfig, AutoProcessor
    from transformers.models.auto.processing_auto import PROCESSOR_MAPPING

    processor_class = PROCESSOR_MAPPING.get(type(AutoConfig.from_pretrained(folder, local_files_only=True)), None)
    if processor_class is None or "video_processor" not in processor_class.get_attributes():
        return AutoProcessor.from_pretrained(folder, backend="pil", local_files_only=True)
    return _for_pictures_only(processor_class).from_pretrained(folder, backend="pil", local_files_only=True)


def _for_pictures_only(processor_class: Any) -> Any:
    """`processor_class` without its video part: transformers reads the parts from the constructor's signature."""

    def construct(
        self: Any, image_processor: Any = None, tokenizer: Any = None, chat_template: Any = None, **options: Any
    ) -> None:
        processor_class.__init__(self, image_processor, tokenizer, None, chat_template=chat_template, **options)

    return type(processor_class.__name__, (processor_class,), {"__init__": construct})


class ChatProcessor:
    """One model's processor, and the count of what it makes."""

    def __init__(self, processor: Any) -> None:
        self.tokenizer = processor.tokenizer
        self._processor = processor
        if hasattr(processor.image_processor, "merge_size"):  # a family whose pictures' tensors stand in one row
            processor.image_processor = PictureCache(processor.image_processor)
        image_token_id = getattr(processor, "image_token_id", None)
        self._image_token_id = -1 if image_token_id is None else int(image_token_id)
        marks = {str(token) for token in self.tokenizer.added_tokens_decoder.values() if token.special}
        self._marks = tuple(sorted(marks, key=len, reverse=True))

    def decode(self, ids: Sequence[int]) -> str:
        """The text of `ids` without special tokens."""
        text: str = self.tokenizer.decode(list(ids), skip_special_tokens=True, clean_up_tokenization_spaces=False)
        return text

    def prepare(self, turns: Sequence[Turn], max_image_tokens: int, room: int) -> ModelInputs:
        """Inputs of at most `room` tokens; whole oldest turns are left out until they fit.

        Raises `QuestionTooLongError` when the open turn alone is longer. Pictures of a dropped turn move on when no
        later turn has any, so that the conversation does not lose what it is about.
        """
        kept = tuple(turns)
        while True:
            length = self.expected_tokens(kept, max_image_tokens)
            if length <= room:
                tensors = self._encode(kept, max_image_tokens)
                length = int(tensors["input_ids"].shape[1])
                if length <= room:
                    of_pictures = (tensors["input_ids"][0] == self._image_token_id).nonzero()
                    return ModelInputs(
                        tensors=tensors,
                        input_tokens=length,
                        image_tokens=len(of_pictures),
                        dropped_turns=len(turns) - len(kept),
                        pictures=tuple(_pictures(kept)),
                        text_from=int(of_pictures[-1]) + 1 if len(of_pictures) else 0,
                    )
            if len(kept) == 1:
                raise QuestionTooLongError(length, room)
            kept = without_oldest(kept)

    def expected_tokens(self, turns: Sequence[Turn], max_image_tokens: int) -> int:
        """The input length, without opening a picture where the image processor can tell its token counts."""
        text_tokens = len(self.tokenizer(self._template(turns), add_special_tokens=False)["input_ids"])
        pictures = _pictures(turns)
        image_processor = self._processor.image_processor
        if not pictures or not hasattr(image_processor, "get_number_of_image_patches"):
            return text_tokens
        size = self.picture_size(max_image_tokens)
        limits = {"min_pixels": size["shortest_edge"], "max_pixels": size["longest_edge"]} if size else {}
        merged = image_processor.merge_size**2 if hasattr(image_processor, "merge_size") else 1
        patches = (
            image_processor.get_number_of_image_patches(picture.height, picture.width, limits) for picture in pictures
        )
        return text_tokens - len(pictures) + sum(int(count) // int(merged) for count in patches)

    def picture_size(self, max_image_tokens: int) -> dict[str, int]:
        """The pixel budget of one picture, within what the checkpoint's own configuration allows.

        "shortest_edge" and "longest_edge" are pixel *counts* for this family. Empty for a processor whose size is
        no budget: such a checkpoint keeps its own size.
        """
        image_processor = self._processor.image_processor
        size = dict(image_processor.size or {})
        if not hasattr(image_processor, "merge_size") or not {"shortest_edge", "longest_edge"} <= set(size):
            return {}
        least, most = size["shortest_edge"], size["longest_edge"]
        pixels_per_token = (image_processor.patch_size * image_processor.merge_size) ** 2
        budget = max(least, min(most, max_image_tokens * pixels_per_token))
        return {"shortest_edge": least, "longest_edge": budget}

    def _encode(self, turns: Sequence[Turn], max_image_tokens: int) -> Any:
        pictures = [open_marked(picture) for picture in _pictures(turns)]
        size = self.picture_size(max_image_tokens)
        options = {"images_kwargs": {"size": size}} if pictures and size else {}
        return self._processor(
            text=[self._template(turns)],
            images=pictures or None,
            text_kwargs={"add_special_tokens": False},
            return_tensors="pt",
            **options,
        )

    def _template(self, turns: Sequence[Turn]) -> str:
        text: str = self._processor.apply_chat_template(
            self._messages(turns), tokenize=False, add_generation_prompt=True
        )
        return text

    def _messages(self, turns: Sequence[Turn]) -> list[dict[str, Any]]:
        messages: list[dict[str, Any]] = []
        for turn in turns:
            content: list[dict[str, str]] = [{"type": "image"} for _ in turn.pictures]
            if turn.question:
                content.append({"type": "text", "text": self._harmless(turn.question)})
            messages.append({"role": "user", "content": content})
            if turn.answer is not None:
                answer = [{"type": "text", "text": self._harmless(turn.answer)}]
                messages.append({"role": "assistant", "content": answer})
        return messages

    def _harmless(self, text: str) -> str:
        """`text` with the tokenizer's own marks broken up: typed by a person they must not end a turn."""
        for mark in self._marks:
            text = text.replace(mark, f"{mark[0]} {mark[1:]}")
        return text


def _pictures(turns: Sequence[Turn]) -> list[Picture]:
    return [picture for turn in turns for picture in turn.pictures]


def without_oldest(turns: tuple[Turn, ...]) -> tuple[Turn, ...]:
    """`turns` (two at least) without the first, whose pictures move on when no later turn has any."""
    oldest, first, *rest = turns
    if oldest.pictures and not _pictures((first, *rest)):
        first = replace(first, pictures=oldest.pictures)
    return (first, *rest)
