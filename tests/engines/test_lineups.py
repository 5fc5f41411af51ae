"""The shipped lineups, what a wrong one is told, and which one `auto` means."""

import re
import traceback
from pathlib import Path

import pytest

from comparer.engines import build_engines, choice
from comparer.engines.checkpoint import (
    cached_snapshot,
    count_parameters,
    estimated_weights_bytes,
    has_weights,
)
from comparer.engines.choice import choose_lineup
from comparer.engines.identity import model_identity
from comparer.errors import LineupError
from comparer.lineup import ModelSpec, read_lineup, shipped_lineups
from comparer.records import Sampling
from comparer.texts import LANGUAGES, text

from .checkpoints import save_dense

GOOD = """
title = { en = "Mine", zh = "我的" }

[[models]]
key = "a"
label = "A"
model = "someone/a"

[[models]]
key = "b"
label = "B"
model = "someone/b"
precision = "nf4"
"""


def write(folder: Path, source: str) -> str:
    path = folder / "mine.toml"
    path.write_text(source, "utf-8")
    return str(path)


def test_shipped_lineups_can_be_read() -> None:
    assert {"demo", "demo-precisions", "qwen3-vl", "qwen3-vl-8b-precisions", "qwen3-vl-served"} <= set(
        shipped_lineups()
    )
    for name in shipped_lineups():
        lineup = read_lineup(name)
        assert len(lineup.models) == 3
        assert lineup.title_en and lineup.title_zh and lineup.title_en != lineup.title_zh
        assert lineup.demo == name.startswith("demo")
        build_engines(lineup)  # loads nothing


def weights_bytes(spec: ModelSpec) -> float:
    """From the files where they are here, else from the card's number of parameters and the precision."""
    folder = Path(spec.model) if Path(spec.model).is_dir() else cached_snapshot(spec.model)
    if folder is not None and has_weights(folder):
        return estimated_weights_bytes(folder, spec.precision)
    number, unit = re.match(r"([\d.]+)([MB])", spec.card.parameters).groups()  # type: ignore[union-attr]
    bytes_per_value = {"fp32": 4.0, "bf16": 2.0, "fp16": 2.0, "fp8": 1.0, "int8": 1.0, "nf4": 0.5}
    return float(number) * {"M": 1e6, "B": 1e9}[unit] * bytes_per_value[spec.precision]


@pytest.mark.parametrize("name", shipped_lineups())
def test_lineups_list_the_smallest_first(name: str) -> None:
    """ "The smallest that is enough" is the first that is enough."""
    lineup = read_lineup(name)
    sizes = [weights_bytes(spec) for spec in lineup.models]
    assert sizes == sorted(set(sizes)), lineup.keys
    stated = [spec.card.minimum_memory_gb or 0 for spec in lineup.models]
    assert stated == sorted(stated)


def test_the_real_lineup_names_the_real_checkpoints() -> None:
    lineup = read_lineup("qwen3-vl")

    assert lineup.keys == ("4B", "8B", "30B-A3B")
    assert [model.model for model in lineup.models] == [f"Qwen/Qwen3-VL-{key}-Instruct" for key in lineup.keys]
    assert [model.card.minimum_memory_gb for model in lineup.models] == [8, 16, 72]
    assert {model.precision for model in lineup.models} == {"bf16"}


def test_the_demo_cards_state_the_true_number_of_parameters() -> None:
    for name in ("demo", "demo-precisions"):
        for model in read_lineup(name).models:
            stated = float(model.card.parameters.removesuffix("M")) * 1e6
            assert count_parameters(Path(model.model)) == pytest.approx(stated, rel=0.03)
            assert name == "demo-precisions" or model.card.parameters in model.label


def test_a_folder_may_lie_as_deep_as_a_path_goes(tmp_path: Path) -> None:
    folder = str(tmp_path / "a folder with a long name" / ("x" * 50) / ("y" * 100))
    lineup = read_lineup(write(tmp_path, GOOD.replace("someone/a", folder)))
    assert lineup.models[0].model == folder


def test_a_lineup_of_ones_own_is_read_by_path(tmp_path: Path) -> None:
    lineup = read_lineup(write(tmp_path, GOOD))

    assert (lineup.name, lineup.keys, lineup.title_zh) == ("mine", ("a", "b"), "我的")
    assert [model.precision for model in lineup.models] == ["bf16", "nf4"]


