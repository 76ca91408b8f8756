"""What observation says of limits has the sign of the selection, and is shown as that."""

import json

import numpy as np
import pandas as pd
import pytest

from tests.response_samples import response_policy
from tests.training_samples import trained
from training.artefacts import artefacts_of
from training.observed_limit import ObservedLimit, observe_limit, observed_section
from training.response_policy import ObservationPolicy
from training.rows import LabelledRows

POLICY = ObservationPolicy(rows_floor=1000, rows_ceiling=4000, folds=2, trees=20)


def selected(count: int = 4000, *, hidden: float = 0.0, seed: int = 0) -> LabelledRows:
    """Limits given by quality: raising one adds 0.05 x log to the chance, yet the high are safe.

    ``hidden`` is how far quality is unknown to whoever observes.
    """
    random = np.random.default_rng(seed)
    quality = random.normal(size=count)
    log_limit = 12.0 + 0.8 * quality + 0.6 * random.normal(size=count)
    chance = np.clip(0.3 - 0.12 * quality + 0.05 * (log_limit - 12.0), 0.01, 0.99)
    frame = pd.DataFrame(
        {
            "account_id": [f"A{number}" for number in range(count)],
            "customer_id": [f"C{number // 2}" for number in range(count)],
            "as_of": pd.Timestamp("2024-06-30"),
            "label": random.random(count) < chance,
            "label_known_at": pd.Timestamp("2024-12-31", tz="UTC"),
            "limit_minor": np.exp(log_limit),
            "score_of_bureau": quality + hidden * random.normal(size=count),
            "utilization_ratio_1m": 1.0 / np.exp(log_limit),
        }
    )
    names = ("limit_minor", "score_of_bureau", "utilization_ratio_1m")
    return LabelledRows(frame, names)


def observed(rows: LabelledRows, policy: ObservationPolicy = POLICY) -> ObservedLimit:
    found = observe_limit(rows, policy, seed=7, threads=1)
    assert found is not None
    return found


@pytest.fixture(scope="module")
def found() -> ObservedLimit:
    return observed(selected())


def test_accounts_as_they_stand_say_that_a_higher_limit_is_safer(found):
    assert found.naive.high < 0.0
    assert found.rows == 4000


def test_where_everything_is_known_what_is_left_has_the_right_sign(found):
    assert found.learned.low < 0.05 < found.learned.high
    assert found.learned.value > 0.0


def test_where_the_reason_of_the_limit_is_hidden_it_keeps_the_sign_of_the_selection():
    assert observed(selected(hidden=3.0)).learned.high < 0.0


def test_a_slope_of_the_log_odds_becomes_one_of_the_chance(found):
    assert 0.15 < found.per_log_odds < 0.25


def test_customers_above_the_ceiling_are_drawn_whole_and_by_the_seed():
    few = ObservationPolicy(rows_floor=1000, rows_ceiling=1001, folds=2, trees=5)
    found = observed(selected(), few)
    assert found.rows == 1000  # two rows a customer
    assert observed(selected(), few) == found
    other = observe_limit(selected(), few, seed=8, threads=1)
    assert other is not None
    assert other.naive != found.naive


@pytest.mark.parametrize(
    "rows",
    [
        LabelledRows(selected(999).frame, selected(2).feature_names),
        LabelledRows(selected(2000).frame, ("score_of_bureau",)),
        LabelledRows(selected(2000).frame.assign(limit_minor=5e5), selected(2).feature_names),
        LabelledRows(selected(2000).frame.assign(limit_minor=np.nan), selected(2).feature_names),
        LabelledRows(selected(2000).frame.assign(limit_minor=0.0), selected(2).feature_names),
    ],
    ids=["few", "no limit", "one limit for all", "not known", "closed"],
)
def test_where_nothing_can_be_observed_nothing_is_shown(rows):
    assert observe_limit(rows, POLICY, seed=7, threads=1) is None


def test_the_card_says_what_it_is_and_that_nothing_uses_it(found):
    text = observed_section(found)
    assert f"| accounts as they stand | {100 * found.naive.value:+.2f} |" in text
    assert f"{100 * found.learned.low:+.2f} | {100 * found.learned.high:+.2f} |" in text
    assert "No\ncheck and no decision uses these figures" in text
    run = trained()
    files = artefacts_of(run, found)
    assert files["model_card.md"].decode().endswith(f"{text}\n")
    assert json.loads(files["observed_limit.json"])["rows"] == 4000
    assert "observed_limit.json" not in artefacts_of(run)
    assert b"observation" not in artefacts_of(run)["model_card.md"]


def test_no_gate_and_no_decision_reads_what_was_observed():
    """Nothing but the retraining and the card knows the module."""
    from tests.conftest import ROOT

    readers = {
        str(path.relative_to(ROOT))
        for folder in ("credit_limits", "training", "monitoring", "tidegate", "flows")
        for path in (ROOT / folder).rglob("*.py")
        if "observed_limit" in path.read_text(encoding="utf-8")
    }
    assert readers == {
        "tidegate/operations/retrain_model.py",
        "training/artefacts.py",
    }


@pytest.mark.parametrize(
    "wrong", [{"rows_floor": 1}, {"folds": 1}, {"trees": 0}, {"rows_ceiling": 999}]
)
def test_a_policy_that_observes_nothing_is_unbuildable(wrong):
    stated = {"rows_floor": 1000, "rows_ceiling": 4000, "folds": 2, "trees": 5}
    with pytest.raises(ValueError, match=next(iter(wrong))):
        ObservationPolicy(**{**stated, **wrong})
    assert response_policy().observation.rows_floor == 20_000
