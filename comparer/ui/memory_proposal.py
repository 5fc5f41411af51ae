"""At which precisions all models of the lineup would be in memory together here. Worked out once, in a thread."""

import logging
import threading
from dataclasses import dataclass
from html import escape

from comparer.cost.fits import model_memory
from comparer.cost.prices import cards_here
from comparer.cost.together import Together, fit_together
from comparer.engines.cards import Cards, read_cards
from comparer.engines.memory import Free, device_memory
from comparer.errors import ComparerError
from comparer.lineup import Lineup
from comparer.texts import Language, text
from comparer.ui import units

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Proposal:
    """What fits together, on what; `together` is None where nothing does."""

    device: str
    """A card's name; empty for the memory of this computer."""
    memory_bytes: int
    together: Together | None
    problem: ComparerError | None = None
    """Why nothing could be worked out."""
    budget_bytes: int | None = None
    """What the weights of all must stay within."""


def propose(
    lineup: Lineup, budget_bytes: int | None = None, cards: Cards | None = None, host: Free | None = None
) -> Proposal | None:
    """For the first card here, or for this computer's own memory without one. Takes seconds: torch is imported.

    None where there is nothing to propose: models that others serve, or one alone.
    """
    if len(lineup.models) < 2 or any(spec.engine != "transformers" for spec in lineup.models):
        return None
    here = cards_here(cards or read_cards())
    on_card = here and all(spec.device != "cpu" for spec in lineup.models)
    device, memory = (
        (here[0].name, here[0].memory_bytes) if on_card else ("", (host or device_memory("cpu")).total_bytes)
    )
    try:
        models = [model_memory(spec) for spec in lineup.models]
    except ComparerError as error:
        return Proposal(device, memory, None, error)
    return Proposal(device, memory, fit_together(models, memory, budget_bytes), budget_bytes=budget_bytes)


class Later:
    """A lineup's proposal; worked out in a thread when it is first asked for."""

    def __init__(self, lineup: Lineup, budget_bytes: int | None = None) -> None:
        self._lineup = lineup
        self._budget_bytes = budget_bytes
        self._lock = threading.Lock()
        self._begun = False
        self.ready = False
        self.proposal: Proposal | None = None

    def begin(self) -> None:
        """Work it out, unless that has begun."""
        with self._lock:
            if self._begun:
                return
            self._begun = True
        threading.Thread(target=self._work, name="memory-proposal", daemon=True).start()

    def _work(self) -> None:
        try:
            self.proposal = propose(self._lineup, self._budget_bytes)
        except Exception:
            log.exception("what fits together could not be worked out")
        finally:
            self.ready = True


def proposal_html(proposal: Proposal | None, ready: bool, lineup: Lineup, language: Language) -> str:
    """The proposal as a sentence; empty where there is none."""
    if not ready:
        return f"<p class='memory-note'>{escape(text('memory.proposal_pending', language))}</p>"
    if proposal is None:
        return ""
    where = proposal.device or text("memory.this_computer", language)
    if proposal.budget_bytes is not None:
        where = text("memory.within_budget", language, device=where, budget=units.size(proposal.budget_bytes))
    if proposal.problem is not None:
        return f"<p class='memory-note warning'>{escape(proposal.problem.sentence(language))}</p>"
    size = units.size(proposal.memory_bytes)
    if proposal.together is None:
        said = text("memory.proposal_none", language, device=where, memory=size)
        return f"<p class='memory-note'>{escape(said)}</p>"
    precisions = proposal.together.precisions
    joined = " · ".join(f"{spec.label} {precisions[spec.key]}" for spec in lineup.models)
    as_it_is = all(spec.precision == precisions[spec.key] for spec in lineup.models)
    said = text(
        f"memory.proposal_{'same' if as_it_is else 'other'}", language,
        device=where, needed=units.size(proposal.together.needed_bytes), memory=size, precisions=joined,
    )  # fmt: skip
    return f"<p class='memory-note'>{escape(said)}</p>"
