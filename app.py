"""Start the dashboard: `python app.py`, `gradio app.py`, or a Hugging Face Space.

Settings -> lineup -> engines and store -> dashboard -> launch. `python app.py --help` lists all options.
"""

import atexit
import sys
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError
from pydantic_settings import CliApp, SettingsError

from comparer.errors import ComparerError, InputError
from comparer.settings import Settings

if TYPE_CHECKING:
    from comparer.serving.operations import Operations


def build(settings: Settings) -> "tuple[Any, Operations]":
    """The dashboard for `settings`, not yet launched, and what its operators need. Raises `ComparerError`."""
    from comparer.access import Access
    from comparer.access.guard import guarded_store
    from comparer.access.retention import Retention
    from comparer.admission import Admission
    from comparer.comparison import Comparison
    from comparer.dialogue import Dialogue
    from comparer.engines import Limits
    from comparer.engines.choice import choose_lineup
    from comparer.engines.memory_log import MemoryLog
    from comparer.engines.pool import EnginePool
    from comparer.engines.residency import Residency
    from comparer.lineup import Lineup, read_lineup
    from comparer.serving.operations import Operations
    from comparer.serving.telemetry import Telemetry
    from comparer.serving.watched_store import watched
    from comparer.suites.runner import Runner
    from comparer.ui.context import Context
    from comparer.ui.dashboard import build_dashboard
    from comparer.ui.launch import doors_of
    from comparer.ui.present import Present
    from storage import open_store

    doors_of(settings)  # before anything is loaded: could anybody come in at all?
    choice = choose_lineup() if settings.lineup == "auto" else None
    lineup = read_lineup(choice.name if choice else settings.lineup)
    memory, telemetry = MemoryLog(), Telemetry()
    residency = Residency(
        budget_bytes=settings.memory_budget,
        idle_s=None if settings.idle_release_min is None else 60 * settings.idle_release_min,
        observe=lambda what, engine: memory.mark(what, engine.spec.label),
    )
    engines = EnginePool(Limits(load_s=settings.load_limit_s, stall_s=settings.stall_s), residency)
    opened = open_store(settings.data_dir, settings.database_url, journal_mode=settings.sqlite_journal)
    store = watched(opened, telemetry)
    access = Access(settings.access, settings.shared, Present())
    visitors_store = guarded_store(store, access)
    comparison = Comparison()
    dialogue = Dialogue(lineup, engines.of(lineup), visitors_store, comparison, Admission(settings.max_questions))
    if settings.retention_days is not None:
        Retention(store, settings.retention_days).begin()

    def find_lineup(name: str) -> Lineup:
        return lineup if name == lineup.name else read_lineup(name)

    runner = Runner(store.runs, store, comparison, engines, find_lineup, home=lineup)
    runner.begin()
    if settings.preload == "always" or (settings.preload == "auto" and (lineup.demo or lineup.served)):
        dialogue.preload()
    context = Context(
        settings=settings,
        lineup=lineup,
        dialogue=dialogue,
        store=visitors_store,
        lineup_reason=choice.reason_code if choice else "",
        lineup_parameters=dict(choice.parameters) if choice else {},
        engines=engines,
        access=access,
        worker=runner,
        memory=memory,
    )
    for watcher in (memory, residency):
        watcher.start()
        atexit.register(watcher.stop)
    return build_dashboard(context), Operations(settings, dialogue, store, runner, telemetry, opened.sign_ins)


def main(arguments: list[str] | None = None) -> None:
    """Read the options, build the dashboard and serve it until it is stopped.

    Exit codes: 2 for an option that cannot be, 1 for anything else that keeps it from starting.
    """
    settings = read_settings(sys.argv[1:] if arguments is None else arguments)
    from comparer.serving.logs import begin_logging
    from comparer.serving.uploads import own_uploads
    from comparer.ui.launch import serve

    begin_logging(settings.log_format, settings.log_level)
    try:
        with own_uploads():
            page, operations = build(settings)
            try:
                serve(page, settings, operations)
            except OSError as error:
                raise InputError("port_unusable", host=settings.host, port=settings.port) from error
    except ComparerError as error:
        raise SystemExit(f"app.py: {error}") from error


def read_settings(arguments: list[str]) -> Settings:
    """The settings of flags and environment; a wrong one ends the program with a sentence and exit code 2."""
    try:
        return CliApp.run(Settings, cli_args=arguments)
    except ValidationError as error:
        name = str(error.errors()[0]["loc"][0])
        wrong = InputError(
            "option_wrong",
            flag=f"--{name.replace('_', '-')}",
            variable=f"COMPARER_{name.upper()}",
            problem=error.errors()[0]["msg"],
        )
        print(f"app.py: {wrong}", file=sys.stderr)  # noqa: T201
        raise SystemExit(2) from error
    except SettingsError as error:
        print(f"app.py: {error}", file=sys.stderr)  # noqa: T201
        raise SystemExit(2) from error


if __name__ == "__main__":
    main()
