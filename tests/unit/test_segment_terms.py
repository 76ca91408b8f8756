"""Parameters of a segment: read strictly, and used for its customers and nobody else."""

from datetime import date

import numpy as np
import pytest

from credit_limits.allocation.economics import AccountEconomics
from credit_limits.decisions import decide
from credit_limits.domain.account import Segment
from credit_limits.domain.decision import ReasonCode
from credit_limits.domain.errors import PolicyError
from credit_limits.domain.money import yuan
from credit_limits.explanation.recourse import way_out
from credit_limits.policy.brakes import BrakeMeasure, BrakeOrder
from credit_limits.policy.eligibility import permitted
from credit_limits.policy.limit_policy import parse_limit_policy
from credit_limits.policy.portfolio import PRODUCTS
from credit_limits.policy.segment_terms import SEGMENT_PARAMETERS
from tests.decision_samples import NOT_KNOWN, portfolio_of, shipped_content, shipped_policy
from tidegate.adapters.dated_policies import DatedFile

MERCHANT = Segment.MICRO_MERCHANT


def with_terms(terms, segment="micro_merchant"):
    return shipped_content() | {"segments": {segment: terms}}


def refusal(content):
    with pytest.raises(PolicyError) as caught:
        parse_limit_policy(content)
    return str(caught.value)


def parameter(section, name, **change):
    return {section: {name: shipped_content()[section][name] | change}}


def pair(**change):
    """The same account of a consumer, of a merchant, and of a customer nobody knows."""
    return portfolio_of(*({**change, "segment": s} for s in ("consumer", "micro_merchant", None)))


def test_what_is_not_stated_for_a_segment_is_what_holds_for_everybody():
    policy = parse_limit_policy(with_terms(parameter("observation", "statements_min", value=11)))
    own = policy.of_segment(MERCHANT)
    assert own.observation.statements_min == 11
    assert own.observation.cool_off_months == policy.observation.cool_off_months
    assert own.thin_file == policy.thin_file
    assert policy.of_segment(None) is policy.of_segment(Segment.CONSUMER) is policy
    assert policy.by_segment(lambda p: p.observation.statements_min).tolist() == [6, 11, 6]


def test_without_terms_a_segment_is_as_everybody():
    policy = parse_limit_policy(shipped_content() | {"segments": {}})
    assert policy.of_segment(MERCHANT) is policy
    assert policy.economics.products_of(MERCHANT) == policy.economics.products


@pytest.mark.parametrize(
    ("terms", "says"),
    [
        ({"observation": {"statement_min": {}}}, "observation.statement_min: unknown parameter"),
        ({"overdue": {}}, "segments.micro_merchant: unknown parameter overdue"),
        ({"economics": {"funding_rate": {}}}, "economics.funding_rate: unknown parameter; by"),
        ({"observation": 3}, "segments.micro_merchant.observation: expected a mapping"),
        (
            parameter("observation", "statements_min", value=99),
            "segments.micro_merchant.observation.statements_min: 99 is not within",
        ),
        (
            parameter("affordability", "income_share", reason="", source=""),
            "segments.micro_merchant.affordability.income_share: give its source or the reason",
        ),
        (
            parameter("thin_file", "months", unit="years"),
            "segments.micro_merchant.thin_file.months: unit 'years'",
        ),
        (
            parameter("economics", "loss_given_default", value={"pay_later": 0.5}),
            "loss_given_default must be stated for pay_later, cash_loan",
        ),
    ],
)
def test_terms_that_cannot_be_are_named_by_their_path(terms, says):
    assert says in refusal(with_terms(terms))


def test_a_segment_is_one_of_the_lakes_and_its_grades_are_everybodys():
    assert "'merchants' is not a valid Segment" in refusal(with_terms({}, "merchants"))
    bands = shipped_content()["risk_grades"]["bands"]["value"]
    bands[0]["probability_up_to"] = 0.02
    told = refusal(with_terms(parameter("risk_grades", "bands", value=bands)))
    assert "segments.micro_merchant.risk_grades.bands: probability_up_to differs" in told
    without = {name: part for name, part in shipped_content().items() if name != "segments"}
    assert "segments is absent" in refusal(without)


