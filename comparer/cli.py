"""The command line: run, export, import, backup, user, space, footprint, simulate, bench …, demo train|evaluate.

Like `app.py` it is a place where the parts are put together, and so the one module here that may open the database.
"""

import hashlib
import json
from dataclasses import asdict
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from comparer.errors import ComparerError
from comparer.run_records import Judge
from comparer.settings import Settings
from comparer.texts import Language

if TYPE_CHECKING:
    from comparer.access.users import UserList
    from comparer.bench.batch import Conversation, Gain
    from comparer.suites.cases import Suite

app = typer.Typer(no_args_is_help=True, add_completion=False, help=__doc__)
demo = typer.Typer(no_args_is_help=True, help="Make and judge the embedded demo models.")
app.add_typer(demo, name="demo")
bench = typer.Typer(no_args_is_help=True, help="Measure parts of the product on this computer.")
app.add_typer(bench, name="bench")
user = typer.Typer(no_args_is_help=True, help="Say who may sign in to a dashboard that runs with --access users.")
app.add_typer(user, name="user")

_PASS_ON = {"allow_extra_args": True, "ignore_unknown_options": True, "help_option_names": []}


@app.command()
def export(
    format_name: Annotated[
        str, typer.Option("--format", help="csv, csv-summary, json, xlsx, markdown, html or battles")
    ] = "csv",
    destination: Annotated[Path, typer.Option("--out", help="file, or an existing folder")] = Path(),
    lineup: Annotated[str, typer.Option(help="whose ratings: a lineup's name or file")] = "demo",
    language: Annotated[Language, typer.Option(help="of headings and reasons")] = "en",
    data_dir: Annotated[Path | None, typer.Option(help="folder of the database")] = None,
    database_url: Annotated[str | None, typer.Option(help="SQLAlchemy address of the database")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="say what was written as one JSON object")] = False,
) -> None:
    """Write the ratings, or the score table, to a file."""
    from comparer.cost.reading import kept_cost
    from comparer.export.formats import export as write
    from comparer.lineup import read_lineup
    from comparer.store import RatingFilter
    from storage import open_existing_store

    settings = Settings()
    chosen = read_lineup(lineup)
    store = open_existing_store(data_dir or settings.data_dir, database_url or settings.database_url)
    ratings = RatingFilter(lineup=chosen.name)
    try:
        file = write(
            format_name,
            store,
            models=chosen.keys,
            destination=destination,
            ratings=ratings,
            labels=chosen.labels,
            language=language,
            read_cost=lambda: kept_cost(store, store.runs, chosen, ratings),
        )
    finally:
        store.close()
    _say(json.dumps({"file": str(file), "bytes": file.stat().st_size}) if as_json else f"Wrote {file}.")


@app.command("import")
def import_file(
    file: Annotated[Path, typer.Argument(help="ratings exported as CSV or JSON, here or elsewhere")],
    language: Annotated[Language, typer.Option(help="of the report")] = "en",
    data_dir: Annotated[Path | None, typer.Option(help="folder of the database")] = None,
    database_url: Annotated[str | None, typer.Option(help="SQLAlchemy address of the database")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="say what was done as one JSON object")] = False,
) -> None:
    """Take in ratings made elsewhere, all or nothing; what is here already is not doubled."""
    from comparer.imports import read_ratings
    from storage import open_store

    settings = Settings()
    store = open_store(data_dir or settings.data_dir, database_url or settings.database_url)
    try:
        with Console(stderr=True).status("0") as waiting:
            report = store.import_ratings(read_ratings(file), lambda rows: waiting.update(f"{rows:,}"))
    finally:
        store.close()
    if as_json:
        _say(json.dumps({"file": str(file), **asdict(report)}))
        return
    for sentence in report.sentences(language):
        _say(sentence)


