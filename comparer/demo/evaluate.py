"""Score a demo checkpoint on held-out pictures: greedy generation through the ordinary Hugging Face classes, the
model's own answers kept in the conversation, exact match of the decisive fields.

    python -m comparer.demo.evaluate assets/models/large --pictures 300 --json
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from random import Random
from typing import Any

from comparer.demo.console import write_line
from comparer.demo.data import HELD_OUT_FROM, LONGEST_DIALOGUE
from comparer.demo.questions import KINDS, Turn, draw_dialogue
from comparer.demo.scenes import DOMAINS, Scene, SceneKind, draw_scene
from comparer.demo.scenes.vocabulary import LANGUAGES
from comparer.demo.scoring import is_right

SCALE = 3
OUTSIDE_EVERY = 10
"""One picture in this many lies outside the three domains."""


@dataclass(frozen=True)
class Score:
    """Share of right answers among `n`, and the share that guessing in the right form would reach (both 0-1)."""

    accuracy: float
    n: int
    chance: float


@dataclass(frozen=True)
class Evaluation:
    """Scores of one checkpoint. `mean` is the mean over the three domains; `turns` are counted from 1."""

    model: str
    seed: int
    pictures: int
    seconds: float
    mean: float
    domains: dict[str, Score]
    depths: dict[str, Score]
    languages: dict[str, Score]
    turns: dict[str, Score]
    kinds: dict[str, Score]
    out_of_domain: Score

    def to_json(self) -> str:
        return json.dumps(asdict(self), ensure_ascii=False)


@dataclass(frozen=True)
class ScoredTurn:
    """One asked turn: its place in the dialogue, what was said, and whether that was right."""

    kind: SceneKind
    turn: Turn
    number: int
    answer: str
    right: bool


class Answerer:
    """A loaded checkpoint that answers greedily. `dtype` is any that `from_pretrained` takes."""

    def __init__(self, folder: Path, dtype: str = "float32") -> None:
        from transformers import AutoModelForImageTextToText

        from comparer.demo.processor import load_processor

        self._processor = load_processor(folder)
        self._model = AutoModelForImageTextToText.from_pretrained(folder, dtype=dtype).eval()

    def answer(self, messages: list[dict[str, Any]]) -> str:
        """The reply to `messages` (ChatML with structured content; pictures as PIL images)."""
        import torch

        inputs = self._processor.apply_chat_template(
            messages, add_generation_prompt=True, tokenize=True, return_dict=True, return_tensors="pt"
        )
        with torch.inference_mode():
            ids = self._model.generate(**inputs, do_sample=False, max_new_tokens=40)
        text: str = self._processor.tokenizer.decode(ids[0, inputs["input_ids"].shape[1] :], skip_special_tokens=True)
        return text


def ask_dialogue(answerer: Answerer, scene: Scene, turns: Iterable[Turn]) -> list[ScoredTurn]:
    """Ask turn by turn; later turns see the model's own earlier answers, right or wrong."""
    messages: list[dict[str, Any]] = []
    scored = []
    for number, turn in enumerate(turns, 1):
        picture: list[dict[str, Any]] = [] if messages else [{"type": "image", "image": scene.image}]
        messages.append({"role": "user", "content": [*picture, {"type": "text", "text": turn.question}]})
        answer = answerer.answer(messages)
        messages.append({"role": "assistant", "content": [{"type": "text", "text": answer}]})
        scored.append(ScoredTurn(scene.kind, turn, number, answer, is_right(answer, turn.answer)))
    return scored


def evaluate(folder: Path, pictures: int = 300, seed: int = 0, dtype: str = "float32") -> Evaluation:
    """Evaluate the checkpoint in `folder` on `pictures` scenes from held-out seeds, one dialogue a picture."""
    started = time.perf_counter()
    answerer = Answerer(folder, dtype)
    scored: list[ScoredTurn] = []
    for index in range(pictures):
        kind: SceneKind = "outside" if index % OUTSIDE_EVERY == OUTSIDE_EVERY - 1 else DOMAINS[index % len(DOMAINS)]
        scene = draw_scene(HELD_OUT_FROM + seed * 10**6 + index, kind, SCALE)
        random = Random(f"evaluation:{seed}:{index}")
        language = random.choice(LANGUAGES)
        turns = draw_dialogue(scene.facts, language, random.randint(1, LONGEST_DIALOGUE), random)
        scored += ask_dialogue(answerer, scene, turns)
    return _summarise(folder.name, seed, pictures, time.perf_counter() - started, scored)


def _summarise(model: str, seed: int, pictures: int, seconds: float, scored: list[ScoredTurn]) -> Evaluation:
    inside = [one for one in scored if one.kind != "outside"]
    domains = _by(inside, lambda one: one.kind)
    return Evaluation(
        model=model,
        seed=seed,
        pictures=pictures,
        seconds=round(seconds, 1),
        mean=round(sum(score.accuracy for score in domains.values()) / max(1, len(domains)), 4),
        domains=domains,
        depths=_by(inside, lambda one: KINDS[one.turn.kind][0]),
        languages=_by(inside, lambda one: one.turn.language),
        turns=_by(inside, lambda one: str(one.number)),
        kinds=_by(inside, lambda one: one.turn.kind),
        out_of_domain=_score([one for one in scored if one.kind == "outside"]),
    )


def _by(scored: list[ScoredTurn], key: Any) -> dict[str, Score]:
    return {
        name: _score([one for one in scored if key(one) == name]) for name in sorted({key(one) for one in scored})
    }


def _score(scored: list[ScoredTurn]) -> Score:
    n = len(scored)
    right = sum(one.right for one in scored)
    chance = sum(KINDS[one.turn.kind][1] for one in scored)
    return Score(round(right / max(1, n), 4), n, round(chance / max(1, n), 4))


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, nargs="+", help="checkpoint folders")
    parser.add_argument("--pictures", type=int, default=300)
    parser.add_argument("--seed", type=int, default=0, help="another seed means other held-out pictures")
    parser.add_argument("--dtype", default="float32")
    parser.add_argument("--json", action="store_true", help="one JSON object on standard output")
    options = parser.parse_args(arguments)
    results = [evaluate(folder, options.pictures, options.seed, options.dtype) for folder in options.folder]
    if options.json:
        write_line(json.dumps({"models": {result.model: asdict(result) for result in results}}, ensure_ascii=False))
        return
    for result in results:
        write_line(f"{result.model}: {result.mean:.1%} over the three domains, {result.pictures} pictures")
        for group in (result.domains, result.depths, result.languages, result.turns, result.kinds):
            for name, score in group.items():
                write_line(f"  {name:22} {score.accuracy:6.1%}  n={score.n:<4} chance {score.chance:.1%}")
        write_line(f"  outside the domains    {result.out_of_domain.accuracy:6.1%}  n={result.out_of_domain.n}")


if __name__ == "__main__":
    main()
