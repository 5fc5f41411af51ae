"""What bitsandbytes is told. One place, so that the engine and the bench quantise alike.

Knows nothing of checkpoints and engines; torch and transformers are imported on first use.
"""

from logging import ERROR, getLogger
from typing import Any

from comparer.records import Precision

# The list replaces transformers' own: without "lm_head" a model with a tied head crashes when it generates.
UNQUANTISED_MODULES = ("lm_head", "model.visual", "model.vision_tower", "model.multi_modal_projector")


def quantisation_config(precision: Precision, compute: Any) -> Any:
    """The `BitsAndBytesConfig` of int8 or nf4 with matrix products in `compute` (a torch dtype).

    nf4 with double quantisation (Dettmers et al., "QLoRA", arXiv:2305.14314).
    """
    from transformers import BitsAndBytesConfig

    skip = list(UNQUANTISED_MODULES)
    if precision == "int8":
        # It says at every matrix of every token that int8 kernels take fp16 activations.
        getLogger("bitsandbytes.autograd._functions").setLevel(ERROR)
        return BitsAndBytesConfig(load_in_8bit=True, llm_int8_skip_modules=skip)
    return BitsAndBytesConfig(
        load_in_4bit=True,
        bnb_4bit_quant_type="nf4",
        bnb_4bit_use_double_quant=True,
        bnb_4bit_compute_dtype=compute,
        llm_int8_skip_modules=skip,
    )
