"""What an evidence pack says of a check, a threshold and a verdict."""

from dataclasses import replace
from datetime import date

import pytest

from credit_limits.gates.evidence import Interval
from tests.gate_samples import good_evidence, paired
from tests.golden.evidence_samples import outcome, pages
from tests.override_samples import granted, thin_evidence
from tidegate.adapters.evidence_pack import BoundRow
from tidegate.adapters.evidence_wording import ASKS, bound_rows, interval, judged_end, small_margins
from tidegate.adapters.markdown_blocks import Block, blocks
from tidegate.operations.evidence_sentences import asked_of, purpose_of, sentence_of, unusual_of
from tidegate.operations.gather_evidence_pack import _consequence

NOT_IN_A_FILE = {"promotions_in_ledger"}


class TestThresholds:
    def test_every_bound_of_the_shipped_file_has_its_unit_and_its_reason(self):
        rows = [row for page in pages(outcome()) for row in page.bounds]
        silent = {row.figure for row in rows if not (row.reason and row.unit)}
        assert silent <= NOT_IN_A_FILE
        assert len(rows) > 40

    def test_of_equal_values_the_one_with_the_figure_s_name(self):
        section = {
            "approval_ratio_floor": {"value": 0.8, "unit": "u", "reason": "to whom"},
            "amount_ratio_floor": {"value": 0.8, "unit": "u", "reason": "how much"},
            "amount_ratio_ceiling": {"value": 0.8, "unit": "u", "reason": "other side"},
        }
        (row,) = bound_rows(
            {"sex_amount_ratio_high": 0.9}, {"sex_amount_ratio_high >=": 0.8}, section
        )
        assert (row.reason, row.figure, row.high) == ("how much", "sex_amount_ratio_high", 0.9)
        (bare,) = bound_rows({"x": 1.0}, {"x >=": 0.7}, section)
        assert (bare.reason, bare.unit) == ("", "")

    def test_an_interval_is_told_with_the_end_that_is_judged(self):
        (row,) = bound_rows(
            {"auc": 0.78, "auc_low": 0.76, "auc_high": 0.8}, {"auc_low >=": 0.7}, {}
        )
        assert (row.measured, interval(row), judged_end(row)) == (0.78, "0.76 to 0.8", "lower end")
        assert interval(replace(row, low=None)) == "to 0.8"
        assert interval(replace(row, high=None)) == "from 0.76"
        assert interval(replace(row, low=None, high=None)) == ""
        assert judged_end(replace(row, figure="auc")) == ""

    @pytest.mark.parametrize(
        ("measured", "sign", "threshold", "close"),
        [
            (0.75, ">=", 0.70, True),
            (0.78, ">=", 0.70, False),
            (0.69, ">=", 0.70, False),
            (1.06, "<=", 1.15, True),
            (0.5, "<=", 1.15, False),
            (0.0, "<=", 0.0, False),
            (-0.0095, ">=", -0.01, True),
        ],
    )
    def test_a_margin_is_small_where_it_holds_by_less_than_a_tenth(
        self, measured, sign, threshold, close
    ):
        rows = bound_rows({"slope": measured}, {f"slope {sign}": threshold}, {})
        assert bool(small_margins("calibration", rows)) is close

    def test_a_yes_has_no_margin(self):
        rows = bound_rows({"signature": 1.0}, {"signature >=": 1.0}, {})
        assert small_margins("technical", rows) == []

    def test_each_check_has_its_question(self):
        assert all(text.endswith("?") for text in ASKS.values())
        assert len(ASKS) == 15


def asked(evidence, overrides=(), **changes):
    return asked_of(outcome(evidence, overrides, **changes))


