"""What somebody looks at on the tab "Cost and hardware", as an address: to reload, to go back, to share.

`/?tab=cost` is its first tab within, `/?tab=cost&on=prices` another one.
"""

from typing import Literal, get_args
from urllib.parse import urlencode

from comparer.ui.run_address import said_in

HardwareWithin = Literal["models", "cost", "choice", "prices", "memory"]
"""The tabs within "Cost and hardware"; the first one is in front at first."""
FIRST: HardwareWithin = "models"


def hardware_address(on: HardwareWithin) -> str:
    """The query of the page's address."""
    return "?" + urlencode({"tab": "cost", **({} if on == FIRST else {"on": on})})


def read_hardware(query: str) -> HardwareWithin | None:
    """Which of the tabs within an address leads to; None when it is not about this tab."""
    said = said_in(query)
    if said.get("tab", [""])[-1] != "cost":
        return None
    on = said.get("on", [""])[-1]
    return next((name for name in get_args(HardwareWithin) if name == on), FIRST)
