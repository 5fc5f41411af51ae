"""`comparer bench`: measure parts of the product on this computer."""

import hashlib
import json
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Annotated

import typer

from comparer.commands.saying import say

if TYPE_CHECKING:
    from comparer.bench.batch import Conversation, Gain
    from comparer.suites.cases import Suite

bench = typer.Typer(no_args_is_help=True, help="Measure parts of the product on this computer.")
_PASS_ON = {"allow_extra_args": True, "ignore_unknown_options": True, "help_option_names": []}


@bench.command("store")
def bench_store(
    ratings: Annotated[int, typer.Option(help="ratings in a database made for the occasion")] = 100_000,
    as_json: Annotated[bool, typer.Option("--json", help="say the figures as one JSON object")] = False,
) -> None:
    """Measure how long the score table and one rating take at a given number of ratings."""
    from storage.bench import measure

    figures = measure(ratings)
    if as_json:
        say(json.dumps(figures._asdict()))
        return
    say(f"{figures.ratings} ratings of {figures.cases} cases in a {figures.database} file:")
    say(f"the score table's counts are read in {figures.score_table_ms} ms (median),")
    say(f"a rating is on disk in {figures.rating_write_ms_p99} ms (99th percentile).")


@bench.command("gpu", context_settings=_PASS_ON)
def bench_gpu(context: typer.Context) -> None:
    """Measure Qwen3-VL 4B, 8B and 30B-A3B at their real size on this card (options: comparer bench gpu --help)."""
    from comparer.bench.gpu import main as measure_card

    raise typer.Exit(measure_card(context.args))


@bench.command("batch")
def bench_batch(
    lineup: Annotated[str, typer.Option(help="which models: a lineup's name or file")] = "demo",
    suite: Annotated[str, typer.Option(help="whose cases: a shipped suite, or a suite's folder")] = "demo-business",
    batch: Annotated[int, typer.Option(min=2, help="questions answered at a time")] = 16,
    cases: Annotated[int | None, typer.Option(min=1, help="only so many cases, evenly drawn from the suite")] = None,
    max_new_tokens: Annotated[int, typer.Option(min=1, max=32768, help="longest answer")] = 512,
    as_json: Annotated[bool, typer.Option("--json", help="say the figures as one JSON object")] = False,
) -> None:
    """Measure what answering cases in batches gains over one by one, and whether the answers are the same."""
    from comparer.bench.batch import measure
    from comparer.engines import build_engines
    from comparer.lineup import read_lineup
    from comparer.records import Sampling
    from comparer.suites.reading import SHIPPED, read_suite

    shipped = SHIPPED / suite
    chosen = read_suite(shipped if shipped.is_dir() else Path(suite))
    gains: dict[str, Gain] = {}
    with TemporaryDirectory(prefix="comparer-bench-") as folder:
        conversations = _conversations(chosen, cases or len(chosen.cases), Path(folder))
        for engine in build_engines(read_lineup(lineup)):
            gain = gains[engine.spec.key] = measure(engine, conversations, batch, Sampling(max_new_tokens))
            engine.unload()
            engine.close()
            if not as_json:
                say(_describe(engine.spec.label, batch, gain))
    if as_json:
        models = {key: gain._asdict() for key, gain in gains.items()}
        told = {"suite": chosen.name, "batch": batch, "date": date.today().isoformat(), "models": models}
        say(json.dumps(told))


def _describe(model: str, batch: int, gain: "Gain") -> str:
    return (
        f"{model} on {gain.device} (threads: {gain.threads}): {gain.single_cases_per_minute:.1f} cases a minute one "
        f"by one, {gain.batched_cases_per_minute:.1f} in batches of {batch}: {gain.ratio:.2f} times as many "
        f"(median of {gain.rounds} rounds {gain.round_ratio_median:.2f}, quartiles {gain.round_ratio_q1:.2f} and "
        f"{gain.round_ratio_q3:.2f}); {gain.equal_answers} of {gain.questions} answers are the same."
    )


def _conversations(suite: "Suite", cases: int, folder: Path) -> "list[Conversation]":
    """Evenly drawn cases of `suite` with their pictures as the product keeps them, written to `folder`."""
    from comparer.bench.batch import Conversation
    from comparer.pictures import normalise
    from comparer.records import Picture

    def keep(picture: Path) -> Picture:
        made = normalise(picture)
        sha256 = hashlib.sha256(made.content).hexdigest()
        path = folder / f"{sha256}.webp"
        path.write_bytes(made.content)
        return Picture(sha256, path, made.width, made.height)

    count = min(cases, len(suite.cases))
    drawn = [suite.cases[number * len(suite.cases) // count] for number in range(count)]
    return [
        Conversation(
            tuple(keep(suite.folder / picture) for picture in case.pictures),
            tuple(turn.question for turn in case.turns),
        )
        for case in drawn
    ]
