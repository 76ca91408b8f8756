"""Steps of the ladder and grades of risk, on small tables."""

import numpy as np
import pytest

from credit_limits.domain.money import yuan
from credit_limits.policy.ladder import CandidateLadder, Rounding
from credit_limits.policy.risk_grades import Grade
from tests.decision_samples import shipped_policy

LADDER = CandidateLadder(
    (500, 1000, 1500),
    (Rounding(0, yuan(50)), Rounding(yuan(1_000), yuan(100)), Rounding(yuan(20_000), yuan(500))),
)


def minor(*amounts):
    return np.array([yuan(amount) for amount in amounts], np.int64)


@pytest.mark.parametrize(
    ("amount", "down", "up"),
    [
        (0, 0, 0),
        (49, 0, 50),
        (50, 50, 50),
        (999, 950, 1_000),
        (1_000, 1_000, 1_000),
        (1_049, 1_000, 1_100),
        (19_950, 19_900, 20_000),
        (20_000, 20_000, 20_000),
        (20_499, 20_000, 20_500),
        (299_999, 299_500, 300_000),
    ],
)
def test_amounts_are_rounded_to_the_step_of_their_size(amount, down, up):
    assert LADDER.round_down(minor(amount)) == minor(down)
    assert LADDER.round_up(minor(amount)) == minor(up)


def test_a_fen_below_a_step_is_below_it():
    assert LADDER.round_down(minor(20_000) - 1) == minor(19_900)
    assert LADDER.round_up(minor(20_000) + 1) == minor(20_500)


def test_a_ratio_is_taken_before_rounding():
    assert LADDER.scaled_down(minor(3_300), 1150) == minor(3_700)
    assert LADDER.scaled_down(minor(50, 150), 1500).tolist() == minor(50, 200).tolist()


def test_the_place_of_no_change():
    assert LADDER.hold_index == 1
    assert shipped_policy().ladder.hold_index == 3


@pytest.mark.parametrize(
    ("probability", "grade"),
    [(0.0, "A"), (0.01, "A"), (0.0100001, "B"), (0.06, "C"), (0.3, "F"), (0.31, "G"), (1.0, "G")],
)
def test_a_band_ends_with_its_bound(probability, grade):
    grades = shipped_policy().grades
    assert grades.band(probability).grade is Grade(grade)
    assert grades.index(np.array([probability])).tolist() == [list(Grade).index(Grade(grade))]


def test_what_is_no_probability_has_no_grade():
    with pytest.raises(ValueError, match="not a probability"):
        shipped_policy().grades.band(1.5)
