"""The model card of a demo checkpoint: evaluates it and writes what was measured beside the weights.

python -m comparer.demo.model_card assets/models/small --pictures 300
"""

from __future__ import annotations

import argparse
import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

from comparer.demo.console import write_line
from comparer.demo.evaluate import Evaluation, Score, evaluate
from comparer.demo.questions import KINDS
from comparer.demo.scenes.vocabulary import COLOURS, MONTHS, PARTS, SHAPES, STATUSES
from comparer.demo.train import FACTS_NAME

CARD_NAME = "README.md"
SCORES_NAME = "evaluation.json"

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

Questions in English and Chinese, over up to four turns, about three kinds of drawn pictures:
a product manual page (numbered parts, shapes, colours, names, weights), a fault chart (failures as bars, a trend
line, three warning lamps) and an order ticket (item, quantity, status, order number, two dates). Pictures that are
none of these (noise, blank paper, gradients, loose shapes) are to be answered with a sentence that says so.

## What it cannot

Anything else. It reads a closed list of {parts} part names, {colours} colours, {shapes} shapes, {statuses} statuses,
{months} months and numbers of two digits, in one typeface and size, written where this project's drawings write them,
on square pictures; it knows the phrasings it was trained on; it has not seen photographs, more than one picture,
system messages, or more than four turns. Its refusals were trained on drawn
noise only: on a photograph or an unknown question it may well answer nonsense with confidence.
"""


def write_model_card(folder: Path, evaluation: Evaluation) -> None:
    """Write the card and the scores into `folder`, from what was measured there and the run's own record."""
    facts = json.loads((folder / FACTS_NAME).read_text(encoding="utf-8"))
    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    sections = [
        _HEAD.format(
            model=facts["model"],
            parameters=facts["parameters"],
            parts=len(PARTS),
            colours=len(COLOURS),
            shapes=len(SHAPES),
            statuses=len(STATUSES),
            months=len(MONTHS),
        ),
        _architecture(config),
        _training(facts),
        _scores(evaluation),
    ]
    (folder / CARD_NAME).write_text("\n".join(sections), encoding="utf-8")
    scores = json.dumps(asdict(evaluation), indent=2, ensure_ascii=False)
    (folder / SCORES_NAME).write_text(scores + "\n", encoding="utf-8")


def _architecture(config: dict[str, Any]) -> str:
    text, vision = config["text_config"], config["vision_config"]
    return f"""## Architecture

| | text | vision |
|---|---|---|
| width | {text["hidden_size"]} | {vision["hidden_size"]} |
| layers | {text["num_hidden_layers"]} | {vision["depth"]} |
| MLP width | {text["intermediate_size"]} | {vision["intermediate_size"]} |
| heads (kv) | {text["num_attention_heads"]} ({text["num_key_value_heads"]}) | {vision["num_heads"]} |

A square picture becomes 192 x 192 pixels, 12 x 12 patches, 36 image tokens. Vocabulary {text["vocab_size"]}
(byte-level BPE, single digits), tied embeddings, weights in bf16.
"""


def _training(facts: dict[str, Any]) -> str:
    stages = ", ".join(f"{stage['name']} {stage['share']:.0%}" for stage in facts["stages"])
    return f"""## Training

{facts["pictures"]:,} drawn pictures in {facts["steps"]} steps of {facts["batch_size"]}, seed {facts["seed"]}.
Stages: {stages}. {facts["seconds"] / 60:.1f} minutes on
{facts["device"].upper()} (a shared machine; time spent drawing and measuring not counted), torch {facts["torch"]},
fp32. Muon for matrices, AdamW for the rest; dense labels of every picture as auxiliary losses.
The curve is in `training_log.jsonl` (teacher-forced shares on 48 held-out pictures, percent).
"""


def _scores(evaluation: Evaluation) -> str:
    lines = [
        "## Scores",
        "",
        f"Greedy generation on {evaluation.pictures} pictures from seeds never trained on (576 x 576, downsized by "
        "the processor), dialogues of one to four turns with the model's own earlier answers in them. An answer is "
        "right when all its decisive words and numbers are. Chance is a guess in the right form without looking.",
        "",
        f"Mean over the three domains: **{evaluation.mean:.1%}**.",
        "",
        "| | right | n | chance |",
        "|---|---|---|---|",
    ]
    groups = (
        ("domain", evaluation.domains),
        ("depth", evaluation.depths),
        ("language", evaluation.languages),
        ("turn", evaluation.turns),
    )
    for group, scores in groups:
        lines += [_row(f"{group} {name}", score) for name, score in scores.items()]
    lines.append(_row("outside the domains", evaluation.out_of_domain))
    lines += ["", "| question type | right | n | chance |", "|---|---|---|---|"]
    lines += [_row(kind, evaluation.kinds[kind]) for kind in KINDS if kind in evaluation.kinds]
    weak = no_better_than_chance(evaluation)
    if weak:
        lines += ["", f"No better than a guess: {', '.join(weak)}."]
    return "\n".join(lines) + "\n"


def no_better_than_chance(evaluation: Evaluation) -> tuple[str, ...]:
    """Question types whose share of right answers is at most that of a guess."""
    return tuple(
        kind
        for kind in KINDS
        if kind in evaluation.kinds and evaluation.kinds[kind].accuracy <= evaluation.kinds[kind].chance
    )


def _row(name: str, score: Score) -> str:
    return f"| {name} | {score.accuracy:.1%} | {score.n} | {score.chance:.1%} |"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, nargs="+")
    parser.add_argument("--pictures", type=int, default=300)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    for folder in options.folder:
        evaluation = evaluate(folder, options.pictures, options.seed)
        write_model_card(folder, evaluation)
        write_line(f"{folder.name}: {evaluation.mean:.1%}")


if __name__ == "__main__":
    main()
