"""What a rule book can do to a limit, whatever its rules: take raises away, and nothing else."""

from dataclasses import replace
from datetime import date

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from credit_limits.decisions import decide
from credit_limits.domain.decision import ReasonCode
from credit_limits.explanation.reasons import ACTIONS
from credit_limits.policy.eligibility import permitted
from credit_limits.policy.rulebook import NO_RULES, RuleBook
from tests.decision_samples import drawn_portfolios, reordered, shipped_policy
from tests.rulebook_samples import CAP, DUTY, book, shipped_book

POLICY = replace(shipped_policy(), caps=())
PREDICATES = st.sampled_from(
    [
        "TRUE",
        "NOT TRUE",
        "limit_minor > yuan(5000)",
        "annual_rate >= 0.2 OR declines_increases",
        "default_probability < 0.05",
        "product = 'pay_later' AND balance_minor > 0",
        "income_monthly_minor < yuan(10000)",
        "increase_consent_given",
        "partner_share_ratio < 0.3",
    ]
)
EFFECTS = st.one_of(
    st.just({}),
    st.sampled_from(["yuan(200000)", "yuan(5000)", "0", "income_monthly_minor * 3"]).map(
        lambda amount: CAP | {"at_most": amount}
    ),
    st.just({"effect": "refer_to_person", "reason": "human_review_only"}),
    st.just({"effect": "cap_annual_rate", "at_most": 0.2, "reason": "rate_above_legal"}),
    st.just({"severity": "reporting"}),
    st.just(DUTY),
    st.just(DUTY | {"of": "freeze, change_rate, extend_term, refer"}),
)
RULES = st.tuples(PREDICATES, EFFECTS).map(lambda drawn: {**drawn[1], "predicate": drawn[0]})
BOOKS = st.lists(RULES, min_size=1, max_size=4).map(lambda changes: book(*changes))


@given(drawn_portfolios(), BOOKS)
@settings(max_examples=30, deadline=None)
def test_a_rule_never_raises_a_limit_and_forces_no_cut(portfolio, rulebook):
    free = permitted(portfolio, POLICY)
    bound = permitted(portfolio, POLICY, rulebook=rulebook)
    assert (bound.cap_minor <= np.maximum(free.cap_minor, portfolio.limit_minor)).all()
    risen = bound.cap_minor > portfolio.limit_minor
    assert (bound.cap_minor[risen] <= free.cap_minor[risen]).all()
    held = free.cap_minor >= portfolio.limit_minor
    assert (bound.cap_minor >= np.minimum(free.cap_minor, portfolio.limit_minor))[held].all()
    assert (risen == (bound.reasons == 0)).all()
    assert (bound.floor_minor <= bound.cap_minor).all()


@given(drawn_portfolios(), BOOKS)
@settings(max_examples=30, deadline=None)
def test_one_more_rule_never_permits_anybody_more(portfolio, rulebook):
    fewer = RuleBook(rulebook.lender, rulebook.rules[:-1], rulebook.since)
    before = permitted(portfolio, POLICY, rulebook=fewer)
    after = permitted(portfolio, POLICY, rulebook=rulebook)
    most = np.maximum(before.cap_minor, portfolio.limit_minor)
    assert (after.cap_minor <= most).all()
    # whoever could rise before, may rise to no more now
    rising = after.cap_minor > portfolio.limit_minor
    assert (before.cap_minor > portfolio.limit_minor)[rising].all()
    assert (after.cap_minor[rising] <= before.cap_minor[rising]).all()
    # what the rule says is in addition to what was said
    reviewed = after.has(ReasonCode.HUMAN_REVIEW_ONLY)
    assert ((before.reasons & ~after.reasons) == 0)[~reviewed].all()


@given(drawn_portfolios(), st.dates(date(2004, 1, 1), date(2027, 1, 1)))
@settings(max_examples=25, deadline=None)
def test_what_ships_permits_no_more_than_the_policy_alone(portfolio, day):
    free = permitted(portfolio, POLICY)
    bound = permitted(portfolio, POLICY, rulebook=shipped_book(day))
    risen = bound.cap_minor > portfolio.limit_minor
    assert (bound.cap_minor[risen] <= free.cap_minor[risen]).all()
    assert (free.cap_minor > portfolio.limit_minor)[risen].all()


@given(drawn_portfolios(), BOOKS, st.randoms(use_true_random=False))
@settings(max_examples=15, deadline=None)
def test_the_order_of_accounts_does_not_matter(portfolio, rulebook, random):
    order = np.array(random.sample(range(len(portfolio)), len(portfolio)))
    straight = permitted(portfolio, POLICY, rulebook=rulebook)
    mixed = permitted(reordered(portfolio, order), POLICY, rulebook=rulebook)
    for place, before in enumerate(order):
        assert mixed.one(place).cap_minor == straight.one(int(before)).cap_minor
        assert mixed.one(place).reasons == straight.one(int(before)).reasons


@given(drawn_portfolios(most=6), BOOKS)
@settings(max_examples=10, deadline=None)
def test_decided_limits_rise_only_where_no_blocking_rule_holds_them(portfolio, rulebook):
    batch = decide(portfolio, POLICY, 6, rulebook=rulebook)
    raised = batch.to_minor > portfolio.limit_minor
    for rule in batch.rules:
        if rule.finding.rule.consequence.blocks:
            assert not (rule.touched & raised).any()
        elif rule.finding.rule.consequence.within_days:
            told = rule.finding.applies | rule.finding.unknown
            owed = [
                bool(
                    {ACTIONS[place] for place in done if place >= 0}
                    & {*rule.finding.rule.consequence.notice_of}
                )
                for done in batch.actions.tolist()
            ]
            assert (rule.touched == (np.array(owed) & told)).all()


@given(drawn_portfolios())
@settings(max_examples=20, deadline=None)
def test_no_rules_are_no_change(portfolio):
    free, none = permitted(portfolio, POLICY), permitted(portfolio, POLICY, rulebook=NO_RULES)
    assert (free.cap_minor == none.cap_minor).all()
    assert (free.reasons == none.reasons).all()
    assert none.rules == ()
