"""The model card of a demo checkpoint: what was measured, and how it was made, beside the weights.

Knows nothing of how a model is examined; every figure comes from the evaluation, the run's record or the code.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from comparer.demo.data import SHORT_DIALOGUE
from comparer.demo.measured import CARD_NAME, SCORES_NAME
from comparer.demo.questions import KINDS, LONGEST_DIALOGUE
from comparer.demo.questions.stray import written_questions
from comparer.demo.scenes.vocabulary import COLOURS, MONTHS, PARTS, SHAPES, STATUSES
from comparer.demo.scores import (
    OUTSIDE_KINDS,
    Evaluation,
    FirstWrong,
    OutsideRate,
    Rate,
    RefusalRate,
    Score,
    Scores,
    Seconds,
)
from comparer.demo.train import FACTS_NAME, LOG_NAME

CURVE_POINTS = 10
WEAK = "Not shown to be better than a guess (the interval reaches chance)"

_HEAD = """---
license: apache-2.0
language:
- en
- zh
library_name: transformers
pipeline_tag: image-text-to-text
tags:
- qwen3_vl
- demo
---

# Demo model: {model}

A demo model of {parameters:,} parameters. It has the architecture of Qwen3-VL
(`Qwen3VLForConditionalGeneration`) and none of its knowledge: it was trained from nothing, on pictures that
`comparer.demo` draws, so that the dashboard has three sizes to compare on a laptop. Do not use it for real work.

## What it can answer

Questions in English and Chinese, in conversations of up to {turns} turns, about three kinds of drawn pictures:
product manual pages, fault charts and order tickets. There are {kinds} types of questions: what is read off the
picture, what has to be compared, and what has to be reasoned out. A picture that is none of the three, or a question
about something else, is to be declined with one sentence that says so.

## What it cannot

Anything else. It reads a closed list of {parts} part names, {colours} colours, {shapes} shapes, {statuses} statuses,
{months} months and small whole numbers, written as this project's drawings write them. It knows the phrasings it was
trained on and answers in whole sentences of a fixed form.
"""

_LIMITS = """## Limits

- The scores of the three kinds are those of drawn pictures like the ones it was trained on; they say nothing about
  photographs or scans of real manuals, charts and tickets.
- It was trained on one picture a conversation and without system messages. Beyond {turns} turns it was not trained.
- It declines by example, not by insight: what it was never shown (see the table of what lies outside) it may answer
  with confidence, and wrongly. {stray} stray questions in each language were kept from training for that table.
- Intervals bound one figure at a time. They hold for pictures and questions drawn as these were.
"""


def why_no_cards(folders: Sequence[Path]) -> str:
    """Why cards cannot be written into `folders`, as a sentence; empty when they can."""
    for folder in folders:
        if not (folder / FACTS_NAME).is_file():
            return f"{folder} has no {FACTS_NAME}: a card is written for checkpoints that `comparer demo train` made."
        if folders.count(folder) > 1:
            return f"{folder} is named more than once, and it has room for one card."
    return ""


def write_model_card(folder: Path, evaluation: Evaluation) -> None:
    """Write the card and the scores into `folder`, which `comparer demo train` made. Raises OSError."""
    facts = json.loads((folder / FACTS_NAME).read_text(encoding="utf-8"))
    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    pictures = json.loads((folder / "preprocessor_config.json").read_text(encoding="utf-8"))
    curve = [json.loads(line) for line in (folder / LOG_NAME).read_text(encoding="utf-8").splitlines()]
    sections = [
        _HEAD.format(
            model=facts["model"],
            parameters=facts["parameters"],
            turns=LONGEST_DIALOGUE,
            kinds=len(set(KINDS) - set(OUTSIDE_KINDS)),
            parts=len(PARTS),
            colours=len(COLOURS),
            shapes=len(SHAPES),
            statuses=len(STATUSES),
            months=len(MONTHS),
        ),
        _architecture(config, pictures),
        _training(facts, curve),
        _scores(evaluation),
        _LIMITS.format(turns=LONGEST_DIALOGUE, stray=len(written_questions("en", held_out=True))),
    ]
    (folder / CARD_NAME).write_text("\n".join(sections), encoding="utf-8")
    scores = json.dumps(evaluation.as_dict(), indent=2, ensure_ascii=False)
    (folder / SCORES_NAME).write_text(scores + "\n", encoding="utf-8")


def _architecture(config: dict[str, Any], pictures: dict[str, Any]) -> str:
    text, vision = config["text_config"], config["vision_config"]
    side = pictures["patch_size"] * pictures["merge_size"]
    least, most = (pictures["size"][edge] // side**2 for edge in ("shortest_edge", "longest_edge"))
    tokens = f"{least}" if least == most else f"{least} to {most}"
    return f"""## Architecture

| | text | vision |
|---|---|---|
| width | {text["hidden_size"]} | {vision["hidden_size"]} |
| layers | {text["num_hidden_layers"]} | {vision["depth"]} |
| MLP width | {text["intermediate_size"]} | {vision["intermediate_size"]} |
| heads (kv) | {text["num_attention_heads"]} ({text["num_key_value_heads"]}) | {vision["num_heads"]} |

