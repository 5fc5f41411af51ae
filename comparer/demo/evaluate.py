"""Score demo models on pictures never trained on, through the engine that the dashboard answers with.

Greedy answers; the model's own earlier ones stay in the conversation, right or wrong. An answer is right when all its
decisive words and numbers are. Models are examined one after another on the same pictures.
"""

from __future__ import annotations

import argparse
import json
import secrets
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date
from itertools import accumulate
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import NamedTuple, get_args

from comparer.demo.console import write_line, write_progress
from comparer.demo.exam import SEEDS_PER_PART, Case, Plan, draw_exam
from comparer.demo.scores import Evaluation, Rate, Score, ScoredTurn, summarise
from comparer.demo.scoring import is_refusal, is_right
from comparer.engines import Engine, build_engine
from comparer.errors import EngineError
from comparer.lineup import ModelSpec, read_lineup
from comparer.metrics import Meter
from comparer.records import Failed, Metrics, Precision, Request, Sampling, Tokens, Turn

REPORT_EVERY = 50
"""Pictures between two lines of progress."""
FRESH_SEED_BITS = 32


class Reply(NamedTuple):
    """An answer's text, as the dashboard would keep it, and its figures."""

    text: str
    metrics: Metrics


def evaluate(spec: ModelSpec, plan: Plan, cases: Sequence[Case], name: str = "") -> Evaluation:
    """Examine the model of `spec` on `cases`, which were drawn by `plan`. Raises `EngineError`."""
    engine = build_engine(spec)
    # What a dashboard with default settings asks with, the model's own limits applied; but always greedy.
    sampling = replace(spec.sampling(Sampling()), temperature=0.0)
    try:
        engine.load()
        started_s = perf_counter()
        progress = _progress(name or spec.label, [len(case.turns) for case in cases])
        scored: list[ScoredTurn] = []
        for done, case in enumerate(cases, 1):
            scored += ask_case(engine, case, sampling)
            progress(done)
        seconds = perf_counter() - started_s
        engine.unload()
    finally:
        engine.close()
    return Evaluation(
        scores=summarise(scored),
        precision=spec.precision,
        device=engine.device,
        seed=plan.seed,
        pictures=plan.pictures,
        seconds=round(seconds, 1),
        date=date.today().isoformat(),
        model=engine.model_id,
    )


def ask_case(engine: Engine, case: Case, sampling: Sampling) -> list[ScoredTurn]:
    """Ask turn by turn and score the answers. Raises `EngineError` when one fails."""
    conversation: list[Turn] = []
    scored = []
    for number, turn in enumerate(case.turns, 1):
        question = Turn(turn.question, () if conversation else (case.picture,))
        reply = ask(engine, Request((*conversation, question), sampling))
        conversation.append(replace(question, answer=reply.text))
        if number < case.scored_from:
            continue
        scored.append(
            ScoredTurn(
                part=case.part,
                item=case.item,
                content=case.content,
                cluster=case.cluster,
                kind=turn.kind,
                language=turn.language,
                number=number,
                right=is_right(reply.text, turn.answer),
                refused=is_refusal(reply.text),
                ttft_s=reply.metrics.ttft_s,
                e2e_s=reply.metrics.e2e_s,
            )
        )
    return scored


def ask(engine: Engine, request: Request) -> Reply:
    """The engine's whole answer. Raises `EngineError` with what it failed with."""
    meter = Meter()
    parts = []
    for event in engine.stream(request):
        meter.add(event)
        if isinstance(event, Tokens):
            parts.append(event.text)
        elif isinstance(event, Failed):
            raise EngineError(event.code, **event.parameters)
    return Reply("".join(parts).strip(), meter.metrics())


def _progress(doing: str, turns: Sequence[int]) -> Callable[[int], None]:
    """A function that is told how many pictures are done, and says now and then how long the rest will take.

    `turns` says how much work each picture is.
    """
    started_s = perf_counter()
    turns_until = list(accumulate(turns, initial=0))

    def report(done: int) -> None:
        if done % REPORT_EVERY and done != len(turns):
            return
        left_s = (perf_counter() - started_s) * (turns_until[-1] / turns_until[done] - 1)
        write_progress(f"{doing}: {done} of {len(turns)} pictures, about {left_s / 60:.1f} min left")

    return report


