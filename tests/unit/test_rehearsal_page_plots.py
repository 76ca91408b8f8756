"""What the rehearsal's plots are made from: months, sums, brakes, caps, groups."""

from dataclasses import replace
from itertools import accumulate, pairwise
from xml.etree import ElementTree

import pytest

from credit_limits.domain.periods import add_months, month_end
from credit_limits.rehearsal.result import CapUse, Event, EventKind
from tests.golden.rehearsal_samples import (
    FIRST,
    calm_result,
    empty_result,
    full_result,
    lone_result,
    month_ends,
)
from tidegate.adapters import rehearsal_comparisons as compared
from tidegate.adapters import rehearsal_plots as plots
from tidegate.adapters import report_wording as wording

SVG = "{http://www.w3.org/2000/svg}"
HAND_OVER = month_end(add_months(FIRST, -1))


def texts(plot) -> list[str]:
    return [text.text or "" for text in ElementTree.fromstring(plot.chart).iter(f"{SVG}text")]


def cells(plot, css: str) -> list[float]:
    """Where cells of that colour begin, percent of the width."""
    root = ElementTree.fromstring(plot.chart)
    found = [rect for rect in root.iter(f"{SVG}rect") if rect.get("class") == css]
    return sorted(float((rect.get("x") or "").rstrip("%")) for rect in found)


def with_events(*told: tuple[int, EventKind]):
    ends = month_ends(12)
    events = tuple(Event(ends[month], kind, "Told.") for month, kind in told)
    return replace(calm_result(), events=events)


def column(result, measure: str, title: str) -> list[str]:
    """What the table says of one measure under one policy, month by month."""
    (plot,) = [plot for plot in plots.by_month(result) if plot.measure == measure]
    place = plot.columns.index(title)
    return [values[place] for _, values in plot.rows]


class TestMeasures:
    def test_bad_debt_adds_up(self):
        months = full_result().policy_named("platform").months
        sums = accumulate(month.bad_debt_minor for month in months)
        assert column(full_result(), "bad-debt", "Platform") == [wording.yuan(s) for s in sums]

    def test_profit_is_over_that_of_holding_in_the_same_month(self):
        lived = full_result().policy_named("platform").months
        held = full_result().policy_named("hold").months
        gains = accumulate(
            one.profit_minor - other.profit_minor for one, other in zip(lived, held, strict=True)
        )
        assert column(full_result(), "profit", "Platform") == [wording.yuan(g) for g in gains]
        assert set(column(full_result(), "profit", "Hold every limit")) == {"0"}

    def test_exposure_does_not_add_up(self):
        months = full_result().policy_named("oracle").months
        assert column(full_result(), "limits", "Oracle") == [
            wording.yuan(month.limit_minor) for month in months
        ]

    def test_without_holding_nothing_is_measured_over_it(self):
        assert [plot.measure for plot in plots.by_month(lone_result())] == [
            "bad-debt", "limits", "balances", "d30",
        ]  # fmt: skip
        assert plots.by_month(empty_result()) == ()

    def test_a_policy_that_lived_fewer_months_has_gaps(self):
        whole = calm_result()
        short = replace(
            whole.policy_named("oracle"), months=whole.policy_named("oracle").months[:5]
        )
        result = replace(whole, policies=(whole.policy_named("hold"), short))
        assert column(result, "d30", "Oracle")[5:] == [""] * 7
        assert "" not in column(result, "d30", "Oracle")[:5]

    def test_the_platform_is_drawn_over_the_others(self):
        for plot in plots.by_month(full_result()):
            root = ElementTree.fromstring(plot.plot.chart)
            assert [line.get("class") for line in root.iter(f"{SVG}polyline")][-1] == (
                "line of-platform"
            )


class TestMonths:
    def test_the_hand_over_has_a_place_before_the_months_that_were_lived(self):
        trained = Event(HAND_OVER, EventKind.RETRAINING, "Version 1 was trained.")
        result = replace(calm_result(), events=(trained,))
        assert cells(plots.time_line(result), "hold")[0] < 100 / 13
        bad_debt = next(plot for plot in plots.by_month(result) if plot.measure == "bad-debt")
        assert bad_debt.rows[0] == ("Dec 2023", ("",) * 5)
        assert len(bad_debt.rows) == 13

    def test_a_shock_outside_the_months_is_not_marked(self):
        assert "shock" in texts(plots.time_line(full_result()))
        beyond = replace(full_result(), shock_month_end=HAND_OVER)
        assert "shock" not in texts(plots.time_line(beyond))


