"""Actions by grade of risk: values that hold together, their sums, and what pages say of them."""

from datetime import date

import pytest

from credit_limits.domain.decision import Action
from credit_limits.policy.risk_grades import Grade
from credit_limits.rehearsal.actions import ActionCount, GradeActions, grade_actions, together
from tests.golden.rehearsal_samples import empty_result, full_result
from tidegate.adapters import action_plots
from tidegate.adapters.action_plots import (
    ActedGroup,
    action_panels,
    action_rows,
    increases_sentence,
    occurrence_sentence,
)
from tidegate.adapters.cycle_report_decisions import DecisionGroup
from tidegate.adapters.rehearsal_actions import by_grade, by_month, month_table, sentence
from tidegate.adapters.svg_canvas import Caption
from tidegate.adapters.svg_charts import LevelBar, short_bars

JANUARY, FEBRUARY = date(2024, 1, 31), date(2024, 2, 29)


def counts(**done: int) -> list[int]:
    return [done.get(action, 0) for action in Action]


def group(name: str, decided: int, **done: int) -> ActedGroup:
    return ActedGroup(name, decided, tuple(counts(**done)))


class TestValues:
    def test_every_action_is_there_in_the_order_of_the_machine(self):
        made = grade_actions(JANUARY, Grade.B, 5, counts(increase=2, hold=3, freeze=1))
        assert [count.action for count in made.done] == list(Action)
        assert made.done[0] == ActionCount(Action.INCREASE, 2)

    @pytest.mark.parametrize("absent", range(len(Action)))
    def test_an_action_that_is_left_out_is_no_zero(self, absent):
        done = [ActionCount(action, 0) for action in Action]
        del done[absent]
        with pytest.raises(ValueError, match="not all there in their order"):
            GradeActions(JANUARY, Grade.A, 1, tuple(done))

    @pytest.mark.parametrize("count", [-1, 6])
    def test_no_action_is_done_to_more_accounts_than_were_decided(self, count):
        with pytest.raises(ValueError, match="done to more than were decided"):
            grade_actions(JANUARY, Grade.A, 5, counts(refer=count))

    def test_batches_and_worlds_add_up_by_month_and_grade(self):
        parts = [
            grade_actions(FEBRUARY, Grade.A, 7, counts(hold=7)),
            grade_actions(JANUARY, Grade.B, 9, counts(decrease=9, close_increases=8)),
            grade_actions(JANUARY, Grade.A, 40, counts(increase=10, hold=30)),
            grade_actions(JANUARY, Grade.A, 60, counts(increase=5, hold=55)),
        ]
        first, second, third = together(parts)
        assert first == grade_actions(JANUARY, Grade.A, 100, counts(increase=15, hold=85))
        assert (second, third) == (parts[1], parts[0])
        assert together([]) == ()


class TestSentences:
    def test_increases_that_fall_with_risk_are_said_to(self):
        falling = [group("A", 100, increase=20), group("B", 50, increase=10), group("C", 10)]
        assert increases_sentence(falling) == (
            "Increases fall with risk: from 20.0% of the decisions about grade A to none of those "
            "about grade C."
        )

    def test_increases_that_rise_anywhere_are_not(self):
        told = increases_sentence(
            [
                group("A", 100, increase=20),
                group("B", 100, increase=21),
                group("C", 0),
                group("D", 1000, increase=1),
                group("E", 100, increase=1),
            ]
        )
        assert told.startswith("Increases do not fall with risk throughout: from 20.0% of the")
        assert told.endswith("rising from A to B and from D to E.")

    def test_of_one_grade_there_is_nothing_to_compare(self):
        assert increases_sentence([group("A", 100, increase=20), group("B", 0)]) == ""

    def test_what_did_not_occur_is_named(self):
        some = {str(action): 1 for action in Action} | {"freeze": 0, "extend_term": 0}
        assert occurrence_sentence([group("A", 2, **some), group("B", 9, hold=9)]) == (
            "Did not occur: frozen, term extended."
        )
        every = [group("A", 2, **some), group("B", 2, freeze=1, extend_term=1)]
        assert occurrence_sentence(every) == "Each of the 10 actions occurred."


class TestTable:
    def test_each_action_has_its_share_and_its_number_of_each_grade_and_of_all(self):
        rows = action_rows([group("A", 100, increase=20), group("B", 300, increase=6, refer=1)])
        told = {row.name: row.cells for row in rows}
        assert len(rows) == len(Action)
        assert told["Raised"] == (("20.0%", 20), ("2.0%", 6), ("6.5%", 26))
        assert told["Referred"] == (("0", 0), ("0.33%", 1), ("0.25%", 1))
        assert set(told["Frozen"]) == {("0", 0)}

    def test_nobody_decided_divides_by_nothing(self):
        assert {cell for row in action_rows([]) for cell in row.cells} == {("0", 0)}
        assert len(action_panels([])) == len(Action)


def test_each_plot_has_its_own_scale_and_tells_itself():
    raised, lowered, *_ = action_panels([group("A", 100, increase=50), group("B", 100, increase=5)])
    assert raised.chart.count('width="54%"') == 3  # two tracks, and the longest bar
    assert 'class="increase" x="10%" y="23" width="5.4%"' in raised.chart
    assert "grade A: 50.0%; grade B: 5.0%" in raised.chart
    assert 'class="decrease"' not in lowered.chart


def test_bars_of_nothing_are_tracks():
    drawn = short_bars(Caption("none", "None", "None."), [LevelBar("A", "0", 0.0, "use")])
    assert drawn.count("<rect") == 1


def test_a_cycle_counts_an_action_first_or_beside_another():
    first = (("decrease", 4), ("close_increases", 1), ("hold", 5))
    held = DecisionGroup("A", first, 0, 0, (("close_increases", 3), ("freeze", 2)))
    done = {action: held.done(action) for action in Action if held.done(action)}
    assert done == {"decrease": 4, "hold": 5, "close_increases": 3, "freeze": 2}
    before_there_were_several = DecisionGroup("A", first, 0, 0)
    assert before_there_were_several.done(Action.CLOSE_INCREASES) == 1


class TestRehearsal:
    def test_grades_are_over_all_months_and_months_over_all_grades(self):
        result = full_result(12)
        groups = by_grade(result)
        assert [each.name for each in groups] == list(Grade)
        assert groups[0].decided == 12 * 4_000
        assert groups[1].share(Action.INCREASE) == (800 - 130) / 3_500
        names, rows = month_table(result)
        assert names[:2] == ("Decisions", "Raised")
        assert len(rows) == 12
        assert rows[7][1][1 + list(Action).index(Action.FREEZE)] == "1"
        whole = action_plots.of_all(groups)
        assert whole.decided == 12 * sum(4_000 - 500 * risk for risk in range(len(Grade)))

    def test_it_says_whether_each_action_occurred(self):
        assert sentence(full_result(12)).startswith("Each of the 10 actions occurred. Increases")
        assert sentence(full_result(7)).startswith("Did not occur: frozen, unfrozen. Increases")

    def test_a_lane_is_as_high_as_the_month_of_the_most(self):
        plot = by_month(full_result(12))
        assert "Frozen: most: &lt;0.01%" in plot.chart
        assert "Unfrozen: " in plot.chart
        assert by_month(empty_result()).chart.count("none") >= len(Action)
