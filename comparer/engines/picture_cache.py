"""What a model's image processor made of a picture, kept for the next question about the same picture.

Every turn of a conversation shows the processor all its pictures again: decoding and resizing them costs more than
everything else before the model begins. Per model, so that no model's preparation is shortened by another's. Knows
nothing of conversations; threads may share it.
"""

import threading
from collections import OrderedDict
from collections.abc import Mapping
from typing import Any

from comparer.records import Picture

MOST_BYTES = 256 << 20
"""Some thirty pictures of 1,280 image tokens as patches in fp32."""
_MARK = "comparer.picture"


def open_marked(picture: Picture) -> Any:
    """The picture as a PIL image that is decoded only when somebody looks at it, marked with what it is."""
    from PIL import Image

    image = Image.open(picture.path)
    image.info[_MARK] = picture.sha256 or str(picture.path)
    return image


class PictureCache:
    """Stands in for an image processor whose outputs for several pictures are those of each, one after another.

    Its attributes are the processor's own.
    """

    def __init__(self, image_processor: Any, most_bytes: int = MOST_BYTES) -> None:
        self._image_processor = image_processor
        self._most_bytes = most_bytes
        self._kept: OrderedDict[tuple[str, str], Any] = OrderedDict()
        self._bytes = 0
        self._lock = threading.Lock()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._image_processor, name)

    def __call__(self, images: Any, **options: Any) -> Any:
        """The tensors of `images` (PIL images of `open_marked`), in their order."""
        import torch
        from transformers import BatchFeature

        made = [self._features(image, options) for image in images]
        return BatchFeature({name: torch.cat([one[name] for one in made]) for name in made[0]})

    def _features(self, image: Any, options: Mapping[str, Any]) -> Any:
        key = (str(image.info[_MARK]), repr(sorted(options.items())))
        with image:
            with self._lock:
                if key in self._kept:
                    self._kept.move_to_end(key)
                    return self._kept[key]
            made = self._image_processor(images=[image.convert("RGB")], **options)
        with self._lock:
            if key not in self._kept:
                self._kept[key] = made
                self._bytes += _size(made)
            while self._bytes > self._most_bytes and len(self._kept) > 1:
                self._bytes -= _size(self._kept.popitem(last=False)[1])
        return made


def _size(features: Any) -> int:
    return sum(int(tensor.nbytes) for tensor in features.values())
