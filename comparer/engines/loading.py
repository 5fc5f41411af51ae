"""From a precision to a loaded model: what `from_pretrained` is told, and what is refused before a byte is read.

Knows nothing of requests. torch and transformers are imported on first use.
"""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Lock
from time import perf_counter
from typing import Any

from comparer.engines.memory import is_out_of_memory
from comparer.errors import LoadError
from comparer.lineup import ModelSpec
from comparer.quantisation import UNQUANTISED_MODULES, quantisation_config
from comparer.records import Precision

ONE_LOAD_AT_A_TIME = Lock()
"""Held while a model is built: transformers then changes the process's default dtype and patches torch's
initialisers, and its lazy imports do not like two threads."""
CPU_NF4_WIDTH = 64
"""bitsandbytes repacks nf4 matrices for a CPU in blocks of 64 inputs; other widths fail inside the kernel."""
TELL_EVERY_S = 0.1


def resolve_device(wanted: str) -> str:
    """ "cpu" or "cuda:N" for a spec's device; "auto" is the first card where torch can use one."""
    if wanted == "cpu":
        return "cpu"
    import torch

    if wanted == "auto":
        return "cuda:0" if torch.cuda.is_available() else "cpu"
    return "cuda:0" if wanted == "cuda" else wanted


def read_config(spec: ModelSpec, folder: Path) -> Any:
    """The checkpoint's configuration. Raises `LoadError` when it cannot be read or its architecture is unknown."""
    from transformers import AutoConfig

    try:
        return AutoConfig.from_pretrained(folder, local_files_only=True)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise broken_weights(spec, folder, error) from error


def refuse_unfit_precision(spec: ModelSpec, config: Any, device: str) -> None:
    """Raise `LoadError` when the model cannot take `spec.precision` on `device`; reads the configuration only."""
    stored = _stored_quantisation(config)
    precision = spec.precision
    if device.startswith("cuda") and not _has_card(device):
        raise LoadError("device_missing", model=spec.label, device=device)
    if precision == "fp8":
        if stored not in ("fp8", "fbgemm_fp8", "compressed-tensors"):
            raise _refusal(spec, "precision_unsupported_not_fp8")
        if not device.startswith("cuda"):
            raise _refusal(spec, "precision_unsupported_without_card")
    elif stored:
        raise _refusal(spec, "precision_unsupported_stored", stored=stored)
    elif precision in ("int8", "nf4"):
        refuse_to_quantise_experts(spec, config)
        if precision == "nf4" and device == "cpu" and (width := _unfit_width(config)):
            raise _refusal(spec, "precision_unsupported_width", width=width, multiple=CPU_NF4_WIDTH)


def refuse_to_quantise_experts(spec: ModelSpec, config: Any) -> None:
    """Raise `LoadError` when bitsandbytes would leave nearly all of the model as it is, its weights being experts."""
    experts = experts_a_layer(config)
    if experts and spec.precision in ("int8", "nf4"):
        raise _refusal(spec, "precision_unsupported_experts", experts=experts)


def load_model(spec: ModelSpec, folder: Path, config: Any, device: str) -> Any:
    """The model of `folder` in memory, ready to generate.

    Raises `LoadError` for a broken or incomplete checkpoint; an out-of-memory error passes as it is.
    """
    from transformers import AutoModelForImageTextToText
    from transformers.utils import logging

    logging.disable_progress_bar()
    try:
        model, report = AutoModelForImageTextToText.from_pretrained(
            folder,
            config=config,
            local_files_only=True,
            output_loading_info=True,
            **load_arguments(spec.precision, device),
        )
    except Exception as error:
        if is_out_of_memory(error):
            raise
        raise broken_weights(spec, folder, error) from error
    # transformers fills what a file lacks with random numbers and goes on: such a model would talk nonsense.
    lacking = sorted(report["missing_keys"]) + sorted(str(key) for key in report["mismatched_keys"])
    if lacking:
        problem = f"{len(lacking)} tensors are missing or misshapen, first {lacking[0]}"
        raise broken_weights(spec, folder, ValueError(problem))
    return model.eval()


