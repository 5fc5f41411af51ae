"""What holds the project together: dependencies, import directions, the README's promises."""

import ast
import re
import subprocess
import sys
import tomllib

from comparer.paths import ASSETS

ROOT = ASSETS.parent
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))


def run(*command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=120)


def test_a_space_installs_what_the_project_needs() -> None:
    lines = (ROOT / "requirements.txt").read_text("utf-8").splitlines()
    wanted = [line for line in lines if line and not line.startswith("#")]
    assert wanted == PYPROJECT["project"]["dependencies"]


def test_imports_follow_the_flow_of_data() -> None:
    checked = run(sys.executable, "-c", "from importlinter.cli import lint_imports; raise SystemExit(lint_imports())")
    assert checked.returncode == 0, checked.stdout + checked.stderr


def test_importing_the_package_is_cheap() -> None:
    code = (
        "import sys, comparer.errors, comparer.lineup, comparer.metrics, comparer.dialogue, comparer.pictures\n"
        "import comparer.charts, comparer.export, comparer.cost.fits, comparer.cost.rows, comparer.cost.article\n"
        "heavy = {'torch', 'transformers', 'plotly', 'gradio', 'sqlalchemy'} & set(sys.modules)\n"
        "raise SystemExit(', '.join(heavy) or None)"
    )
    checked = run(sys.executable, "-c", code)
    assert checked.returncode == 0, checked.stderr


def test_trainer_needs_neither_page_nor_database() -> None:
    for source in (ROOT / "comparer" / "demo").rglob("*.py"):
        if source.name == "commands.py":
            continue
        for node in ast.walk(ast.parse(source.read_text("utf-8"))):
            names = (
                [alias.name for alias in node.names]
                if isinstance(node, ast.Import)
                else [node.module or ""]
                if isinstance(node, ast.ImportFrom)
                else []
            )
            assert not {name.split(".")[0] for name in names} & {"gradio", "sqlalchemy", "typer", "bitsandbytes"}, (
                source
            )


def test_readme_front_matter_matches_the_project() -> None:
    readme = (ROOT / "README.md").read_text("utf-8")
    matter = dict(
        line.split(":", 1) for line in readme.split("---")[1].strip().splitlines() if re.match(r"^[a-z_A-Z]+:", line)
    )
    assert matter["sdk"].strip() == "gradio" and matter["app_file"].strip() == "app.py"
    import gradio

    assert matter["sdk_version"].strip().strip('"') == gradio.__version__


def test_readme_lists_every_option() -> None:
    from comparer.settings import Settings

    readme = (ROOT / "README.md").read_text("utf-8")
    for name in Settings.model_fields:
        assert f"`--{name.replace('_', '-')}`" in readme, name


def test_readme_pictures_exist() -> None:
    readme = (ROOT / "README.md").read_text("utf-8")
    pictures = re.findall(r"!\[[^\]]*\]\(([^)]+)\)", readme)
    assert pictures
    for picture in pictures:
        assert (ROOT / picture).is_file(), picture
