"""Records of the rule book and the lender's file: each refusal names its record and what to do."""

from dataclasses import replace
from datetime import date, datetime
from itertools import combinations

import pytest

from credit_limits.domain.decision import ReasonCode
from credit_limits.domain.digest import digest_of
from credit_limits.domain.errors import PolicyError
from credit_limits.policy.lender import Jurisdiction, Lender, LenderType, parse_lender
from credit_limits.policy.rulebook import DUTIES, EFFECTS, Effect, RuleBook, Severity
from credit_limits.policy.rulebook_records import parse_rules
from tests.conftest import ROOT
from tests.rulebook_samples import CAP, DUTY, record, rules, shipped_rules
from tidegate.adapters.dated_policies import load_dated, load_folder

LENDER_FOLDER = ROOT / "policies" / "lender"
COLUMNS = (
    "limit_minor",
    "balance_minor",
    "annual_rate",
    "default_probability",
    "spend_90d_minor",
    "paid_mean_6m_minor",
    "balance_mean_6m_minor",
    "income_monthly_minor",
    "customer_total_minor",
)


def test_a_record_is_the_rule_that_it_says():
    (rule,) = rules(record(**CAP, at_most="yuan(200000)", effective_to=date(2021, 1, 1)))
    assert (rule.rule_id, rule.jurisdiction, rule.lender_type) == ("no-more", "CN", None)
    assert rule.consequence.effect is Effect.CAP_CUSTOMER_TOTAL
    assert rule.consequence.severity is Severity.BLOCKING
    assert rule.consequence.reason is ReasonCode.CUSTOMER_CAP
    assert rule.columns == frozenset()
    assert [day for day in (date(2019, 12, 31), date(2021, 1, 2)) if rule.holds_on(day)] == []
    assert rule.holds_on(date(2020, 1, 1))
    assert rule.holds_on(date(2021, 1, 1))


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"predicate": "limit_minor"}, "'limit_minor' is a number"),
        ({"predicate": "age > 3"}, "column 'age' is unknown"),
        ({"predicate": None}, "predicate missing"),
        ({"source": None}, "source missing"),
        ({"source": ""}, "source: '' is not a text"),
        ({"predicate": True}, "predicate: True is not a text in quotes"),
        ({"effective_from": datetime(2020, 1, 1)}, "is not a date"),
        ({"effective_from": "2020-01-01"}, "effective_from: '2020-01-01' is not a date"),
        ({"effective_to": date(2019, 1, 1)}, "effective_to is before effective_from"),
        ({"jurisdiction": "FR"}, "jurisdiction: 'FR' is none of CN, US, UK, EU, IN"),
        (
            {"lender_type": "pawnbroker"},
            "'pawnbroker' is none of bank, consumer_finance, microloan, any",
        ),
        ({"effect": "forbid"}, "effect: 'forbid' is none of no_increase, cap_customer_total"),
        ({"severity": "severe"}, "severity: 'severe' is none of blocking, reporting"),
        ({"reason": "whim"}, "reason: 'whim' is none of human_review_only"),
        ({"reason": "already_best"}, "reason: 'already_best' is none of"),
        ({"reason": None}, "reason is stated exactly where the effect may hold a limit back"),
        ({"at_most": 5}, "at_most is stated exactly where the effect is a cap"),
        ({"effect": "cap_customer_total"}, "at_most is stated exactly where the effect is a cap"),
        (CAP | {"at_most": "TRUE"}, "'TRUE' is a boolean, a number is needed"),
        ({"within_days": 3}, "within_days is stated exactly where"),
        (DUTY | {"within_days": None}, "within_days is stated exactly where"),
        ({"of": "freeze"}, "of is stated only where"),
        (DUTY | {"of": "freeze, thaw"}, "of: 'thaw' is none of increase, decrease"),
        (DUTY | {"of": "hold"}, "who is held is owed no notice"),
        (DUTY | {"severity": "blocking"}, "needs_notice changes no limit"),
        ({"effects": "x"}, "unknown effects; a record has id, jurisdiction"),
        ({"id": "No More"}, "id: small letters and digits"),
        (
            {"predicate": " OR ".join(f"{a} > {b}" for a, b in combinations(COLUMNS, 2))},
            "an OR of more than 30 grounds",
        ),
    ],
)
def test_what_does_not_hold_together_names_file_and_rule(changes, told):
    with pytest.raises(PolicyError) as caught:
        rules(record(**changes))
    message = str(caught.value)
    assert message.startswith("cn.yaml, rule ")
    assert told in message


@pytest.mark.parametrize(
    "content", [{}, {"rules": []}, {"rules": {}}, {"rules": [record()], "version": 1}]
)
def test_a_file_is_a_list_of_records(content):
    with pytest.raises(PolicyError, match=r"cn.yaml: holds one key"):
        parse_rules({"cn.yaml": content})
    with pytest.raises(PolicyError, match=r"cn.yaml, rule 1: is not a mapping"):
        parse_rules({"cn.yaml": {"rules": ["declines_increases"]}})


