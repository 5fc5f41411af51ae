"""The whole path on toys: what is asked for is measured, named, kept, gone on with, and read again."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from comparer.bench import gpu, runner
from comparer.bench.measurements import SHIPPED, Measurements, read_measurements
from comparer.bench.plan import SHRUNK_SIZES, tasks_of
from comparer.bench.subject import Subject
from comparer.paths import ASSETS

ROOT = ASSETS.parent
FOREIGN = ("gradio", "sqlalchemy", "pydantic", "typer", "rich", "bitsandbytes")


def bench(file: Path, *arguments: str) -> Measurements:
    assert gpu.main(["--shrink", "--device", "cpu", "--out", str(file), *arguments]) == 0
    return read_measurements(file)


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """One prompt of each kind is enough to try the path."""
    monkeypatch.setattr(gpu, "SHRUNK_SIZES", gpu.Sizes((4,), (32,), (32,), batch=2, new_tokens=4))


def test_it_runs_without_what_the_page_needs(tmp_path: Path) -> None:
    file = tmp_path / "toys.json"
    code = (
        "import sys\n"
        "from comparer.bench.gpu import main\n"
        f"asked = '--shrink --device cpu --models 30b --precisions bf16 --out'.split() + [{str(file)!r}]\n"
        "failed = main(asked)\n"
        f"found = [name for name in {FOREIGN!r} if name in sys.modules]\n"
        "raise SystemExit(failed or ', '.join(found) or None)"
    )

    ran = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)

    assert ran.returncode == 0, ran.stderr
    measured = {one.id.removeprefix("30B-A3B/bf16/"): one for one in read_measurements(file).measurements}
    assert set(measured) == {
        task.id.removeprefix("30B-A3B/bf16/") for task in tasks_of("30B-A3B", "bf16", SHRUNK_SIZES)
    }
    assert measured["build"].weights_bytes == measured["build"].predicted_weights_bytes
    assert measured["prefill/image16"].input_tokens == 16 + 34
    assert measured["decode/compiled/text32/batch1"].reason == "not_compiled"
    assert {one.status for one in measured.values()} == {"measured", "not_measured"}
    assert "30B-A3B/bf16/decode/eager/text32/batch2" in ran.stdout


def test_figures_fit_together(tmp_path: Path, quick: None) -> None:
    content = bench(tmp_path / "toys.json", "--models", "4b", "--precisions", "bf16")

    assert content.shrunk
    assert content.versions["torch"] == torch.__version__
    assert "--models 4b" in content.commands[0]
    for one in content.measurements:
        if one.kind in ("prefill", "decode") and one.status == "measured":
            assert one.runs == 5
            assert one.q1_s <= one.median_s <= one.q3_s, one
            tokens = one.input_tokens if one.kind == "prefill" else one.batch
            assert one.tokens_per_s == pytest.approx(tokens / one.median_s)
            assert one.peak_bytes is None, "torch does not count a CPU's memory"


def test_quantised_models_are_smaller(tmp_path: Path, quick: None) -> None:
    content = bench(tmp_path / "toys.json", "--models", "8b", "--precisions", "bf16,int8,nf4")

    built = {one.precision: one.weights_bytes for one in content.measurements if one.kind == "build"}
    assert built["nf4"] < built["int8"] < built["bf16"]
    speeds = [one for one in content.measurements if one.kind == "decode" and one.mode == "eager"]
    assert {one.precision for one in speeds if one.status == "measured"} == {"bf16", "int8", "nf4"}


def test_what_cannot_be_is_named(tmp_path: Path, quick: None, monkeypatch: pytest.MonkeyPatch) -> None:
    from comparer.bench import building

    monkeypatch.setattr(building, "find_spec", lambda _: None)
    content = bench(tmp_path / "toys.json", "--models", "4b,30b", "--precisions", "int8,fp8")

    assert {one.id: (one.status, one.reason) for one in content.measurements} == {
        "4B/int8/build": ("not_measured", "bitsandbytes_missing"),
        "30B-A3B/int8/build": ("not_measured", "experts_fused"),
        "4B/fp8/build": ("not_measured", "fp8_kernels"),
        "30B-A3B/fp8/build": ("not_measured", "fp8_kernels"),
    }
    assert all(one.why("zh") != one.why("en") for one in content.measurements)


def test_a_spent_budget_skips_by_name_and_resuming_goes_on(tmp_path: Path, quick: None) -> None:
    file = tmp_path / "toys.json"
    asked = ("--models", "4b", "--precisions", "bf16")

    skipped = bench(file, *asked, "--budget-s", "0")
    assert {(one.status, one.reason) for one in skipped.measurements} == {("skipped", "budget")}

    done = bench(file, *asked, "--resume")
    assert [one.id for one in done.measurements] == [one.id for one in skipped.measurements]
    assert {one.status for one in done.measurements} == {"measured", "not_measured"}
    assert (done.date, len(done.commands)) == (skipped.date, 2)

    again = bench(file, *asked, "--resume")
    assert again.measurements == done.measurements, "nothing is measured twice"


def test_one_failure_stops_nothing_and_is_tried_again(
    tmp_path: Path, quick: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "toys.json"
    asked = ("--shrink", "--device", "cpu", "--models", "4b,8b", "--precisions", "bf16", "--out", str(file))
    real = Subject.measure

    def fail(subject: Subject, task: runner.Task, repeats: int) -> object:
        if task.model == "4B" and task.image_tokens:
            raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 9 GiB")
        return real(subject, task, repeats)

    monkeypatch.setattr(Subject, "measure", fail)
    assert gpu.main(asked) == 1
    one = read_measurements(file).measurements[1]
    assert (one.id, one.status, one.reason) == ("4B/bf16/prefill/image4", "failed", "failed")
    assert "Tried to allocate 9 GiB" in one.why("en")

    monkeypatch.setattr(Subject, "measure", real)
    assert "failed" not in {one.status for one in bench(file, *asked[3:7], "--resume").measurements}


def test_a_model_that_cannot_be_built_is_named_with_all_its_tasks(
    tmp_path: Path, quick: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    from comparer.bench import subject

    def fail(*_: object) -> None:
        raise MemoryError("no room")

    monkeypatch.setattr(subject, "build", fail)
    file = tmp_path / "toys.json"
    asked = ["--shrink", "--device", "cpu", "--models", "4b", "--precisions", "bf16", "--out", str(file)]
    assert gpu.main(asked) == 1
    first, *others = read_measurements(file).measurements
    assert (first.status, first.detail) == ("failed", "MemoryError: no room")
    assert {(one.status, one.reason) for one in others} == {("skipped", "build_failed")}


def test_toys_never_get_among_what_is_shipped(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = sorted(SHIPPED.glob("*"))
    detour = tmp_path / "detour"
    detour.symlink_to(SHIPPED.parent)

    for place in (["--out", str(SHIPPED / "toys.json")], ["--out", str(detour / "measurements" / "toys.json")], []):
        assert gpu.main(["--shrink", "--device", "cpu", *place]) == 2
        assert "mean nothing" in capsys.readouterr().err
    assert sorted(SHIPPED.glob("*")) == before


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--models", "5b"], "5b is not known"),
        (["--precisions", "int3"], "int3 is not known"),
        (["--device", "cuda:9"], "no card cuda:9"),
        (["--device", "tpu"], "no card tpu"),
        (["--device", "cpu"], "no card cpu"),
    ],
)
def test_wrong_wishes_get_a_sentence(arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert gpu.main(arguments) == 2
    assert said in capsys.readouterr().err


def test_a_file_is_neither_overwritten_nor_mixed(
    tmp_path: Path, quick: None, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "toys.json"
    asked = ["--shrink", "--device", "cpu", "--models", "4b", "--precisions", "fp8", "--out", str(file)]
    assert gpu.main(asked) == 0
    kept = file.read_bytes()

    assert gpu.main(asked) == 2
    assert "--resume" in capsys.readouterr().err

    monkeypatch.setattr(gpu, "describe_versions", lambda: {"torch": "1.0"})
    assert gpu.main([*asked, "--resume"]) == 2
    assert "versions" in capsys.readouterr().err
    assert file.read_bytes() == kept

    assert gpu.main([*asked, "--force"]) == 0
    assert read_measurements(file).versions == {"torch": "1.0"}


def test_a_place_that_cannot_be_written_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "taken").write_text("no folder")
    out = tmp_path / "taken" / "toys.json"
    assert gpu.main(["--shrink", "--device", "cpu", "--precisions", "fp8", "--out", str(out)]) == 2
    assert "cannot be written" in capsys.readouterr().err


def test_json_on_standard_output_is_one_object(
    tmp_path: Path, quick: None, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "toys.json"
    bench(file, "--models", "4b", "--precisions", "fp8", "--json")
    assert json.loads(capsys.readouterr().out) == json.loads(file.read_text("utf-8"))


def test_the_command_line_calls_the_same(tmp_path: Path) -> None:
    from typer.testing import CliRunner

    from comparer.cli import app

    file = tmp_path / "toys.json"
    asked = ["bench", "gpu", "--shrink", "--device", "cpu", "--precisions", "fp8", "--out", str(file)]
    ran = CliRunner().invoke(app, asked)
    assert ran.exit_code == 0, ran.output
    assert len(read_measurements(file).measurements) == 3
    assert CliRunner().invoke(app, asked).exit_code == 2
