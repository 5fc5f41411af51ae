"""The command line: run, export, import, backup, user, space, footprint, simulate, bench …, demo train|evaluate.

Like `app.py` it is a place where the parts are put together, and so may open the database.
"""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from comparer.commands.bench import bench
from comparer.commands.saying import say
from comparer.commands.users import user
from comparer.errors import ComparerError
from comparer.run_records import Judge
from comparer.settings import Settings
from comparer.texts import Language

_ABOUT = "Without the page: run suites, move ratings in and out, back up, plan hardware, measure."
app = typer.Typer(no_args_is_help=True, add_completion=False, help=_ABOUT)
demo = typer.Typer(no_args_is_help=True, help="Make and judge the embedded demo models.")
app.add_typer(demo, name="demo")
app.add_typer(bench, name="bench")
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
    say(json.dumps({"file": str(file), "bytes": file.stat().st_size}) if as_json else f"Wrote {file}.")


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
        say(json.dumps({"file": str(file), **asdict(report)}))
        return
    for sentence in report.sentences(language):
        say(sentence)


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
        say(run_command.as_json(report, language))
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
        say(json.dumps({**made._asdict(), "file": str(made.file)}))
        return
    held = f"the database, {made.pictures} pictures and {made.suites} suites"
    say(f"Wrote {made.file}: {held}, {made.size_bytes} bytes; opened and whole.")
    if made.missing_pictures:
        say(f"{made.missing_pictures} pictures are not in it: their files are missing from the data folder.")


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
        say(json.dumps(figures))
        return
    wrong, median = figures["wrong_verdict_rate"], figures["median_ratings_to_settle"]
    say(f"{runs} tables a line, looked at after each of {looks} ratings; seed {seed}.")
    say("rate  threshold  ever wrong  median to settle  ever wrong by Wilson's interval")
    for pair in wrong:
        rate, threshold = pair.split("/")
        to_settle = median[pair] or f"over {looks}"
        by_wilson = figures["wilson_wrong_verdict_rate"][pair]
        say(f"{rate:<4}  {threshold:<9}  {wrong[pair]:>10.2%}  {to_settle:>16}  {by_wilson:>31.2%}")
    for pair, share in figures["settled_rate_at_threshold"].items():
        say(f"A rate of exactly the threshold, {pair}: {share:.2%} of the tables gave any verdict.")


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
        say(json.dumps(footprint_json(models, gpus, language), ensure_ascii=False))
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
        say(json.dumps({"folder": str(folder), "bytes": size_bytes}))
        return
    say(f"Wrote {folder} ({size_bytes / 1e6:.0f} MB). To upload it:")
    say("hf repos create NAME --type space --sdk gradio")
    say(f"hf upload NAME {folder} . --repo-type space")


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


def main() -> None:
    """Run the command line; an error of the product is one sentence and exit code 1."""
    try:
        app()
    except ComparerError as error:
        Console(stderr=True, highlight=False, markup=False).print(f"comparer: {error}")
        raise SystemExit(1) from error


if __name__ == "__main__":
    main()