class TestBrakes:
    @pytest.mark.parametrize(
        ("told", "braked"),
        [
            ([], []),
            ([(3, EventKind.BRAKE_ON), (6, EventKind.BRAKE_OFF)], [3, 4, 5]),
            ([(9, EventKind.BRAKE_ON)], [9, 10, 11]),
            ([(3, EventKind.BRAKE_ON), (3, EventKind.BRAKE_OFF)], [3]),
            ([(5, EventKind.BRAKE_OFF)], []),
            (
                [
                    *((2, EventKind.BRAKE_ON), (3, EventKind.BRAKE_ON)),
                    *((4, EventKind.BRAKE_OFF), (5, EventKind.BRAKE_OFF)),
                ],
                [2, 3, 4],
            ),
        ],
    )
    def test_are_on_from_one_event_to_the_other(self, told, braked):
        plot = plots.time_line(with_events(*told, (0, EventKind.RETRAINING)))
        expected = [100 / 12 * (month + 0.08) for month in braked]
        assert cells(plot, "brake") == pytest.approx(expected, abs=0.01)


class TestTimeLine:
    def test_lanes_of_what_never_happened_say_so_or_are_left_out(self):
        shown = texts(plots.time_line(with_events((0, EventKind.PROMOTION))))
        assert shown[: 2 * 6 : 2] == [
            "Alarms", "Notices", "Brakes", "Models trained", "Models promoted", "Refusals",
        ]  # fmt: skip
        assert shown[1 : 2 * 6 : 2] == ["none", "none", "none", "none", "1", "none"]
        assert "Faults put in" not in shown

    def test_steps_of_launches_have_a_lane_of_their_own(self):
        shown = texts(plots.time_line(with_events((0, EventKind.LAUNCH), (2, EventKind.LAUNCH))))
        assert shown[12:14] == ["Steps of launches", "2"]
        assert shown[8:10] == ["Models promoted", "none"]

    def test_two_events_of_a_month_are_one_cell_and_counted_as_two(self):
        plot = plots.time_line(with_events((4, EventKind.ALARM), (4, EventKind.ALARM)))
        assert len(cells(plot, "alarm")) == 1
        assert texts(plot)[:2] == ["Alarms", "2"]


class TestCaps:
    def test_a_month_is_coloured_by_whether_its_cap_binds_or_was_exceeded(self):
        ends = month_ends(12)
        uses = (
            CapUse(ends[0], "exposure", 100.0, 60.0, 0.0),
            CapUse(ends[1], "exposure", 100.0, 100.0, 0.4),
            CapUse(ends[2], "exposure", 100.0, 101.0, 0.7),
        )
        result = replace(calm_result(), cap_use=uses)
        assert [len(cells(plots.caps(result), css)) for css in ("hold", "binding", "full")] == [
            1, 1, 1,
        ]  # fmt: skip
        (row,) = plots.cap_rows(result)
        assert (row.name, row.tightest, row.binding, row.exceeded, row.highest_price) == (
            "exposure", uses[2], 2, 1, 0.7,
        )  # fmt: skip

    def test_there_are_none_where_none_was_recorded(self):
        assert plots.cap_rows(lone_result()) == ()


class TestComparisons:
    def test_gains_are_of_all_but_holding(self):
        shown = texts(compared.profit_rows(full_result()))
        assert "Platform" in shown
        assert "Hold every limit" not in shown
        assert not compared.beside_hold(lone_result())

    def test_cohorts_share_a_scale_so_that_policies_can_be_compared(self):
        scales = [
            [text for text in texts(plot.plot) if text.endswith("%")]
            for plot in compared.cohorts(full_result())
        ]
        assert len(scales) == 5
        assert all(one == other for one, other in pairwise(scales))

    def test_a_policy_whose_cohorts_did_not_end_is_left_out(self):
        assert compared.cohorts(lone_result()) == ()

    def test_groups_keep_the_order_in_which_they_came(self):
        found = compared.groups(full_result())
        assert [group.name for group in found] == ["Segment", "Product", "Income"]
        assert [name for name, _ in found[2].rows] == [
            "lowest third", "middle third", "highest third",
        ]  # fmt: skip
        assert [policy for policy, _ in found[0].rows[0][1]] == [
            policy.title for policy in full_result().policies
        ]

    def test_welfare_is_for_each_account_and_for_nobody_nothing(self):
        group = full_result().policies[0].groups[0]
        assert compared.welfare_each(group) == group.welfare_minor / group.accounts
        nobody = replace(group, accounts=0, welfare_minor=0)
        assert compared.welfare_each(nobody) == 0


def test_every_known_policy_has_a_look_of_its_own_and_others_share_one():
    looks = plots.styles(full_result())
    assert len(set(looks.values())) == 5
    other = replace(full_result().policies[0], name="another")
    assert plots.styles(replace(full_result(), policies=(other,))) == {"another": "of-other"}