class TestRecordsOfOneRule:
    def test_may_follow_each_other_and_hold_for_different_licences(self):
        first = record(effective_to=date(2021, 1, 1))
        assert len(rules(first, record(effective_from=date(2021, 1, 2)))) == 2
        bank, other = record(lender_type="bank"), record(lender_type="microloan")
        assert len(rules(bank, other)) == 2

    @pytest.mark.parametrize(
        "second",
        [
            {},
            {"effective_from": date(2021, 1, 1)},
            {"lender_type": "bank"},
            {"effective_from": date(2019, 1, 1), "effective_to": date(2020, 1, 1)},
        ],
    )
    def test_are_never_in_force_together(self, second):
        with pytest.raises(PolicyError, match=r"rule no-more: the records from .* together"):
            rules(record(effective_to=date(2021, 1, 1)), record(**second))

    def test_belong_to_one_jurisdiction(self):
        with pytest.raises(PolicyError, match="belongs to one jurisdiction"):
            rules(record(), record(jurisdiction="US"))


class TestWhatShips:
    def test_has_every_jurisdiction_and_every_effect(self):
        shipped = shipped_rules()
        assert {rule.jurisdiction for rule in shipped} == set(Jurisdiction)
        assert {rule.consequence.effect for rule in shipped} == set(Effect) == set(EFFECTS)
        assert set(Effect) >= DUTIES

    def test_cites_a_source_for_every_rule_and_is_kept_with_its_jurisdiction(self):
        for name, content in load_folder(ROOT / "policies" / "rulebook").items():
            for rule in parse_rules({name: content}):
                assert rule.jurisdiction.lower() == name
                assert rule.rule_id.startswith(f"{name}-")
                assert len(str(rule.content["source"])) > 40

    def test_the_lender_is_a_bank_in_china_that_lends_alone(self):
        file = load_dated(LENDER_FOLDER, date(2024, 1, 1))
        assert parse_lender(file.content) == Lender(Jurisdiction.CHINA, LenderType.BANK, False)


UNITS = {int: "yuan", dict: "share of the loan"}


class TestLender:
    def content(self, **changes):
        parameters = {"jurisdiction": "CN", "lender_type": "bank", "joint_lending": "none"}
        return {
            "lender": {
                name: {"description": "d", "unit": unit, "value": value, "reason": "r"}
                for name, value in (parameters | changes).items()
                for unit in (UNITS.get(type(value), "name"),)
            }
        }

    def test_states_the_facts_of_its_books_in_minor_units(self):
        lender = parse_lender(self.content(joint_lending="some", tier_1_capital=5, loans=80))
        assert lender.lends_jointly
        assert (lender.tier_1_capital_minor, lender.loans_minor) == (500, 8_000)
        assert lender.joint_loans_minor is None

    def test_states_what_each_partner_funds_of_its_loans(self):
        shares = {"b": 0.0, "a": 0.3}
        lender = parse_lender(self.content(joint_lending="some", partner_shares=shares))
        assert lender.partner_shares == (("a", 0.3), ("b", 0.0))
        assert [lender.own_share(name) for name in ("a", "b", "")] == [0.7, 1.0, 1.0]
        with pytest.raises(PolicyError, match="does not say which share of its loans c funds"):
            lender.own_share("c")
        assert parse_lender(self.content()).own_share("c") == 1.0

    def test_shares_are_part_of_what_binds_only_where_they_are_stated(self):
        alone, joint = (parse_lender(self.content(joint_lending=way)) for way in ("none", "some"))
        stated = replace(joint, partner_shares=(("a", 0.3),))
        digests = {RuleBook(lender, (), None).digest for lender in (alone, joint, stated)}
        assert len(digests) == 3
        facts = {name: getattr(alone, name) for name in alone.__slots__ if name != "partner_shares"}
        assert RuleBook(alone, (), None).digest == digest_of({"lender": facts, "rules": []})

    @pytest.mark.parametrize(
        ("changes", "told"),
        [
            ({"jurisdiction": "FR"}, "lender.jurisdiction: 'FR' is none of CN, US, UK, EU, IN"),
            ({"lender_type": "any"}, "'any' is none of bank, consumer_finance, microloan"),
            ({"joint_lending": "often"}, "'often' is none of none, some"),
            ({"capital": 5}, "lender: unknown parameter capital"),
            ({"partner_shares": {"a": 0.3}}, "partner_shares are stated where joint_lending is"),
            ({"joint_lending": "some", "partner_shares": {"a": 30}}, "partner_shares.a: 30 is not"),
        ],
    )
    def test_a_file_that_does_not_hold_together(self, changes, told):
        with pytest.raises(PolicyError, match=told):
            parse_lender(self.content(**changes))
