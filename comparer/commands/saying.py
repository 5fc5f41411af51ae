"""How commands speak."""

from rich.console import Console


def say(line: str) -> None:
    """A line on standard output, as long as it is."""
    Console(soft_wrap=True, highlight=False, markup=False).print(line)
