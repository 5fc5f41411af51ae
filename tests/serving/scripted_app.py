"""The dashboard in a process of its own, as `python app.py` serves it, but with engines that follow a script.

`python -m tests.serving.scripted_app [options of app.py]`; the script is JSON in the variable `SCRIPT`. With
`CROWD=1` every visitor is answered at once: engines and their line serve all side by side.
"""

import json
import os
import sys
import threading
from collections.abc import Iterator, Sequence
from time import perf_counter

from app import read_settings
from comparer.admission import Admission
from comparer.comparison import Comparison, DeviceLine, Ticket
from comparer.dialogue import Dialogue
from comparer.engines import Engine
from comparer.engines.pool import EnginePool
from comparer.engines.scripted_engine import Script, ScriptedEngine
from comparer.lineup import Lineup
from comparer.records import Finished, Queued, Request, Started, StreamEvent, Tokens
from comparer.serving.logs import begin_logging
from comparer.serving.operations import Operations
from comparer.serving.telemetry import Telemetry
from comparer.serving.uploads import own_uploads
from comparer.serving.watched_store import watched
from comparer.suites.runner import Runner
from comparer.ui.context import Context
from comparer.ui.dashboard import build_dashboard
from comparer.ui.launch import serve
from storage import open_store
from tests.conftest import scripted_lineup


class StampingEngine(ScriptedEngine):
    """Answers any number of requests at a time; each token is the moment at which it was made (`perf_counter`)."""

    def stream(self, request: Request, cancel: threading.Event | None = None) -> Iterator[StreamEvent]:
        cancel = cancel or threading.Event()
        self.state = "ready"
        yield Queued(perf_counter())
        began_s = perf_counter()
        yield Started(began_s, preprocess_s=0.0, input_tokens=len(request.turns), image_tokens=0)
        for number in range(self.script.tokens):
            due_s = began_s + self.script.ttft_s + number / self.script.tokens_per_s
            if cancel.wait(max(0.0, due_s - perf_counter())):
                yield Finished(perf_counter(), "cancelled")
                return
            yield Tokens(now_s := perf_counter(), f"{now_s:.4f}{self.spec.key[0]} ")
        yield Finished(perf_counter(), "stop", peak_memory_bytes=0, weights_bytes=0)


class NoLine(DeviceLine):
    """Serves everybody at once."""

    def _is_served(self, ticket: Ticket) -> bool:
        return True


class TheseEngines(EnginePool):
    """Hands out the same engines for runs, whatever lineup is asked for."""

    def __init__(self, engines: Sequence[Engine]) -> None:
        super().__init__()
        self._these = tuple(engines)

    def of(self, lineup: Lineup) -> tuple[Engine, ...]:
        return self._these


def main() -> None:
    settings = read_settings(sys.argv[1:])
    begin_logging(settings.log_format, settings.log_level)
    script = Script(**json.loads(os.environ.get("SCRIPT", "{}")))
    crowd = bool(os.environ.get("CROWD"))
    lineup = scripted_lineup()
    kind = StampingEngine if crowd else ScriptedEngine
    engines = [kind(spec, script=script) for spec in lineup.models]
    telemetry = Telemetry()
    opened = open_store(settings.data_dir, settings.database_url)
    store = watched(opened, telemetry)
    comparison = Comparison(NoLine() if crowd else None)
    dialogue = Dialogue(lineup, engines, store, comparison, Admission(settings.max_questions))
    pool = TheseEngines(engines)
    runner = Runner(store.runs, store, comparison, pool, lambda _name: lineup, home=lineup)
    runner.begin()
    with own_uploads():
        page = build_dashboard(Context(settings, lineup, dialogue, store, engines=pool, worker=runner))
        serve(page, settings, Operations(settings, dialogue, store, runner, telemetry, opened.sign_ins))


if __name__ == "__main__":
    main()
