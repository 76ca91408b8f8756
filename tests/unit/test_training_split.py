"""The split: which cohorts and customers serve what, by how many cohorts there are."""

from dataclasses import replace
from datetime import date

import numpy as np
import pytest

from credit_limits.domain.errors import NotEnoughOutcomes
from credit_limits.domain.periods import add_months
from tests.training_samples import labelled_rows, policy
from training.rows import LabelledRows
from training.split import PURGED, UNUSED, Part, Split, SplitMethod, split_rows, stratified_parts


def split_of(rows: LabelledRows, window: int = 6, seed: int = 7, **changes: float) -> Split:
    return split_rows(
        rows, replace(policy().split, **changes), label_window_months=window, seed=seed
    )


def cohorts_of(rows: LabelledRows, split: Split, part: Part) -> list[date]:
    return list(rows.take(split.rows(part)).cohorts)


def customers_of(rows: LabelledRows, split: Split, part: Part) -> set[str]:
    return set(rows.take(split.rows(part)).frame["customer_id"])


def shape(rows: LabelledRows, split: Split) -> str:
    """A letter a cohort: what it serves."""
    letters = {Part.FIT: "F", Part.EARLY_STOPPING: "S", Part.CALIBRATION: "C", Part.TEST: "T"}
    serves = {cohort: letters[part] for part in Part for cohort in cohorts_of(rows, split, part)}
    return "".join(serves.get(cohort, ".") for cohort in rows.cohorts)


@pytest.mark.parametrize(
    ("cohorts", "window", "method", "expected"),
    [
        (13, 6, SplitMethod.EMBARGOED, "FFFFFFSSCCCTT"),
        (13, 3, SplitMethod.EMBARGOED, "FFFFFFFFFSCTT"),
        (13, 1, SplitMethod.EMBARGOED, "FFFFFFFFFSCTT"),
        (8, 6, SplitMethod.EMBARGOED, "FFSSCCCT"),
        (6, 6, SplitMethod.ORDERED, "FFFSCT"),
        (4, 6, SplitMethod.ORDERED, "FSCT"),
    ],
)
def test_cohorts_serve_in_order(cohorts, window, method, expected):
    rows = labelled_rows(cohorts, customers=100)
    split = split_of(rows, window)
    assert split.method is method
    assert shape(rows, split) == expected


def test_no_window_of_the_fit_reaches_into_the_test():
    rows = labelled_rows(13, customers=100)
    split = split_of(rows)
    ends = [add_months(cohort, 6) for cohort in cohorts_of(rows, split, Part.FIT)]
    assert max(ends) <= min(cohorts_of(rows, split, Part.TEST))


@pytest.mark.parametrize("cohorts", [2, 3, 4, 6, 13])
def test_customers_of_the_fit_neither_stop_nor_calibrate(cohorts):
    rows = labelled_rows(cohorts, customers=200)
    split = split_of(rows)
    learnt = customers_of(rows, split, Part.FIT)
    assert not learnt & customers_of(rows, split, Part.EARLY_STOPPING)
    assert not learnt & customers_of(rows, split, Part.CALIBRATION)


@pytest.mark.parametrize("cohorts", [2, 3, 4, 6])
def test_without_a_gap_customers_of_the_fit_are_not_tested_either(cohorts):
    rows = labelled_rows(cohorts, customers=200)
    split = split_of(rows)
    assert split.method in {SplitMethod.ORDERED, SplitMethod.LAST_COHORT}
    assert not customers_of(rows, split, Part.FIT) & customers_of(rows, split, Part.TEST)


def test_with_a_gap_every_customer_is_tested():
    rows = labelled_rows(13, customers=200)
    assert len(customers_of(rows, split_of(rows), Part.TEST)) == 200


@pytest.mark.parametrize("cohorts", [2, 3])
def test_with_few_cohorts_the_last_is_the_test(cohorts):
    rows = labelled_rows(cohorts, customers=200)
    split = split_of(rows)
    assert split.method is SplitMethod.LAST_COHORT
    assert cohorts_of(rows, split, Part.TEST) == list(rows.cohorts[-1:])
    assert cohorts_of(rows, split, Part.FIT) == list(rows.cohorts[:-1])


def test_one_cohort_is_divided_by_customer_and_label():
    rows = labelled_rows(1, customers=5000)
    split = split_of(rows)
    shares = policy().split
    rate = rows.labels.mean()
    assert split.method is SplitMethod.ONE_COHORT
    assert len(split.used) == 5000
    assert split.sizes["test"] == pytest.approx(5000 * shares.test_share, abs=2)
    assert split.sizes["calibration"] == pytest.approx(5000 * shares.calibration_share, abs=2)
    for part in Part:
        assert rows.labels[split.rows(part)].mean() == pytest.approx(rate, abs=0.003)


def test_two_accounts_of_a_customer_are_in_one_part():
    rows = labelled_rows(1, customers=600)
    frame = rows.frame.assign(customer_id=[f"C{number // 2}" for number in range(600)])
    split = split_of(LabelledRows(frame, rows.feature_names))
    pairs = split.parts.reshape(-1, 2)
    assert (pairs[:, 0] == pairs[:, 1]).all()


def test_the_seed_alone_draws_the_customers():
    rows = labelled_rows(13, customers=200)
    assert (split_of(rows, seed=3).parts == split_of(rows, seed=3).parts).all()
    assert (split_of(rows, seed=3).parts != split_of(rows, seed=4).parts).any()


def test_the_split_does_not_need_the_features():
    rows = labelled_rows(13, customers=100)
    bare = LabelledRows(rows.frame[list(rows.frame.columns[:5])], ())
    assert (split_of(bare).parts == split_of(rows).parts).all()


def test_above_the_ceiling_customers_are_drawn_whole():
    rows = labelled_rows(13, customers=400)
    whole, thinned = split_of(rows), split_of(rows, rows_ceiling=1000)
    assert len(thinned.used) == pytest.approx(1000, rel=0.1)
    kept = thinned.parts != UNUSED
    assert (thinned.parts[kept] == whole.parts[kept]).all()
    drawn = set(rows.frame["customer_id"][kept])
    left = rows.frame["customer_id"].isin(drawn).to_numpy() & (whole.parts != UNUSED)
    assert (kept == left).all()


def test_of_used_is_the_split_of_the_rows_kept():
    rows = labelled_rows(13, customers=100)
    split = split_of(rows)
    kept = split.of_used()
    assert len(kept.parts) == len(split.used)
    assert kept.sizes == split.sizes


def test_a_part_without_rows_is_refused():
    with pytest.raises(NotEnoughOutcomes, match="no rows for calibration, test"):
        Split(SplitMethod.ONE_COHORT, np.array([0, 1], dtype=np.int8))


def test_every_method_says_what_it_keeps_apart():
    assert set(PURGED) == set(SplitMethod)
    rows = labelled_rows(4, customers=100)
    assert "no outcome is both learnt and tested" in split_of(rows).purged


def test_shares_are_drawn_within_each_stratum():
    strata = np.arange(1000) < 100
    parts = stratified_parts(strata, (0.2, 0.1), seed=1)
    assert np.bincount(parts[strata]).tolist() == [70, 20, 10]
    assert np.bincount(parts[~strata]).tolist() == [630, 180, 90]
