"""A measured limit response in place of what the policy assumes: where it counts, and how told."""

import string
from dataclasses import asdict, replace

import numpy as np
import pytest

from credit_limits.decisions import decide, decide_at_prices
from credit_limits.domain.limit_response import LimitResponse
from credit_limits.explanation.response_text import (
    RESPONSE_SENTENCES,
    ResponseTold,
    response_lines,
)
from credit_limits.explanation.sentences import Language
from tests.decision_samples import portfolio_of, shipped_policy
from tidegate.operations.limit_response_row import LimitResponseRow

POLICY = replace(shipped_policy(), caps=())
STATED = POLICY.economics
BALANCE_ONLY = LimitResponse("3", "d" * 64, 0.6, None)
WHOLE = LimitResponse("4", "e" * 64, 0.6, 1.5)
ACCOUNTS = portfolio_of({}, {"product": "cash_loan"}, {"pd": 0.05})


def test_a_response_takes_the_place_of_what_the_policy_assumes_and_of_nothing_else():
    economics = STATED.answering_as(WHOLE)
    changed = {name for name in asdict(STATED) if getattr(economics, name) != getattr(STATED, name)}
    assert changed == {"balance_elasticity", "default_log_odds_per_log_limit"}
    assert (economics.balance_elasticity, economics.default_log_odds_per_log_limit) == (0.6, 1.5)


def test_what_a_response_does_not_say_is_left_to_the_policy():
    economics = STATED.answering_as(BALANCE_ONLY)
    assert economics.balance_elasticity == 0.6
    assert economics.default_log_odds_per_log_limit == STATED.default_log_odds_per_log_limit
    assert STATED.answering_as(None) is STATED
    assert POLICY.answering_as(None) == POLICY


@pytest.mark.parametrize("segment", [*("consumer", "micro_merchant"), None])
def test_it_holds_for_every_segment(segment):
    answering = POLICY.answering_as(WHOLE)
    assert answering.of_segment(segment).economics.balance_elasticity == 0.6
    assert answering.segments == POLICY.segments


def test_a_stronger_response_of_default_expects_more_loss_of_every_raise():
    # of the same limits, so that the figures alone differ
    assumed = decide(ACCOUNTS, POLICY.answering_as(BALANCE_ONLY), 6)
    measured = decide(ACCOUNTS, POLICY.answering_as(WHOLE), 6)
    raised = (assumed.to_minor > ACCOUNTS.limit_minor) & (assumed.to_minor == measured.to_minor)
    fewer = measured.to_minor <= assumed.to_minor
    assert fewer.all()
    assert (assumed.to_minor > ACCOUNTS.limit_minor).any()
    assert (measured.expected_loss_minor[raised] > assumed.expected_loss_minor[raised]).all()


def test_an_account_by_itself_is_decided_with_the_same_response():
    for response in (None, BALANCE_ONLY, WHOLE):
        policy = POLICY.answering_as(response)
        alone, _ = decide_at_prices(ACCOUNTS, policy, 6, {})
        assert np.array_equal(alone, decide(ACCOUNTS, policy, 6).to_minor)


@pytest.mark.parametrize(
    ("response", "used", "registered"),
    [
        (None, (STATED.balance_elasticity, STATED.default_log_odds_per_log_limit), False),
        (BALANCE_ONLY, (0.6, STATED.default_log_odds_per_log_limit), False),
        (WHOLE, (0.6, 1.5), True),
    ],
)
def test_a_row_says_what_decided_and_what_the_policy_states(response, used, registered):
    row = LimitResponseRow.of(STATED, response)
    assert (row.version, row.digest) == (
        (response.version, response.digest) if response else ("", "")
    )
    assert (row.balance_elasticity, row.default_log_odds_per_log_limit) == used
    assert row.default_registered is registered
    assert row.policy_balance_elasticity == STATED.balance_elasticity
    assert row.policy_default_log_odds_per_log_limit == STATED.default_log_odds_per_log_limit
    assert LimitResponseRow.model_validate_json(row.model_dump_json()) == row


@pytest.mark.parametrize(
    ("response", "words"),
    [
        (None, "limit response as the policy assumes: balance 0.5, default 0.25"),
        (
            BALANCE_ONLY,
            "limit response version 3: balance 0.6 (the policy assumes 0.5); default 0.25 as the "
            "policy assumes",
        ),
        (
            WHOLE,
            "limit response version 4: balance 0.6 (the policy assumes 0.5), default 1.5 (the "
            "policy assumes 0.25)",
        ),
    ],
)
def test_a_row_is_told_in_words(response, words):
    assert LimitResponseRow.of(STATED, response).words == words


TOLD = ResponseTold("3", 0.27, 0.25, default_registered=False)


@pytest.mark.parametrize(
    ("told", "line"),
    [
        (
            TOLD,
            "A limit higher by 10 % was taken to raise the balance by 2.6% and the odds of default "
            "by 2.4%: the balance by limit response version 3, from limits drawn at random, the "
            "odds as the policy assumes.",
        ),
        (
            replace(TOLD, default_registered=True),
            "A limit higher by 10 % was taken to raise the balance by 2.6% and the odds of default "
            "by 2.4%: by limit response version 3, from limits drawn at random.",
        ),
        (
            replace(TOLD, version=""),
            "A limit higher by 10 % was taken to raise the balance by 2.6% and the odds of default "
            "by 2.4%: as the policy assumes.",
        ),
    ],
)
def test_what_was_assumed_is_told_with_its_source(told, line):
    assert response_lines(told, Language.ENGLISH) == (line,)
    (chinese,) = response_lines(told, Language.CHINESE)
    assert "2.6%" in chinese
    assert ("版本3" in chinese) is bool(told.version)
    assert response_lines(None, Language.ENGLISH) == ()


def test_every_sentence_has_the_same_gaps_in_both_languages():
    def gaps(text: str) -> set[str]:
        return {name for _, name, _, _ in string.Formatter().parse(text) if name}

    for english, chinese in RESPONSE_SENTENCES.values():
        assert gaps(english) == gaps(chinese)
