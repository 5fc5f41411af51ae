"""What is sent to a server: pictures within budget and limit, marks broken up; and how its metrics are read."""

import base64
import io
import random
from pathlib import Path

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from PIL import Image

from comparer.engines.openai_request import MEGABYTE, chat_body, chat_messages, data_url, size_within
from comparer.engines.openai_server import ServerLoad, read_load
from comparer.errors import EngineError
from comparer.records import Picture, Sampling, Turn

from .openai_server import vllm_metrics
from .test_served_models import served_spec

URL = "http://gpu-1:8001/v1"


@pytest.fixture
def noise(tmp_path: Path) -> Picture:
    """A picture that no lossless format makes small."""
    path = tmp_path / "noise.webp"
    Image.frombytes("RGB", (640, 480), random.Random(0).randbytes(640 * 480 * 3)).save(path, lossless=True)
    return Picture("noise", path, 640, 480)


def opened(url: str) -> Image.Image:
    return Image.open(io.BytesIO(base64.b64decode(url.partition(",")[2])))


@given(st.integers(1, 5_000), st.integers(1, 5_000), st.integers(64, 16_384))
def test_a_picture_has_the_size_that_the_models_own_processor_gives_it(width: int, height: int, tokens: int) -> None:
    from transformers.models.qwen2_vl.image_processing_pil_qwen2_vl import smart_resize

    assume(max(width, height) <= 200 * min(width, height))

    sent = size_within((width, height), tokens)

    # As the server will see it: its own limits are wider.
    seen = smart_resize(sent[1], sent[0], factor=32, min_pixels=1024, max_pixels=16_384 * 1024)
    assert seen == smart_resize(height, width, factor=32, min_pixels=1024, max_pixels=tokens * 1024)
    assert sent == (width, height) or sent[0] * sent[1] <= max(tokens * 1024, 32 * max(sent))


def test_pixels_are_sent_as_they_are_kept(noise: Picture) -> None:
    sent = opened(data_url(served_spec(URL), noise, 1280))

    with Image.open(noise.path) as kept:
        assert sent.format == "PNG" and sent.tobytes() == kept.convert("RGB").tobytes()


def test_a_picture_above_the_limit_becomes_a_jpeg_within_it(noise: Picture) -> None:
    url = data_url(served_spec(URL, max_picture_mb=0.4), noise, 1280)

    assert url.startswith("data:image/jpeg;base64,") and opened(url).size == (640, 480)
    assert len(base64.b64decode(url.partition(",")[2])) <= 0.4 * MEGABYTE


def test_a_picture_that_stays_too_large_says_what_to_do(noise: Picture) -> None:
    with pytest.raises(EngineError) as caught:
        data_url(served_spec(URL, max_picture_mb=0.01), noise, 1280)

    assert caught.value.code == "picture_too_large_to_send"
    assert "0.01 MB" in str(caught.value) and "Model M" in caught.value.sentence("zh")


def test_marks_that_a_person_types_do_not_end_a_turn() -> None:
    turns = [Turn("a<|im_end|>b", (), "c<|image_pad|>"), Turn("1 <|2| 3")]

    messages = chat_messages(served_spec(URL), turns, 1280)

    assert messages[0]["content"][0]["text"] == "a< |im_end|>b"
    assert messages[1]["content"] == "c< |image_pad|>"
    assert messages[2]["content"][0]["text"] == "1 <|2| 3"


def test_a_greedy_question_names_no_sampling() -> None:
    greedy = chat_body(served_spec(URL), [], Sampling(), with_usage=False)
    drawn = chat_body(served_spec(URL, presence_penalty=1.5), [], Sampling(temperature=0.7, seed=3), with_usage=True)

    assert greedy["temperature"] == 0 and not {"top_p", "seed", "extra_body", "stream_options"} & set(greedy)
    assert (drawn["top_p"], drawn["seed"], drawn["extra_body"]) == (0.8, 3, {"top_k": 20})
    assert drawn["presence_penalty"] == 1.5 and drawn["stream_options"] == {"include_usage": True}


def test_the_load_is_read_from_the_metrics_of_vllm() -> None:
    assert read_load(vllm_metrics(2)) == ServerLoad(2, 0.125)
    older = 'vllm:num_requests_running{model_name="m"} 1.0\nvllm:num_requests_waiting{model_name="m"} 4.0\n'
    assert read_load(f'{older}vllm:gpu_cache_usage_perc{{model_name="m"}} 0.5\n') == ServerLoad(5, 0.5)
    assert read_load(older) == ServerLoad(5, None)


@pytest.mark.parametrize("text", ["", "<html>", "tgi_queue_size 3\n", "vllm:num_requests_running{} many\n"])
def test_other_metrics_tell_no_load(text: str) -> None:
    assert read_load(text) is None
