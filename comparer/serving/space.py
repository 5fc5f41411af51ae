"""Writes a folder that is a Hugging Face Space: the dashboard without its tests, set up for a Space's disk.

Nothing is uploaded. Format of the front matter: huggingface.co/docs/hub/spaces-config-reference.
"""

import re
import shutil
from pathlib import Path

from comparer.errors import InputError
from comparer.paths import ASSETS

ENTRY = "space.py"
PARTS = ("app.py", "LICENSE", "comparer", "storage", "assets")
LEFT_OUT = shutil.ignore_patterns("__pycache__", "*.pyc", "*.pyi", "screenshots")
ZERO_GPU_PYTHON = "3.12.12"
ZERO_GPU_TORCH = "torch>=2.9,<2.12"
"""What ZeroGPU can run."""
_FRONT = re.compile(r"\A---\n(.*?)\n---\n", re.DOTALL)
_TORCH = re.compile(r"^torch[^a-z].*$", re.MULTILINE)
_GRADIO = re.compile(r"^gradio(>=.*)$", re.MULTILINE)
"""With what signing in by Hugging Face needs."""
FOR_POSTGRESQL = "psycopg[binary]>=3.2,<4\n"

PAGE = """
# Model Comparer

Ask three sizes of a vision-language model the same question about the same picture, rate the answers, and read which
is the smallest model that is enough. Written by `comparer space`; the code's own README has the whole story.

Give the Space a storage bucket mounted at `/data`, or ratings are lost when it restarts. Options of the dashboard are
variables of the Space (`COMPARER_LINEUP`, `COMPARER_LANGUAGE`, …).
"""

PROGRAM = '''"""The dashboard as a Hugging Face Space: the same program as `app.py`, set up for a Space's disk."""

import os
from pathlib import Path

try:
    import spaces  # before torch; there on ZeroGPU only
except ImportError:
    spaces = None

BUCKET = Path("/data")
if BUCKET.is_dir() and os.access(BUCKET, os.W_OK):
    os.environ.setdefault("COMPARER_DATA_DIR", str(BUCKET / "comparer"))
os.environ.setdefault("COMPARER_SQLITE_JOURNAL", "DELETE")  # the bucket is a network mount, and this one process's
os.environ.setdefault("COMPARER_METRICS", "off")

if spaces is not None:

    @spaces.GPU
    def card() -> str:
        """ZeroGPU starts no Space in which nothing asks for its card. The demo models need none."""
        import torch

        return torch.cuda.get_device_name()


if __name__ == "__main__":
    from app import main

    main()
'''


def write_space(folder: Path, *, zero_gpu: bool = False) -> int:
    """Write the Space into `folder`, which must be empty or not there yet; returns its size in bytes.

    `zero_gpu` asks for the versions that ZeroGPU can run. Raises InputError `space_folder_in_use`, or
    `space_needs_checkout` where the program was installed without its source.
    """
    source = ASSETS.parent
    if not all((source / part).exists() for part in (*PARTS, "README.md", "requirements.txt")):
        raise InputError("space_needs_checkout")
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise InputError("space_folder_in_use", folder=str(folder))
    folder.mkdir(parents=True, exist_ok=True)
    for part in PARTS:
        if (source / part).is_dir():
            shutil.copytree(source / part, folder / part, ignore=LEFT_OUT)
        else:
            shutil.copy2(source / part, folder / part)
    needs = (source / "requirements.txt").read_text("utf-8")
    needs = _GRADIO.sub(r"gradio[oauth]\1", needs) + FOR_POSTGRESQL
    (folder / "requirements.txt").write_text(_TORCH.sub(ZERO_GPU_TORCH, needs) if zero_gpu else needs, "utf-8")
    (folder / "README.md").write_text(_readme((source / "README.md").read_text("utf-8"), zero_gpu), "utf-8")
    (folder / ENTRY).write_text(PROGRAM, "utf-8")
    return sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())


def _readme(ours: str, zero_gpu: bool) -> str:
    """The project's own front matter, with what a Space needs beyond it, and a page for its visitors."""
    found = _FRONT.match(ours)
    if found is None:
        raise InputError("space_needs_checkout")
    front = found[1].replace("app_file: app.py", f"app_file: {ENTRY}")
    if zero_gpu:
        front = re.sub(r"(?m)^python_version: .*$", f'python_version: "{ZERO_GPU_PYTHON}"', front)
    if "hf_oauth:" not in front:
        front += "\nhf_oauth: true"
    return f"---\n{front}\n---\n{PAGE}"
