"""Picture files named by the SHA-256 of their bytes. Knows neither the database nor what a picture shows."""

import hashlib
import os
import re
import tempfile
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class PictureFiles:
    """A folder of files `ab/abcdef….webp`: two characters of the name first, so that no folder grows huge."""

    folder: Path

    def path(self, file: str) -> Path:
        """Where `file`, as `save` named it, lies."""
        return self.folder / file

    def save(self, content: bytes, suffix: str) -> tuple[str, str]:
        """Put `content` on disk, whole or not at all; returns its SHA-256 and its name inside the folder.

        Raises OSError when the disk is full or may not be written, ValueError for a suffix like "../x".
        """
        if not re.fullmatch(r"\.[a-z0-9]{1,8}", suffix):
            raise ValueError(f"not a file suffix: {suffix!r}")
        sha256 = hashlib.sha256(content).hexdigest()
        file = file_name(sha256, suffix)
        target = self.path(file)
        if not _is_whole(target, len(content)):
            _write_whole(target, content)
        return sha256, file

    def delete(self, file: str) -> None:
        """Remove `file`, as `save` named it, if it is there. Raises OSError."""
        self.path(file).unlink(missing_ok=True)


def file_name(sha256: str, suffix: str) -> str:
    """The name inside the folder of a picture of that hash."""
    return f"{sha256[:2]}/{sha256}{suffix}"


def _is_whole(target: Path, size_bytes: int) -> bool:
    try:
        return target.stat().st_size == size_bytes
    except FileNotFoundError:  # asked in one step: somebody else may be deleting it just now
        return False


def _write_whole(target: Path, content: bytes) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=target.parent, prefix=".writing-")
    part = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        part.chmod(0o644)
        part.replace(target)
    except BaseException:
        part.unlink(missing_ok=True)
        raise
    for folder in (target.parent, target.parent.parent):
        sync_folder(folder)


def sync_folder(folder: Path) -> None:
    """Make new names in `folder` outlive a power cut (where the system can: Windows has no such call)."""
    if os.name == "nt":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