class TestAsked:
    def test_of_who_may_approve(self):
        waiting = replace(
            good_evidence(), people=replace(good_evidence().people, approvers=("li",))
        )
        found = asked(waiting)
        assert found.text.startswith("Your signature")
        assert [command.split()[1] for command in found.commands] == ["approve", "reject"]

    def test_of_who_may_override(self):
        found = asked(thin_evidence())
        assert "two approvers other than the maker" in found.text
        assert found.commands[0].startswith("tidegate override 4 --check performance --until DAY")

    @pytest.mark.parametrize(
        ("spoiled", "named"),
        [
            ({"time": replace(good_evidence().time, differing_rows=1)}, "time"),
            ({"welfare": None}, "welfare"),
        ],
    )
    def test_of_nobody_where_nobody_can_answer(self, spoiled, named):
        found = asked(replace(thin_evidence(), **spoiled))
        assert found.text.startswith(f"Nothing can be signed: {named} cannot be overridden.")

    def test_nothing_more_where_it_is_cleared(self):
        assert asked(good_evidence()).commands == ("tidegate roll-back --version 3 --reason WHY",)
        first = asked(good_evidence(), previous_champion=None)
        assert first.commands == ("tidegate roll-back --version N --reason WHY",)


class TestSentences:
    def test_the_verdict(self):
        assert sentence_of(outcome()) == "The gate cleared it: 15 of 15 checks passed."
        without = replace(good_evidence(), limit_response=None, policy_value=None)
        assert sentence_of(outcome(without)) == (
            "The gate cleared it: 13 of 15 checks passed and 2 dispensed with."
        )
        answered = replace(thin_evidence(), limit_response=None)
        assert sentence_of(outcome(answered, [granted()])) == (
            "The gate cleared it: 13 of 15 checks passed, 1 overridden and 1 dispensed with."
        )
        assert sentence_of(outcome(thin_evidence())) == (
            "The gate refuses it: 1 of 15 checks did not pass, performance."
        )

    def test_for_what_it_decides(self):
        said = purpose_of(outcome(), good_evidence().as_plain())
        assert said.startswith("As champion it decides the limits of 5,000 open accounts")
        assert "2.0 million yuan today; it would add 100,000 yuan." in said
        assert said.endswith("The expected loss of a year is 1.50% of the exposure at default.")

    def test_a_candidate_that_is_worse_beyond_chance_is_unusual(self):
        worse = replace(paired(), auc_difference=Interval(-0.006, -0.009, -0.003))
        evidence = good_evidence(worse)
        said = outcome(evidence)
        kinds = [item.kind for item in unusual_of(said, pages(said), evidence.as_plain())]
        assert "worse than before" in kinds
        calm = good_evidence(paired())
        said = outcome(calm)
        kinds = [item.kind for item in unusual_of(said, pages(said), calm.as_plain())]
        assert set(kinds) <= {"small margin"}


@pytest.mark.parametrize(
    ("place", "day", "said"),
    [
        ("US", date(2024, 1, 31), "blocking in US: unlawful there"),
        ("CN", date(2024, 1, 31), "reporting: elsewhere"),
        ("US", date(2019, 1, 1), "reporting: elsewhere"),
        ("CN", date(2004, 1, 1), "blocking: the thresholds file does not name it"),
    ],
)
def test_a_group_says_what_its_attribute_means_there_and_then(place, day, said):
    rows = [
        {
            "from": "2020-01-01",
            "jurisdiction": "US",
            "consequence": "blocking",
            "reason": "unlawful there",
        },
        {"from": "2005-01-01", "consequence": "reporting", "reason": "elsewhere"},
    ]
    assert _consequence(rows, day, place) == said


class TestMarkdown:
    def test_blocks_of_a_card(self):
        found = blocks(
            "# A\n\nwords of\n`one`\n\n| a | b |\n| --- | --- |\n| 1 | 2 |\n\n- x\n  y\n- z"
        )
        assert found == [
            Block("heading", "A"),
            Block("paragraph", "words of one"),
            Block("table", rows=(("a", "b"), ("1", "2"))),
            Block("list", rows=(("x y",), ("z",))),
        ]

    def test_nothing_is_nothing(self):
        assert blocks("") == []


def test_a_row_is_a_value():
    row = BoundRow("auc", 0.7, None, None, ">=", 0.7, "", "", 0.0)
    assert hash(row) == hash(replace(row))
