"""One model on one device while it is measured: from its building to its release. Needs torch and transformers."""

import statistics
from dataclasses import replace
from itertools import chain
from time import perf_counter
from typing import Any

from comparer.bench.building import Config, build, parameter_counts, weights_bytes, workload
from comparer.bench.measurements import Measurement
from comparer.bench.plan import MODELS, Task
from comparer.bench.prompts import picture_prompt, text_prompt
from comparer.bench.roofline import Card, shortest_s
from comparer.bench.timing import Timing, TokenClock, repeat, wait_for
from comparer.torch_memory import release_cached_memory

_BYTES_OF_BF16 = 2


def blank(task: Task, **known: Any) -> Measurement:
    """The record of `task`: `known` says what came of it."""
    return Measurement(
        id=task.id,
        model=MODELS[task.model],
        precision=task.precision,
        kind=task.kind,
        mode=task.mode,
        batch=task.batch,
        text_tokens=task.text_tokens,
        image_tokens=task.image_tokens,
        new_tokens=task.new_tokens,
        **known,
    )


class Subject:
    """A model in memory. Not reusable after `release`."""

    def __init__(self, config: Config, task: Task, device: str, card: Card | None) -> None:
        """Build the model; raises what torch, transformers or bitsandbytes raise."""
        self._config = config
        self._device = device
        self._card = card
        counts = parameter_counts(config)  # before the clock runs: this imports what building needs
        self._begin()
        start = perf_counter()
        self._model: Any = build(config, task.precision, device)
        wait_for(device)
        seconds = perf_counter() - start
        peak = self._peak()
        self._workload = workload(config, counts, self._model)
        self._check_sanity()
        self.built = blank(
            task,
            status="measured",
            runs=1,
            median_s=seconds,
            peak_bytes=peak,
            weights_bytes=weights_bytes(self._model),
            predicted_weights_bytes=sum(counts.values()) * _BYTES_OF_BF16 if task.precision == "bf16" else None,
        )

    def measure(self, task: Task, repeats: int) -> Measurement:
        """The figures of a prefill or of decoding; raises what torch raises, out of memory above all."""
        self._begin()
        measured = self._prefill(task, repeats) if task.kind == "prefill" else self._decode(task, repeats)
        return replace(measured, peak_bytes=self._peak())

    def release(self, task: Task) -> Measurement:
        """Give the memory back as the engine does, and say what is still taken."""
        import torch

        start = perf_counter()
        self._model = None
        torch._dynamo.reset()  # compiled code holds the weights
        release_cached_memory()
        wait_for(self._device)
        seconds = perf_counter() - start
        left = torch.cuda.memory_allocated(self._device) if self._device.startswith("cuda") else None
        return blank(task, status="measured", runs=1, median_s=seconds, allocated_bytes=left)

    # --- the work ----------------------------------------------------------------------------------------

    def _prefill(self, task: Task, repeats: int) -> Measurement:
        import torch

        prompt = self._prompt(task)

        def run() -> float:
            wait_for(self._device)
            start = perf_counter()
            with torch.no_grad():
                self._model(**prompt, use_cache=True, logits_to_keep=1)
            wait_for(self._device)
            return perf_counter() - start

        return self._record(task, repeat(run, repeats), task.input_tokens)

    def _decode(self, task: Task, repeats: int) -> Measurement:
        from torch._dynamo.utils import counters

        prompt = self._prompt(task)
        compiled = task.mode == "compiled"
        gaps_s: list[list[float]] = []
        counters.clear()

        def run() -> float:
            clock = TokenClock()
            self._model.generate(
                **prompt,
                max_new_tokens=task.new_tokens,
                do_sample=False,
                streamer=clock,
                cache_implementation="static" if compiled else None,
            )
            gaps_s.append(clock.gaps_s(task.new_tokens))
            return statistics.fmean(gaps_s[-1])

        measured = self._record(task, repeat(run, repeats), task.batch)
        measured = replace(measured, step_median_s=statistics.median(chain(*gaps_s[1:])))
        if not compiled:
            return measured
        if not hasattr(self._model, "_compiled_call"):
            return blank(task, status="not_measured", reason="not_compiled")
        return replace(
            measured,
            graph_breaks=sum(counters["graph_break"].values()),
            graph_skips=counters["inductor"]["cudagraph_skips"],
        )

    def _record(self, task: Task, timing: Timing, tokens: int) -> Measurement:
        ceiling = self._ceiling_s(task)
        return blank(
            task,
            status="measured",
            **timing._asdict(),
            tokens_per_s=tokens / timing.median_s,
            ceiling_tokens_per_s=None if ceiling is None else tokens / ceiling,
        )

    def _ceiling_s(self, task: Task) -> float | None:
        if self._card is None:
            return None
        work = self._workload
        if task.kind == "prefill":
            flops = work.prefill_flops(task.input_tokens, task.image_tokens)
            return shortest_s(self._card, work.prefill_bytes(task.input_tokens), flops)
        context = task.text_tokens + task.new_tokens // 2
        return shortest_s(self._card, work.decode_bytes(task.batch, context), work.decode_flops(task.batch, context))

    def _prompt(self, task: Task) -> dict[str, Any]:
        if task.image_tokens:
            return picture_prompt(self._config, task.image_tokens, task.text_tokens, self._device)
        return text_prompt(self._config, task.batch, task.text_tokens, self._device)

    def _check_sanity(self) -> None:
        """A model of garbage would be as fast, and would not be this one."""
        import torch

        with torch.no_grad():
            logits = self._model(**picture_prompt(self._config, 4, 10, self._device), logits_to_keep=1).logits
        if not torch.isfinite(logits).all() or logits.std() == 0:
            raise RuntimeError("the model's output is not finite, or always the same")

    def _begin(self) -> None:
        """From here on the peak is counted anew."""
        release_cached_memory()
        if self._device.startswith("cuda"):
            import torch

            torch.cuda.synchronize(self._device)  # starts the driver's context, if nothing has yet
            torch.cuda.reset_peak_memory_stats(self._device)

    def _peak(self) -> int | None:
        if not self._device.startswith("cuda"):
            return None
        import torch

        return int(torch.cuda.max_memory_allocated(self._device))