def main(arguments: list[str] | None = None) -> None:
    """`comparer demo evaluate`. Raises `LineupError` and `EngineError`."""
    from comparer.demo.model_card import why_no_cards, write_model_card

    parser = _parser()
    options = parser.parse_args(arguments)
    specs = _chosen(parser, options)
    if options.card and (problem := why_no_cards([Path(spec.model) for spec in specs.values()])):
        parser.error(problem)
    seed = secrets.randbits(FRESH_SEED_BITS) if options.fresh_seeds else options.seed
    plan = Plan(seed, options.pictures, options.outside, options.conversations)
    results: dict[str, Evaluation] = {}
    with TemporaryDirectory(prefix="comparer-exam-") as folder:
        drawn = _progress(f"drawing seed {seed}", [1] * plan.cases)
        cases: list[Case] = []
        for case in draw_exam(plan, Path(folder)):
            cases.append(case)
            drawn(len(cases))
        for name, spec in specs.items():
            results[name] = evaluate(spec, plan, cases, name)
            if options.card:
                write_model_card(Path(spec.model), results[name])
                write_progress(f"{name}: the card is in {spec.model}")
    if options.json:
        models = {name: result.as_dict() for name, result in results.items()}
        write_line(json.dumps({"seed": seed, "pictures": plan.pictures, "models": models}, ensure_ascii=False))
    else:
        for name, result in results.items():
            write_line(describe(name, result))


def describe(name: str, result: Evaluation) -> str:
    """The figures as lines of text."""
    scores = result.scores
    outside, refused, first = scores.out_of_domain, scores.wrong_refusals, scores.first_wrong
    rows: list[tuple[str, Rate]] = [
        *(row for group in (scores.items, scores.depths, scores.languages) for row in group.items()),
        *((f"turn {number}", score) for number, score in scores.turns.items()),
        *scores.kinds.items(),
        *((f"declined, {content}", rate) for content, rate in outside.contents.items()),
        ("declined, all outside", outside),
        ("declined, but inside", Rate(refused.share, refused.low, refused.high, refused.n)),
    ]
    lines = [f"{name}: {scores.mean:.1%} over the items (pictures: {result.pictures}, seed: {result.seed})"]
    for row, rate in rows:
        chance = f", chance {rate.chance:.1%}" if isinstance(rate, Score) else ""
        lines.append(f"  {row:22} {rate.accuracy:6.1%}  [{rate.low:.1%}, {rate.high:.1%}]  n={rate.n}{chance}")
    lines.append(
        f"  right turns before the first wrong one: {first.median:g} of {first.turns} "
        f"(median of {first.conversations} conversations)"
    )
    if scores.first_token_s is not None:
        timing = scores.answer_s
        lines.append(
            f"  first token {scores.first_token_s:.3f} s, answer {timing.median:.3f} s (medians), "
            f"95 % of the answers within {timing.p95:.3f} s"
        )
    return "\n".join(lines)


def _chosen(parser: argparse.ArgumentParser, options: argparse.Namespace) -> dict[str, ModelSpec]:
    """What to examine, by the name to report it under."""
    lineup = {spec.key: spec for spec in read_lineup(options.lineup).models}
    chosen: dict[str, ModelSpec] = {}
    for model in options.models or lineup:
        folder = Path(model).resolve()
        if model in lineup:
            name, spec = model, lineup[model]
        elif folder.is_dir():
            name = folder.name
            spec = ModelSpec(key=name[:80], label=name[:80], model=str(folder), precision="fp32")
        else:
            parser.error(f"{model} is neither a folder nor a model of the lineup ({', '.join(lineup)}).")
        if name in chosen:
            parser.error(f"two of the models are called {name}: examine them one after another.")
        chosen[name] = spec.model_copy(update={"precision": options.precision or spec.precision})
    return chosen


def _count(text: str) -> int:
    if not 0 <= (count := int(text)) < SEEDS_PER_PART:
        raise argparse.ArgumentTypeError(f"{text} is not between 0 and {SEEDS_PER_PART - 1}")
    return count


def _seed(text: str) -> int:
    if (seed := int(text)) < 0:
        raise argparse.ArgumentTypeError(f"{text} is below 0, where the pictures of the training lie")
    return seed


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="comparer demo evaluate", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    sizes = Plan(0)
    parser.add_argument("models", nargs="*", metavar="MODEL", help="model of the lineup, or checkpoint folder (all)")
    parser.add_argument("--lineup", default="demo", help="shipped lineup, or lineup file (demo)")
    parser.add_argument(
        "--pictures", type=_count, default=sizes.pictures, help=f"pictures of the items ({sizes.pictures})"
    )
    seeds = parser.add_mutually_exclusive_group()
    seeds.add_argument("--seed", type=_seed, default=0, help="another seed means other held-out pictures (0)")
    seeds.add_argument("--fresh-seeds", action="store_true", help="draw the seed, and report it")
    parser.add_argument(
        "--outside",
        type=_count,
        default=sizes.outside,
        help=f"pictures to be declined; half as many questions to be declined come on top ({sizes.outside})",
    )
    parser.add_argument(
        "--conversations",
        type=_count,
        default=sizes.conversations,
        help=f"conversations of ten turns ({sizes.conversations})",
    )
    parser.add_argument("--precision", choices=get_args(Precision), help="instead of the lineup's (folders: fp32)")
    parser.add_argument("--json", action="store_true", help="one JSON object on standard output")
    parser.add_argument("--card", action="store_true", help="write README.md and evaluation.json beside the weights")
    return parser
