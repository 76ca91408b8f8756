"""Reading parameters: each kind, each way to be wrong, and the path that is named."""

import pytest

from credit_limits.domain.errors import PolicyError
from credit_limits.policy.parameters import Section


def parameter(value, unit="ratio", **parts):
    return {"description": "d", "unit": unit, "value": value, "reason": "r", **parts}


def section(**parameters):
    return Section("area", parameters)


def test_a_number_of_its_unit_within_its_bounds():
    area = section(share=parameter(0.5), least=parameter(0), most=parameter(1))
    assert area.number("share", "ratio", 0, 1) == 0.5
    assert area.number("least", "ratio", 0, 1) == 0.0
    assert area.number("most", "ratio", 0, 1) == 1.0


@pytest.mark.parametrize(
    ("value", "says"),
    [
        (1.1, "area.share: 1.1 is not within 0 and 1"),
        (-0.1, "area.share: -0.1 is not within 0 and 1"),
        (float("inf"), "area.share: inf is not within"),
        ("half", "area.share: 'half' is not a number"),
        (None, "area.share: None is not a number"),
        (False, "area.share: False is not a number"),
        ([0.5], r"area.share: \[0.5\] is not a number"),
    ],
)
def test_what_is_no_such_number(value, says):
    with pytest.raises(PolicyError, match=says):
        section(share=parameter(value)).number("share", "ratio", 0, 1)


def test_a_unit_is_part_of_the_parameter():
    with pytest.raises(PolicyError, match=r"area.share: unit 'percent' where 'ratio' is expected"):
        section(share=parameter(50, unit="percent")).number("share", "ratio", 0, 1)


def test_money_is_written_in_yuan_and_read_in_fen():
    area = section(floor=parameter(50, "yuan"), fine=parameter(0.25, "yuan"))
    assert area.money_minor("floor") == 5_000
    assert area.money_minor("fine") == 25


@pytest.mark.parametrize("value", [0.001, -1, float("nan"), "50"])
def test_what_is_no_amount(value):
    with pytest.raises(PolicyError, match=r"area\.floor"):
        section(floor=parameter(value, "yuan")).money_minor("floor")


def test_whole_numbers():
    assert section(months=parameter(6, "months")).integer("months", "months", 0, 12) == 6
    assert section(months=parameter(6.0, "months")).integer("months", "months", 0, 12) == 6
    with pytest.raises(PolicyError, match=r"area.months: 6.5 is not a whole number"):
        section(months=parameter(6.5, "months")).integer("months", "months", 0, 12)


def test_one_of_a_list_of_names():
    area = section(kind=parameter("bank", "name"))
    assert area.choice("kind", ("bank", "other")) == "bank"
    with pytest.raises(PolicyError, match=r"area.kind: 'bank' is none of lender, other"):
        section(kind=parameter("bank", "name")).choice("kind", ("lender", "other"))


def test_numbers_by_name_are_each_named_by_path():
    area = section(rates=parameter({"a": 0.1, 6: 0.2}))
    assert area.numbers_by_name("rates", "ratio", 0, 1) == {"a": 0.1, "6": 0.2}
    with pytest.raises(PolicyError, match=r"area.rates.b: 7 is not within"):
        section(rates=parameter({"a": 0.1, "b": 7})).numbers_by_name("rates", "ratio", 0, 1)


def test_records_of_a_list():
    (row,) = section(levels=parameter([{"days": 30, "name": "x", "most": 5}])).rows(
        "levels", "ratio"
    )
    row.fields("days", "name", "most")
    assert row.number("days", 0, 90) == 30
    assert row.text("name") == "x"
    assert row.money_minor("most") == 500
    with pytest.raises(PolicyError, match=r"area.levels\[0\].day is absent"):
        row.number("day", 0, 90)
    with pytest.raises(PolicyError, match=r"area.levels\[0\].days: 30 is not a text"):
        row.text("days")
    with pytest.raises(PolicyError, match=r"area.levels\[0\]: has .* expected \['days'\]"):
        row.fields("days")


def test_a_section_within_a_section_carries_its_path():
    inner = Section("", {"outer": {"inner": {"share": parameter(2)}}}).section("outer")
    with pytest.raises(PolicyError, match=r"outer.inner.share: 2 is not within"):
        inner.section("inner").number("share", "ratio", 0, 1)
    with pytest.raises(PolicyError, match=r"outer.other is absent; the policy must state it"):
        inner.section("other")


def test_what_nobody_read_is_refused():
    area = section(share=parameter(0.5), shore=parameter(0.5))
    with pytest.raises(PolicyError, match="area: unknown parameter shore"), area.building():
        area.number("share", "ratio", 0, 1)


def test_what_a_type_refuses_is_the_sections_fault():
    with pytest.raises(PolicyError, match="area: two of a kind"), section().building():
        raise ValueError("two of a kind")