def test_a_model_beside_the_lineup_file_is_found(tmp_path: Path) -> None:
    (tmp_path / "someone" / "a").mkdir(parents=True)

    models = read_lineup(write(tmp_path, GOOD)).models

    assert models[0].model == str(tmp_path / "someone" / "a")
    assert models[1].model == "someone/b"


@pytest.mark.parametrize(
    ("wrong", "right", "line", "field"),
    [
        ('precision = "int3"', 'precision = "nf4"', 13, "models.1.precision"),
        ('label = "A"\ncolour = "red"', 'label = "A"', 7, "models.0.colour"),
        ('key = ""', 'key = "b"', 10, "models.1.key"),
        ('device = "tpu"', 'precision = "nf4"', 13, "models.1.device"),
        ("context_tokens = 3", 'precision = "nf4"', 13, "models.1.context_tokens"),
    ],
)
def test_a_wrong_line_is_named(tmp_path: Path, wrong: str, right: str, line: int, field: str) -> None:
    path = write(tmp_path, GOOD.replace(right, wrong, 1))

    with pytest.raises(LineupError) as caught:
        read_lineup(path)

    assert caught.value.code == "lineup_wrong"
    assert str(caught.value.parameters["path"]) in str(caught.value)  # where it lies is for the command line only
    assert not any("/" in caught.value.sentence(language) for language in ("en", "zh"))
    assert caught.value.parameters["path"] == path
    assert caught.value.parameters["field"] == field
    assert caught.value.parameters["line"] == line
    for language in LANGUAGES:
        assert field in caught.value.sentence(language)


SERVED = GOOD.replace(
    'model = "someone/a"', 'model = "models/small"\nengine = "openai"\nendpoint = "http://gpu-1:8001/v1/"'
)


def test_a_served_model_keeps_its_name_and_its_address(tmp_path: Path) -> None:
    lineup = read_lineup(write(tmp_path, SERVED))

    assert lineup.models[0].model == "models/small"  # not the folder of that name in assets/
    assert lineup.models[0].endpoint == "http://gpu-1:8001/v1"
    assert model_identity(lineup.models[0]) == "models/small@gpu-1:8001"
    assert not lineup.served
    assert read_lineup("qwen3-vl-served").served and not read_lineup("demo").served


def test_one_model_at_two_places_has_two_identities() -> None:
    spec = read_lineup("qwen3-vl-served").models[0]
    places = ["http://a:8001/v1", "http://b:8001/v1", "http://a:8002/v1", "https://a:8001/x/v1", "http://a:8001/y"]

    names = {model_identity(spec.model_copy(update={"endpoint": place})) for place in places}

    assert len(names) == len(places)


@pytest.mark.parametrize(
    "line",
    [
        'endpoint = "http://user:S3CRET@gpu-1:8001/v1"',
        'endpoint = "http://S3CRET@gpu-1:8001/v1"',
        'endpoint = "http://gpu-1:8001/v1?key=S3CRET"',
        'endpoint = "http://gpu-1:8001/v1#S3CRET"',
        'endpoint = "S3CRET"',
        'endpoint = "ftp://S3CRET/v1"',
        'endpoint = "http://gpu-1:S3CRET/v1"',
        'endpoint = "http://[S3CRET"',
        'endpoint = "http://gpu-1 S3CRET/v1"',
        'api_key_env = "sk-S3CRET"',
        'api_key_env = "hf_S3CRETabc"',
        "api_key_env = 1234",
    ],
)
def test_an_address_or_variable_with_a_secret_is_refused_without_repeating_it(tmp_path: Path, line: str) -> None:
    field = line.split(" ", 1)[0]
    good = 'endpoint = "http://gpu-1:8001/v1/"'
    source = SERVED.replace(good, line if field == "endpoint" else f"{good}\n{line}")

    with pytest.raises(LineupError) as caught:
        read_lineup(write(tmp_path, source))

    assert caught.value.parameters["field"] == f"models.0.{field}"
    assert caught.value.parameters["line"] == source.splitlines().index(line) + 1
    chain = "".join(traceback.format_exception(caught.value))
    assert "S3CRET" not in chain and "S3CRET" not in caught.value.sentence("zh")


@pytest.mark.parametrize(
    "source", [SERVED.replace('endpoint = "http://gpu-1:8001/v1/"', ""), SERVED.replace('engine = "openai"', "")]
)
def test_an_endpoint_and_its_engine_belong_together(tmp_path: Path, source: str) -> None:
    with pytest.raises(LineupError) as caught:
        read_lineup(write(tmp_path, source))

    assert "endpoint" in str(caught.value)
    assert caught.value.parameters["line"] == 4


