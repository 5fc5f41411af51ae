"""Files that a visitor takes away: made when asked for, each in a folder of its own, kept for an hour."""

import tempfile
import time
from pathlib import Path

KEPT_S = 3600


def download_folder() -> Path:
    """A new folder for one file; folders older than an hour are removed on the way."""
    folder = Path(tempfile.gettempdir()) / "comparer-exports"
    folder.mkdir(exist_ok=True)
    for old in folder.iterdir():
        if time.time() - old.stat().st_mtime > KEPT_S:
            for file in old.iterdir():
                file.unlink(missing_ok=True)
            old.rmdir()
    return Path(tempfile.mkdtemp(dir=folder))


def fetch_file(button: str) -> str:
    """What the browser runs once a file's address is in the hidden download button of that element id."""
    return f"(file) => {{ if (file) setTimeout(() => document.querySelector('#{button}').click(), 150); }}"