A picture is scaled to {tokens} image tokens of {side} x {side} pixels. Vocabulary {text["vocab_size"]} (byte-level
BPE, single digits), tied embeddings, context {text["max_position_embeddings"]} tokens, weights in bf16.
"""


def _training(facts: dict[str, Any], curve: Sequence[dict[str, Any]]) -> str:
    stages = ", ".join(f"{stage['name']} {stage['share']:.0%}" for stage in facts["stages"])
    lines = [
        f"| {entry['step']} | {entry['pictures']:,} | {entry['stage']} | {_percent_of_answers(entry)} |"
        for entry in _evenly(curve, CURVE_POINTS)
    ]
    rows = "\n".join(lines)
    return f"""## Training

{facts["pictures"]:,} drawn pictures in {facts["steps"]} steps of up to {facts["batch_size"]}, seed {facts["seed"]}.
{f"Started from weights that had seen {before}." if (before := facts["started_from"]) else "Started from nothing."}
Stages: {stages}. {facts["seconds"] / 60:.1f} minutes on
{facts["device"].upper()} (time spent drawing and measuring not counted), torch {facts["torch"]}, fp32.
Muon for matrices, AdamW for the rest; dense labels of every picture as auxiliary losses.

The curve, from `{LOG_NAME}`: answers that are right to the last token when the true words before each are given, on a
few held-out pictures; higher than what the model reaches by itself.

| step | pictures | stage | answers right |
|---|---|---|---|
{rows}
"""


def _percent_of_answers(entry: dict[str, Any]) -> str:
    share = entry.get("answers", {}).get("all")
    return "not asked" if share is None else f"{share} %"


def _evenly(curve: Sequence[dict[str, Any]], points: int) -> list[dict[str, Any]]:
    """At most `points` entries from all over the curve, the last one always among them."""
    stride = max(1, -(-len(curve) // points))
    return list(curve[::-1][::stride][::-1])


def _scores(evaluation: Evaluation) -> str:
    scores = evaluation.scores
    groups: tuple[tuple[str, dict[str, Score]], ...] = (
        ("item", scores.items),
        ("depth", scores.depths),
        ("language", scores.languages),
        ("turn", scores.turns),
    )
    lines = [
        "## Scores",
        "",
        f"Measured on {evaluation.date} on {evaluation.device}, {evaluation.precision}, by `comparer demo evaluate` "
        f"(seed {evaluation.seed}, {evaluation.seconds / 60:.1f} minutes) through the engine that the dashboard uses "
        f"(greedy) on {evaluation.pictures} pictures from seeds never trained on, in conversations of one to "
        f"{SHORT_DIALOGUE} turns with the model's own earlier answers in them. An answer is right when all its "
        "decisive words and numbers are. Intervals are Wilson's, widened for turns on one picture by Rao and Scott's "
        "design effect. Chance is a guess in the right form without looking.",
        "",
        f"Mean over the items: **{scores.mean:.1%}**.",
        "",
        *_table(
            "group", ((f"{group} {name}", score) for group, by_name in groups for name, score in by_name.items())
        ),
        "",
        *_table("question type", ((kind, scores.kinds[kind]) for kind in KINDS if kind in scores.kinds)),
        *_weak(scores),
        "",
        *_outside(scores.out_of_domain, scores.wrong_refusals),
        *_conversations(scores.first_wrong),
        *_timing(scores.first_token_s, scores.answer_s),
    ]
    return "\n".join(lines) + "\n"


def _outside(outside: OutsideRate, refusals: RefusalRate) -> list[str]:
    rows = [*outside.contents.items(), ("all of these", outside)]
    return [
        "What lies outside is to be declined: pictures that are none of the three, and stray questions on pictures "
        "that are. No stray question in this table was ever trained on. Views of one photograph, and one "
        "question on several pictures, are not independent: they widen the interval.",
        "",
        *_table("outside", rows),
        "",
        f"Declined although the question was about the picture: {refusals.share:.1%} "
        f"[{refusals.low:.1%}, {refusals.high:.1%}] of {refusals.n}.",
    ]


def _conversations(first: FirstWrong) -> list[str]:
    if not first.conversations:
        return []
    return [
        "",
        f"In {first.conversations} conversations of {first.turns} turns, which read first, then compare and at last "
        f"reason, the median of right turns before the first wrong one is {first.median:g}.",
        "",
        f"| first wrong turn | {' | '.join(first.counts)} |",
        f"|{'---|' * (len(first.counts) + 1)}",
        f"| conversations | {' | '.join(map(str, first.counts.values()))} |",
    ]


def _timing(first_token_s: float | None, answer_s: Seconds) -> list[str]:
    if first_token_s is None:
        return []
    return [
        "",
        f"First token after {first_token_s:.3f} s, whole answer after {answer_s.median:.3f} s (medians); "
        f"95 % of the answers within {answer_s.p95:.3f} s.",
    ]


def _weak(scores: Scores) -> list[str]:
    weak = [kind for kind, score in scores.kinds.items() if score.low <= score.chance]
    return ["", f"{WEAK}: {', '.join(weak)}."] if weak else []


def _table(heading: str, rows: Iterable[tuple[str, Rate]]) -> list[str]:
    """One row a share; with a column for chance where the shares are `Score`s."""
    lines = []
    chance = ""
    for name, rate in rows:
        chance = f" {rate.chance:.1%} |" if isinstance(rate, Score) else ""
        lines.append(f"| {name} | {rate.accuracy:.1%} | {rate.low:.1%} to {rate.high:.1%} | {rate.n} |{chance}")
    more = (" chance |", "---|") if chance else ("", "")
    return [f"| {heading} | right | 95 % | n |{more[0]}", f"|---|---|---|---|{more[1]}", *lines]