@app.command("run")
def run_suite(
    suite: Annotated[str, typer.Argument(help="a suite's name, shipped or in the data folder, or its folder")] = "",
    lineup: Annotated[str, typer.Option(help="which models: a lineup's name or file; demo if not given")] = "",
    staged: Annotated[
        bool, typer.Option("--staged", help="larger models only where the smaller ones leave it open")
    ] = False,
    judge: Annotated[Judge, typer.Option(help="what a staged run goes by")] = "checks",
    repeats: Annotated[int, typer.Option(help="how often each case is asked, with another seed each time")] = 1,
    batch: Annotated[
        int, typer.Option(help="cases answered at a time; beyond 1 single answers' timings are not the model's own")
    ] = 1,
    temperature: Annotated[float, typer.Option(min=0, max=2, help="0: the likeliest answer")] = 0.0,
    max_new_tokens: Annotated[int, typer.Option(min=1, max=32768, help="longest answer")] = 512,
    seed: Annotated[int, typer.Option(min=0, help="of the dice")] = 0,
    resume: Annotated[str, typer.Option(metavar="RUN_ID", help="go on with this run instead of a new one")] = "",
    require: Annotated[str, typer.Option(metavar="MODEL", help="exit 0 only if this one meets every item")] = "",
    language: Annotated[Language, typer.Option(help="of names and reasons")] = "en",
    data_dir: Annotated[Path | None, typer.Option(help="folder of the database")] = None,
    database_url: Annotated[str | None, typer.Option(help="SQLAlchemy address of the database")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="say what came of it as one JSON object")] = False,
) -> None:
    """Ask a suite's cases of a lineup's models and read from automatic checks which is the smallest that is enough.

    Exit codes: 0 a model meets every item (with --require: that one does), 3 none can (that one fails an item),
    4 not decided by these cases or not yet rated, 1 an error, 2 wrong usage, 130 interrupted; it can be resumed.
    """
    from comparer import run_command
    from comparer.cost.kept import hourly_prices
    from comparer.lineup import read_lineup
    from comparer.records import Sampling
    from comparer.suites.reading import find_suite
    from comparer.suites.report import run_report
    from comparer.suites.starting import Options
    from storage import open_store

    settings = Settings()
    if bool(suite) == bool(resume):
        raise typer.BadParameter("give either a suite or --resume RUN_ID")
    folder = data_dir or settings.data_dir
    found = find_suite(suite, folder / "suites") if suite else None
    store = open_store(folder, database_url or settings.database_url)
    try:
        models = read_lineup(lineup or (store.runs.run(resume).request.lineup if resume else "demo"))
        if require and require not in models.keys:
            raise typer.BadParameter(f"--require {require}: the lineup has {', '.join(models.keys)}")
        job = run_command.Job(store, store.runs, models, settings)
        if found is None:
            job.resume(resume)
        else:
            sampling = Sampling(max_new_tokens, temperature, seed=seed, max_image_tokens=settings.max_image_tokens)
            options = Options("staged" if staged else "whole", judge, repeats, batch, sampling)
            resume = job.start(found, options)
        job.watch(resume)
        report = run_report(store.runs, store, resume, price=hourly_prices(store))
    finally:
        store.close()
    if as_json:
        _say(run_command.as_json(report, language))
    else:
        run_command.print_report(report, language, Console(soft_wrap=True, highlight=False, markup=False))
    raise typer.Exit(run_command.exit_code(report, require))


@app.command()
def backup(
    destination: Annotated[Path, typer.Option("--out", help="the ZIP file to write")],
    data_dir: Annotated[Path | None, typer.Option(help="folder of the database")] = None,
    database_url: Annotated[str | None, typer.Option(help="SQLAlchemy address of the database")] = None,
    force: Annotated[bool, typer.Option("--force", help="replace the file if it is there")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="say what was written as one JSON object")] = False,
) -> None:
    """Copy database, pictures and suites into one file while the dashboard runs; unpacked it is a data folder."""
    from storage.backup import back_up

    settings = Settings()
    made = back_up(data_dir or settings.data_dir, database_url or settings.database_url, destination, overwrite=force)
    if as_json:
        _say(json.dumps({**made._asdict(), "file": str(made.file)}))
        return
    held = f"the database, {made.pictures} pictures and {made.suites} suites"
    _say(f"Wrote {made.file}: {held}, {made.size_bytes} bytes; opened and whole.")
    if made.missing_pictures:
        _say(f"{made.missing_pictures} pictures are not in it: their files are missing from the data folder.")


