"""A ZIP -> a staged suite. The archive is unpacked within limits, and nothing of it leaves its folder."""

import stat
import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from comparer.suites.cases import Suite
from comparer.suites.importing.folder import stage_folder
from comparer.suites.importing.staging import MAX_SUITE_BYTES, Staging
from comparer.suites.problems import refuse

MAX_FILES = 50_000
_CHUNK = 1 << 20
_UTF8_NAME = 0x800
_ENCRYPTED = 0x1


def stage_archive(archive: Path, stage: Staging) -> Suite:
    """Stage the suite, or the table with its pictures, that `archive` holds. Raises `SuiteError`."""
    with tempfile.TemporaryDirectory(prefix="unpacked-", dir=stage.folder) as folder:
        unpacked = Path(folder) / archive.stem
        try:
            with zipfile.ZipFile(archive) as opened:
                unpack(opened, unpacked, archive.name)
        except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, OSError) as error:
            raise refuse("not_a_zip", archive.name, message=str(error)) from error
        return stage_folder(unpacked, stage)


def unpack(archive: zipfile.ZipFile, folder: Path, name: str, limit: int = MAX_SUITE_BYTES) -> None:
    """Unpack into `folder`: at most 50,000 files and `limit` bytes, counted as they come."""
    left = limit
    for entry, path in _files(archive, name):
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        with archive.open(entry) as source, target.open("wb") as sink:
            while chunk := source.read(_CHUNK):
                left -= len(chunk)
                if left < 0:
                    raise refuse("too_many_bytes", name, limit=limit // 1_000_000)
                sink.write(chunk)
    folder.mkdir(exist_ok=True)


def _files(archive: zipfile.ZipFile, name: str) -> Iterator[tuple[zipfile.ZipInfo, PurePosixPath]]:
    """The files to unpack with their checked paths; what systems add of their own is skipped."""
    entries = [entry for entry in archive.infolist() if not entry.is_dir()]
    if len(entries) > MAX_FILES:
        raise refuse("too_many_files", name, limit=MAX_FILES)
    for entry in entries:
        spelt = _spelling(entry)
        path = PurePosixPath(spelt)
        if entry.flag_bits & _ENCRYPTED:
            raise refuse("archive_encrypted", name)
        if path.is_absolute() or ".." in path.parts or ":" in spelt or stat.S_ISLNK(entry.external_attr >> 16):
            raise refuse("path_leads_outside", name, value=spelt[:60])
        if path.parts and path.parts[0] != "__MACOSX" and path.name not in {".DS_Store", "Thumbs.db", "desktop.ini"}:
            yield entry, path


def _spelling(entry: zipfile.ZipInfo) -> str:
    """The name as it was meant: without the flag for UTF-8 it may be UTF-8 all the same (macOS) or GBK (Windows)."""
    spelt = entry.filename
    if not entry.flag_bits & _UTF8_NAME:
        raw = spelt.encode("cp437", "replace")
        for encoding in ("utf-8", "gb18030"):
            try:
                spelt = raw.decode(encoding)
                break
            except UnicodeDecodeError:
                continue
    return spelt.replace("\\", "/")
