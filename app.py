"""Start the dashboard: `python app.py`, `gradio app.py`, or a Hugging Face Space.

Settings -> lineup -> engines and store -> dashboard -> launch. `python app.py --help` lists all options.
"""

import sys
from typing import Any

from pydantic_settings import CliApp

from comparer.errors import ComparerError
from comparer.settings import Settings


def build(settings: Settings) -> Any:
    """The dashboard for `settings`, not yet launched. Raises `ComparerError`."""
    from comparer.dialogue import Dialogue
    from comparer.engines import Limits, build_engines
    from comparer.engines.choice import choose_lineup
    from comparer.lineup import read_lineup
    from comparer.ui.context import Context
    from comparer.ui.dashboard import build_dashboard
    from storage import open_store

    choice = choose_lineup() if settings.lineup == "auto" else None
    lineup = read_lineup(choice.name if choice else settings.lineup)
    engines = build_engines(lineup, Limits(load_s=settings.load_limit_s, stall_s=settings.stall_s))
    store = open_store(settings.data_dir, settings.database_url)
    dialogue = Dialogue(lineup, engines, store)
    if settings.preload == "always" or (settings.preload == "auto" and lineup.demo):
        dialogue.preload()
    context = Context(
        settings=settings,
        lineup=lineup,
        dialogue=dialogue,
        store=store,
        lineup_reason=choice.reason_code if choice else "",
        lineup_parameters=dict(choice.parameters) if choice else {},
    )
    return build_dashboard(context)


def main(arguments: list[str] | None = None) -> None:
    """Read the options, build the dashboard and serve it until it is stopped."""
    from comparer.ui.launch import launch

    settings = CliApp.run(Settings, cli_args=sys.argv[1:] if arguments is None else arguments)
    try:
        page = build(settings)
    except ComparerError as error:
        raise SystemExit(f"app.py: {error}") from error
    launch(page, settings)


if __name__ == "__main__":
    main()