@app.command()
def simulate(
    runs: Annotated[int, typer.Option(min=1, help="simulated tables for each rate and threshold")] = 10_000,
    looks: Annotated[int, typer.Option(min=1, max=2_000, help="ratings of each table; people look after each")] = 300,
    seed: Annotated[int, typer.Option(min=0, help="of the dice")] = 2026,
    as_json: Annotated[bool, typer.Option("--json", help="say the figures as one JSON object")] = False,
) -> None:
    """Show how often a verdict is wrong when people look after every rating, and how soon it settles."""
    from comparer.fit.simulation import simulate as simulated

    figures = simulated(runs=runs, looks=looks, seed=seed)
    if as_json:
        _say(json.dumps(figures))
        return
    wrong, median = figures["wrong_verdict_rate"], figures["median_ratings_to_settle"]
    _say(f"{runs} tables a line, looked at after each of {looks} ratings; seed {seed}.")
    _say("rate  threshold  ever wrong  median to settle  ever wrong by Wilson's interval")
    for pair in wrong:
        rate, threshold = pair.split("/")
        to_settle = median[pair] or f"over {looks}"
        by_wilson = figures["wilson_wrong_verdict_rate"][pair]
        _say(f"{rate:<4}  {threshold:<9}  {wrong[pair]:>10.2%}  {to_settle:>16}  {by_wilson:>31.2%}")
    for pair, share in figures["settled_rate_at_threshold"].items():
        _say(f"A rate of exactly the threshold, {pair}: {share:.2%} of the tables gave any verdict.")


@app.command()
def footprint(
    lineup: Annotated[str, typer.Argument(help="a lineup's name or file")] = "qwen3-vl",
    context: Annotated[int, typer.Option(help="tokens of a conversation with its answer")] = 8192,
    concurrency: Annotated[int, typer.Option(help="conversations at a time")] = 1,
    picture_tokens: Annotated[int, typer.Option(help="pictures read at once, in tokens of 32 x 32 pixels")] = 1280,
    prices: Annotated[Path | None, typer.Option(help="a price table of your own, with the cards' memory")] = None,
    language: Annotated[Language, typer.Option(help="of the reasons")] = "en",
    as_json: Annotated[bool, typer.Option("--json", help="say the figures as one JSON object")] = False,
) -> None:
    """Predict the memory of each model at each precision and which cards hold it, without loading anything."""
    from comparer.cost.fits import model_memory
    from comparer.cost.footprint import PIXELS_A_TOKEN, Workload
    from comparer.cost.footprint_table import footprint_table
    from comparer.cost.prices import PRICES, cards_here, read_prices
    from comparer.cost.rows import footprint_json
    from comparer.engines.cards import read_cards
    from comparer.lineup import read_lineup

    workload = Workload(context, concurrency, picture_tokens * PIXELS_A_TOKEN)
    gpus = (*read_prices(prices or PRICES).gpus, *cards_here(read_cards()))
    models = [model_memory(spec, workload) for spec in read_lineup(lineup).models]
    if as_json:
        _say(json.dumps(footprint_json(models, gpus, language), ensure_ascii=False))
        return
    for model in models:
        Console(highlight=False).print(footprint_table(model, gpus, language))


@app.command()
def space(
    folder: Annotated[Path, typer.Option("--out", help="empty folder, or one that is not there yet")],
    zero_gpu: Annotated[bool, typer.Option("--zero-gpu", help="with the versions that ZeroGPU can run")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="say what was written as one JSON object")] = False,
) -> None:
    """Write a folder that is a Hugging Face Space; nothing is uploaded."""
    from comparer.serving.space import write_space

    size_bytes = write_space(folder, zero_gpu=zero_gpu)
    if as_json:
        _say(json.dumps({"folder": str(folder), "bytes": size_bytes}))
        return
    _say(f"Wrote {folder} ({size_bytes / 1e6:.0f} MB). To upload it:")
    _say("hf repos create NAME --type space --sdk gradio")
    _say(f"hf upload NAME {folder} . --repo-type space")


@demo.command("train", context_settings=_PASS_ON)
def demo_train(context: typer.Context) -> None:
    """Train one demo checkpoint (options: comparer demo train --help)."""
    from comparer.demo.train import main as train

    train(context.args)