def test_an_error_names_the_file():
    content = with_terms({"overdue": {}})
    file = DatedFile("limits/2031-02-03", "0" * 64, date(2031, 2, 3), content)
    with pytest.raises(PolicyError, match=r"limits/2031-02-03: segments\.micro_merchant: unknown"):
        file.parsed(parse_limit_policy)


def test_every_parameter_that_may_differ_is_one_of_the_file():
    content = shipped_content()
    for section, names in SEGMENT_PARAMETERS.items():
        assert set(names) <= set(content[section])


class TestTheShippedTermsOfMerchants:
    def reasons(self, **change):
        found = permitted(pair(**change), shipped_policy())
        return [set(found.one(place).reasons) for place in range(3)]

    def test_they_are_observed_for_longer(self):
        reasons = self.reasons(statement_count_12m=8.0, account_age_months=8.0)
        assert reasons == [set(), {ReasonCode.OBSERVATION_TOO_SHORT}, set()]

    def test_their_raises_go_in_smaller_steps_and_end_a_grade_earlier(self):
        assert permitted(pair(pd=0.05), shipped_policy()).cap_minor.tolist() == [
            yuan(15_000), yuan(13_000), yuan(15_000),
        ]  # fmt: skip
        assert self.reasons(pd=0.15) == [set(), {ReasonCode.RISK_TOO_HIGH}, set()]

    def test_their_lines_take_less_of_the_income(self):
        # 10,000 yuan at 5 % a month are half of 1,000 yuan and more than 0.4 of 1,240
        reasons = self.reasons(income_monthly_minor=float(yuan(1_240)))
        assert reasons == [set(), {ReasonCode.AFFORDABILITY}, set()]

    def test_a_thin_file_stays_thin_for_longer(self):
        account = {"bureau_other_balance_minor": NOT_KNOWN, "account_age_months": 15.0}
        caps = permitted(pair(**account), shipped_policy()).cap_minor.tolist()
        assert caps == [yuan(20_000), yuan(12_000), yuan(20_000)]

    def test_more_is_lost_at_a_default(self):
        policy = shipped_policy()
        found = AccountEconomics.of(pair(), policy.economics, 6)
        assert found.loss_given_default.tolist() == [0.75, 0.8, 0.75]
        batch = decide(pair(), policy, 6)
        assert batch.expected_loss_minor[1] > batch.expected_loss_minor[0]

    def test_a_brake_by_grades_counts_in_their_own_bands(self):
        order = BrakeOrder(BrakeMeasure.TIGHTEN_GRADES, PRODUCTS, grades=1)
        found = order.ceiling(pair(pd=0.02), shipped_policy())
        assert found.tolist() == [yuan(15_000), yuan(13_000), yuan(15_000)]

    def test_a_way_out_asks_for_their_own_record(self):
        policy = shipped_policy()
        portfolio = pair(statement_count_12m=4.0, account_age_months=5.0)
        permission = permitted(portfolio, policy)
        months = [
            way_out(account, permission.one(place), None, policy.of_segment(account.segment))[0]
            for place, account in enumerate(map(portfolio.account, range(3)))
        ]
        assert months == [2, 5, 2]


def test_terms_of_one_segment_move_no_account_of_another():
    random = np.random.default_rng(4)
    accounts = [
        {"pd": random.uniform(0, 0.2), "segment": random.choice(["consumer", "micro_merchant"])}
        for _ in range(40)
    ]
    portfolio = portfolio_of(*accounts)
    plain = permitted(portfolio, parse_limit_policy(shipped_content() | {"segments": {}}))
    own = permitted(portfolio, shipped_policy())
    consumers = portfolio.segment == 0
    assert (own.cap_minor == plain.cap_minor)[consumers].all()
    assert (own.cap_minor <= plain.cap_minor)[~consumers].all()
    assert (own.cap_minor < plain.cap_minor)[~consumers].any()
