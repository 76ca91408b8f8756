"""Parity and swap set of two models' decisions, on a portfolio drawn by hand."""

import json
from dataclasses import replace
from datetime import date

import numpy as np
import pytest

from credit_limits.decision_changes import compare
from credit_limits.decisions import decide
from credit_limits.domain.digest import canonical_json
from credit_limits.launch.policy import Step
from credit_limits.launch.swap_set import Decided, parity, swap_set
from tests.decision_samples import portfolio_of, reordered, shipped_policy
from tidegate.operations.launches import LaunchServed

SCORES = np.linspace(0.001, 0.4, 40)


def decided(scores: np.ndarray) -> Decided:
    drawn = portfolio_of(*({"pd": float(score)} for score in scores))
    batch = decide(drawn, shipped_policy(), 6)
    return Decided(drawn, batch, [str(place) for place in range(len(scores))])


@pytest.fixture(scope="module")
def champion() -> Decided:
    return decided(SCORES)


@pytest.fixture(scope="module")
def launching() -> Decided:
    """It finds the safe risky and the risky safe."""
    return decided(SCORES[::-1])


def test_an_equal_model_decides_every_account_alike(champion):
    found = parity(champion, decided(SCORES))
    assert found.accounts == found.same_state == found.same_score == 40
    assert found.same_score_and_limit == 40
    assert (found.only_champion, found.only_launching) == (0, 0)
    for group in swap_set(champion, decided(SCORES)):
        assert group.raised_by_launching == group.raised_by_champion == 0
        assert group.cut_by_launching == group.cut_by_champion == 0
        assert group.limit_minor == group.expected_profit_minor == 0


def test_the_order_of_the_rows_does_not_matter(champion, launching):
    order = np.arange(40)[::-1]
    turned = Decided(
        reordered(launching.portfolio, order),
        replace(
            launching.batch,
            **{
                name: getattr(launching.batch, name)[order]
                for name in (
                    *("to_minor", "grade", "expected_profit_minor"),
                    *("expected_loss_minor", "exposure_minor"),
                )
            },
        ),
        [launching.state_digests[place] for place in order],
    )
    assert swap_set(champion, turned) == swap_set(champion, launching)
    assert parity(champion, turned) == parity(champion, launching)


def test_accounts_of_one_side_only_are_counted_and_in_no_group(champion):
    few = np.arange(40) < 30
    part = Decided(
        champion.portfolio.where(few),
        decide(champion.portfolio.where(few), shipped_policy(), 6),
        champion.state_digests[:30],
    )
    found = parity(champion, part)
    assert (found.accounts, found.only_champion, found.only_launching) == (30, 10, 0)
    assert parity(part, champion).only_launching == 10
    assert swap_set(champion, part)[0].accounts == 30


def test_who_is_raised_by_one_only_is_the_swap_set(champion, launching):
    everyone, *groups = swap_set(champion, launching)
    first = champion.batch.to_minor > champion.portfolio.limit_minor
    second = launching.batch.to_minor > champion.portfolio.limit_minor
    assert everyone.raised_by_launching == int((second & ~first).sum()) > 0
    assert everyone.raised_by_champion == int((first & ~second).sum()) > 0
    assert everyone.limit_minor == int((launching.batch.to_minor - champion.batch.to_minor).sum())
    told = compare(champion.portfolio, champion.batch, launching.batch).total
    assert (told.raises_new, told.raises_stopped, told.cuts_new, told.cuts_stopped) == (
        *(everyone.raised_by_launching, everyone.raised_by_champion),
        *(everyone.cut_by_launching, everyone.cut_by_champion),
    )
    assert everyone.cut_by_launching > 0
    safest = next(group for group in groups if group.name == "grade A")
    apart = launching.batch.expected_profit_minor - champion.batch.expected_profit_minor
    assert safest.expected_profit_minor == pytest.approx(apart[champion.batch.grade == 0].sum())
    assert safest.expected_profit_minor < -1000
    for kind in ("product", "grade"):
        of_kind = [group for group in groups if group.name.startswith(kind)]
        assert sum(group.accounts for group in of_kind) == 40
        assert sum(group.raised_by_champion for group in of_kind) == everyone.raised_by_champion
        assert sum(group.expected_loss_minor for group in of_kind) == pytest.approx(
            everyone.expected_loss_minor, abs=1e-3
        )


def test_what_the_ledger_has_of_a_shadow_is_read_back_as_it_was_written(champion, launching):
    served = LaunchServed(
        launch="k" * 64,
        model_name="default_risk",
        version="2",
        as_of=date(2024, 1, 31),
        step=Step.SHADOW,
        batch_id="shadow-1",
        champion_batch_id="limits-1",
        decisions=40,
        parity=parity(champion, launching),
        swap_set=swap_set(champion, launching),
        reason="why",
    )
    kept = json.loads(canonical_json(served.model_dump(mode="json")))
    assert list(kept["parity"]) == [
        *("accounts", "only_champion", "only_launching"),
        *("same_score", "same_score_and_limit", "same_state"),
    ]
    assert set(kept["swap_set"][0]) == {
        *("name", "accounts", "raised_by_launching", "raised_by_champion"),
        *("cut_by_launching", "cut_by_champion", "limit_minor"),
        *("expected_profit_minor", "expected_loss_minor", "exposure_minor"),
    }
    assert LaunchServed.model_validate(kept) == served