@demo.command("evaluate", context_settings=_PASS_ON)
def demo_evaluate(context: typer.Context) -> None:
    """Score demo checkpoints on held-out pictures (options: comparer demo evaluate --help)."""
    from comparer.demo.evaluate import main as evaluate

    evaluate(context.args)


@bench.command("store")
def bench_store(
    ratings: Annotated[int, typer.Option(help="ratings in a database made for the occasion")] = 100_000,
    as_json: Annotated[bool, typer.Option("--json", help="say the figures as one JSON object")] = False,
) -> None:
    """Measure how long the score table and one rating take at a given number of ratings."""
    from storage.bench import measure

    figures = measure(ratings)
    if as_json:
        _say(json.dumps(figures._asdict()))
        return
    _say(f"{figures.ratings} ratings of {figures.cases} cases in a {figures.database} file:")
    _say(f"the score table's counts are read in {figures.score_table_ms} ms (median),")
    _say(f"a rating is on disk in {figures.rating_write_ms_p99} ms (99th percentile).")


_USERS_FILE = typer.Option("--users-file", help="list of users; users.json in the data folder by default")
_USERS_DIR = typer.Option("--data-dir", help="data folder of the dashboard")


@user.command("add")
def user_add(
    name: Annotated[str, typer.Argument(help="as they sign in, and as their ratings are shown")],
    role: Annotated[str, typer.Option(help="reviewer or admin")] = "reviewer",
    password: Annotated[
        str,
        typer.Option(
            help="asked for when left out; better not written here, where others may read it",
            envvar="COMPARER_PASSWORD",
            prompt=True,
            confirmation_prompt=True,
            hide_input=True,
        ),
    ] = "",
    users_file: Annotated[Path | None, _USERS_FILE] = None,
    data_dir: Annotated[Path | None, _USERS_DIR] = None,
) -> None:
    """Add somebody, or give them another role and password; a running dashboard knows at once."""
    from comparer.access.roles import ROLES

    users = _users(users_file, data_dir)
    known = next((one for one in ROLES if one == role), None)
    if known is None:
        raise typer.BadParameter(f"--role {role}: there are {' and '.join(ROLES)}")
    new = users.put(name, known, password)
    _say(f"{'Added' if new else 'Changed'} {name}, {known}, in {users.file}.")


@user.command("remove")
def user_remove(
    name: Annotated[str, typer.Argument()],
    users_file: Annotated[Path | None, _USERS_FILE] = None,
    data_dir: Annotated[Path | None, _USERS_DIR] = None,
) -> None:
    """Take somebody off the list; they are signed out at once, and their ratings stay."""
    users = _users(users_file, data_dir)
    users.remove(name)
    _say(f"Removed {name} from {users.file}.")


@user.command("list")
def user_list(
    users_file: Annotated[Path | None, _USERS_FILE] = None, data_dir: Annotated[Path | None, _USERS_DIR] = None
) -> None:
    """Show who may sign in, and their roles."""
    users = _users(users_file, data_dir)
    for name in users.names():
        _say(f"{name}  {users.role(name)}")


def _users(file: Path | None, data_dir: Path | None) -> "UserList":
    """The list that `app.py` reads with the same options."""
    from comparer.access.users import UserList

    settings = Settings()
    given = {"users_file": file or settings.users_file, "data_dir": data_dir or settings.data_dir}
    return UserList(settings.model_copy(update=given).list_of_users)


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
                _say(_describe(engine.spec.label, batch, gain))
    if as_json:
        models = {key: gain._asdict() for key, gain in gains.items()}
        told = {"suite": chosen.name, "batch": batch, "date": date.today().isoformat(), "models": models}
        _say(json.dumps(told))


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


def _say(line: str) -> None:
    Console(soft_wrap=True, highlight=False, markup=False).print(line)


def main() -> None:
    """Run the command line; an error of the product is one sentence and exit code 1."""
    try:
        app()
    except ComparerError as error:
        Console(stderr=True, highlight=False, markup=False).print(f"comparer: {error}")
        raise SystemExit(1) from error


if __name__ == "__main__":
    main()