def test_four_bit_checkpoints_of_servers_are_not_for_this_machine(tmp_path: Path) -> None:
    assert (
        read_lineup(
            write(
                tmp_path,
                f'{SERVED}\nendpoint = "http://b/v1"'.replace(
                    'precision = "nf4"', 'precision = "int4"\nengine = "openai"'
                ),
            )
        )
        .models[1]
        .precision
        == "int4"
    )

    with pytest.raises(LineupError) as caught:
        read_lineup(write(tmp_path, GOOD.replace('"nf4"', '"int4"')))

    assert "nf4" in str(caught.value)


def test_keys_that_repeat_are_named(tmp_path: Path) -> None:
    with pytest.raises(LineupError) as caught:
        read_lineup(write(tmp_path, GOOD.replace('key = "b"', 'key = "a"')))

    assert "a, a" in str(caught.value)
    assert caught.value.parameters["line"] == 4


def test_a_file_that_is_no_toml_says_where(tmp_path: Path) -> None:
    with pytest.raises(LineupError) as caught:
        read_lineup(write(tmp_path, GOOD.replace('label = "B"', "label B")))

    assert caught.value.code == "lineup_not_toml"
    assert "line 11" in str(caught.value)


def test_a_file_that_is_no_text_is_said_to_be_unreadable(tmp_path: Path) -> None:
    (tmp_path / "mine.toml").write_bytes(b"\xff\xfe\x00")

    with pytest.raises(LineupError) as caught:
        read_lineup(str(tmp_path / "mine.toml"))

    assert caught.value.code == "lineup_not_toml"


def test_a_file_that_the_system_does_not_give_is_called_by_its_name_on_the_page(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(path: Path, *_: object) -> str:
        raise PermissionError(13, "Permission denied", str(path))

    path = write(tmp_path, GOOD)
    monkeypatch.setattr(Path, "read_text", refuse)
    with pytest.raises(LineupError) as caught:
        read_lineup(path)
    monkeypatch.undo()

    assert path in str(caught.value)
    assert "mine.toml cannot be read: Permission denied" in caught.value.sentence("en")


def test_an_unknown_name_lists_the_known_ones() -> None:
    with pytest.raises(LineupError) as caught:
        read_lineup("qwen4")

    assert caught.value.code == "lineup_unknown"
    assert "demo" in str(caught.value) and "qwen3-vl" in str(caught.value)


def test_what_a_model_fixes_wins_over_what_is_wanted() -> None:
    spec = read_lineup("demo").models[0].model_copy(update={"max_new_tokens": 64, "temperature": 0.5})

    assert spec.sampling(Sampling(max_new_tokens=512)).max_new_tokens == 64
    assert spec.sampling(Sampling(max_new_tokens=10)).max_new_tokens == 10
    assert spec.sampling(Sampling()).temperature == 0.5


# --- auto --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("card_gib", "weights_here", "name", "code"),
    [
        (None, False, "demo", "no_card_no_weights"),
        (None, True, "demo", "no_card"),
        (80, False, "demo", "weights_missing"),
        (80, True, "qwen3-vl", "ready"),
        (40, True, "demo", "card_too_small"),
    ],
)
def test_auto_takes_the_real_lineup_only_where_it_can_run(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    card_gib: int | None,
    weights_here: bool,
    name: str,
    code: str,
) -> None:
    folder = save_dense(tmp_path)
    card_bytes = None if card_gib is None else card_gib * 1024**3
    monkeypatch.setattr(choice, "_first_card_bytes", lambda: card_bytes)
    monkeypatch.setattr(choice, "cached_snapshot", lambda model: folder if weights_here or "4B" in model else None)
    monkeypatch.setattr(choice, "estimated_weights_bytes", lambda *_: 62 * 10**9)

    chosen = choose_lineup()

    assert (chosen.name, chosen.reason_code) == (name, code)
    for language in LANGUAGES:
        sentence = text(f"lineup_reason.{code}", language, **chosen.parameters)
        if name == "demo":
            assert "python app.py --lineup qwen3-vl" in sentence
        if not weights_here:
            assert "hf download Qwen/Qwen3-VL-30B-A3B-Instruct" in sentence
            assert "hf download Qwen/Qwen3-VL-4B-Instruct" not in sentence
            assert "79.5 GB" in sentence
