"""Opening a demo checkpoint's processor for pictures only.

The ordinary `AutoProcessor` wants torchvision for videos, which the demo never sees; attributes of a processor
come from its constructor's signature, so leaving video out of that is enough.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any


def load_processor(folder: Path) -> Any:
    """A `Qwen3VLProcessor` without its video part, with PIL resampling."""
    from transformers import Qwen3VLProcessor

    class PictureProcessor(Qwen3VLProcessor):  # type: ignore[misc]
        def __init__(
            self, image_processor: Any = None, tokenizer: Any = None, chat_template: Any = None, **kwargs: Any
        ) -> None:
            super().__init__(image_processor, tokenizer, None, chat_template=chat_template, **kwargs)

    return PictureProcessor.from_pretrained(folder, backend="pil", local_files_only=True)
