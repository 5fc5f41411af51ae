"""The address of the tab "Cost and hardware"."""

from typing import get_args

from comparer.ui.hardware_address import HardwareWithin, hardware_address, read_hardware


def test_every_tab_within_has_an_address_that_leads_to_it() -> None:
    for on in get_args(HardwareWithin):
        assert read_hardware(hardware_address(on)) == on
    assert hardware_address("models") == "?tab=cost" and hardware_address("prices") == "?tab=cost&on=prices"


def test_what_leads_nowhere_leads_to_the_first_one_and_other_tabs_are_not_touched() -> None:
    assert read_hardware("?tab=cost&on=<b>") == "models"
    for query in ("", "?", "?tab=suites&on=cost", "?on=prices", "?conversation=cost"):
        assert read_hardware(query) is None
