"""How every export reaches the disk: whole, or not at all."""

from collections.abc import Callable
from pathlib import Path

from comparer.errors import InputError


def write_whole(target: Path, write: Callable[[Path], None]) -> Path:
    """Let `write` fill a file; an earlier `target` is replaced only when the new one is whole. Returns `target`.

    Raises InputError `export_not_written`.
    """
    part = target.with_name(f".{target.name}.writing")
    try:
        write(part)
        part.replace(target)
    except OSError as error:
        raise InputError("export_not_written", file=target.name, reason=error.strerror or "") from error
    finally:
        part.unlink(missing_ok=True)
    return target