@contextmanager
def told_progress(tell: Callable[[float], None]) -> Iterator[None]:
    """Call `tell` with the share (0..1) of the tensors that are read, ten times a second at most, in `load_model`.

    Call it with `ONE_LOAD_AT_A_TIME` held: transformers has one such hook for the process.
    """
    from transformers.utils import logging

    def follow(make: Callable[..., Any], arguments: tuple[Any, ...], options: dict[str, Any]) -> Any:
        bar = make(*arguments, **options)
        tensors = arguments[0] if arguments else None
        return _Told(bar, tensors, tell) if hasattr(tensors, "__len__") else bar

    before = logging.set_tqdm_hook(follow)
    try:
        yield
    finally:
        logging.set_tqdm_hook(before)


class _Told:
    """A progress bar whose passing is told; everything else is the bar's own."""

    def __init__(self, bar: Any, things: Any, tell: Callable[[float], None]) -> None:
        self._bar, self._things, self._tell = bar, things, tell

    def __iter__(self) -> Iterator[Any]:
        count, told_s = len(self._things), float("-inf")
        things: Iterable[Any] = self._bar
        for number, thing in enumerate(things):
            if (now_s := perf_counter()) - told_s >= TELL_EVERY_S:
                told_s = now_s
                self._tell(number / count)
            yield thing

    def __getattr__(self, name: str) -> Any:
        return getattr(self._bar, name)


def load_arguments(precision: Precision, device: str) -> dict[str, Any]:
    """What `from_pretrained` is told for `precision` on `device`.

    One device for the whole model: what does not fit fails clearly instead of crawling through offload.
    """
    import torch

    arguments: dict[str, Any] = {"device_map": {"": device}}
    if precision == "fp8":
        return arguments
    if precision in ("int8", "nf4"):
        compute = _compute_dtype(device)
        return arguments | {"dtype": compute, "quantization_config": quantisation_config(precision, compute)}
    dtypes = {"fp32": torch.float32, "bf16": torch.bfloat16, "fp16": torch.float16}
    return arguments | {"dtype": dtypes[precision]}


def _compute_dtype(device: str) -> Any:
    """bf16, or fp16 on a card that only emulates bf16 (a T4)."""
    import torch

    if device.startswith("cuda") and not torch.cuda.is_bf16_supported(including_emulation=False):
        return torch.float16
    return torch.bfloat16


def _has_card(device: str) -> bool:
    import torch

    return torch.cuda.is_available() and int(device.partition(":")[2] or 0) < torch.cuda.device_count()


def _stored_quantisation(config: Any) -> str:
    """The method a checkpoint is already quantised with, empty for none."""
    stored = getattr(config, "quantization_config", None)
    if stored is None:
        return ""
    method = stored.get("quant_method") if isinstance(stored, dict) else stored.quant_method
    return str(getattr(method, "value", method))


def experts_a_layer(config: Any) -> int:
    """How many experts a layer has; 0 for a dense model."""
    text = config.get_text_config()
    names = ("num_experts", "num_local_experts", "n_routed_experts")
    return max(int(getattr(text, name, 0) or 0) for name in names)


def empty_model(config: Any) -> Any:
    """The model that `config` describes without its weights (torch's meta device); names and shapes are true.

    Call it with `ONE_LOAD_AT_A_TIME` held. Takes a tenth of a second, and seconds when a class is first imported.
    """
    import torch
    from transformers import AutoModelForImageTextToText

    with torch.device("meta"):
        return AutoModelForImageTextToText.from_config(config)


def is_left_alone(module: str, left_alone: tuple[str, ...] = UNQUANTISED_MODULES) -> bool:
    """Whether the module of that name is one of `left_alone` or lies within one."""
    return any(module == name or module.startswith(f"{name}.") for name in left_alone)


def _unfit_width(config: Any) -> int:
    """The first input width that nf4 cannot take on a CPU, 0 for none; the model is built without memory."""
    import torch

    for name, module in empty_model(config).named_modules():
        if isinstance(module, torch.nn.Linear) and not is_left_alone(name):
            width = int(module.in_features)
            if width % CPU_NF4_WIDTH:
                return width
    return 0


def _refusal(spec: ModelSpec, code: str, **details: str | int) -> LoadError:
    return LoadError(code, model=spec.label, precision=spec.precision, **details)


def broken_weights(spec: ModelSpec, folder: Path, error: Exception) -> LoadError:
    """The error that says what is wrong with the files of a checkpoint."""
    problem = f"{type(error).__name__}: {' '.join(str(error).split())}"[:300]
    return LoadError("weights_broken", model=spec.label, path=str(folder), problem=problem)
