"""A section of a monitoring policy as it is read, and every way in which it can be wrong."""

import pytest

from credit_limits.domain.errors import PolicyError
from monitoring.threshold_sections import stated_section

WHY = {"unit": "accounts", "reason": "fewer say nothing"}
ASKED = {"values": ("floor",), "pairs": ("rise",), "others": ("highest",)}


def content(**changes: object) -> dict[str, object]:
    section = {
        "floor": {"value": 100, **WHY},
        "rise": {"notice": 0.1, "alarm": 0.2, **WHY},
        "highest": "notice",
    }
    return {"shares": {name: each for name, each in (section | changes).items() if each != "gone"}}


def test_figures_pairs_and_the_rest_are_told_apart():
    read = stated_section("monitoring/x", "shares", content(), **ASKED)
    assert (read.value, read.rest) == ({"floor": 100.0}, {"highest": "notice"})
    assert read.pair == {"rise": {"notice": 0.1, "alarm": 0.2}}


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({}, "monitoring/x: shares is absent or not a mapping"),
        (content(floor="gone"), r"shares: absent: floor"),
        (content(highest="gone"), r"shares: absent: highest"),
        (content(other=1), r"unknown: other"),
        (content(floor=100), "floor is absent or not a mapping"),
        (content(floor={"value": 100, "unit": "accounts"}), r"floor: absent: reason"),
        (content(floor={"value": 100, **WHY, "reason": ""}), "its reason in words"),
        (content(floor={"value": True, **WHY}), "floor.value is True, not a number"),
        (content(rise={"notice": 0.1, **WHY}), r"rise: absent: alarm"),
        (content(rise={"notice": 0.1, "alarm": float("inf"), **WHY}), "rise.alarm is inf"),
    ],
)
def test_what_is_absent_unknown_or_no_number_is_named(given, said):
    with pytest.raises(PolicyError, match=said):
        stated_section("monitoring/x", "shares", given, **ASKED)
