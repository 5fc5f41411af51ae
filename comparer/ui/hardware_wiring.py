"""The address of the tab "Cost and hardware": it follows what is in front, and leads there.

Nothing of the panels is waited for: an address that came late would be that of a tab already left.
"""

from collections.abc import Mapping
from functools import partial

import gradio as gr

from comparer.ui.compare_wiring import QUIET
from comparer.ui.hardware_address import FIRST, HardwareWithin, hardware_address, read_hardware
from comparer.ui.i18n import Updates
from comparer.ui.run_address import address_tag


def wire_hardware_address(
    pages: Mapping[HardwareWithin, gr.Tab],
    within: gr.Tabs,
    front: gr.State,
    *,
    page: gr.Tab,
    tabs: gr.Tabs,
    address: gr.HTML,
    box: gr.Textbox,
) -> None:
    """Connect it; call inside `gr.Blocks`, outside of the tabs.

    `pages` are the tabs within by id, `within` is all of them, and `front` has the id of the one that their panels
    take for the one in front. `page` is the tab around them, of `tabs`. `address` is what is written into the
    browser's address, `box` takes the address that the browser was opened with or went back to.
    """
    entered, last = gr.State(False), gr.State(FIRST)

    def enter(on: HardwareWithin) -> Updates:
        return {entered: True, address: address_tag(hardware_address(on))}

    def turn(on: HardwareWithin, seen: bool) -> Updates:
        """A tab within tells that it is selected also when the page is laid out, and nobody looks."""
        return {last: on, **({address: address_tag(hardware_address(on))} if seen else {})}

    def follow(query: str) -> Updates:
        on = read_hardware(query.rsplit(" ", 1)[0])
        if on is None:
            return {last: gr.skip()}
        # All in one: the tabs tell that they are selected, and by then it must be known what is looked at.
        chosen: Updates = {tabs: gr.Tabs(selected="hardware"), within: gr.Tabs(selected=on), front: on}
        return chosen | {last: on} | enter(on)

    page.select(enter, last, [entered, address], queue=False, **QUIET)
    for name, tab in pages.items():
        tab.select(partial(turn, name), entered, [last, address], queue=False, **QUIET)
    box.change(follow, box, [tabs, within, front, last, entered, address], **QUIET)
