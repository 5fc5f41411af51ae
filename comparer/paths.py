"""Where the files that ship with the product lie. Knows nothing of their contents."""

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent

ASSETS = next(
    (folder for folder in (_PACKAGE.parent / "assets", _PACKAGE / "assets") if folder.is_dir()),
    _PACKAGE.parent / "assets",
)
"""`assets/` beside the package in a checkout, inside it in an installed wheel."""
