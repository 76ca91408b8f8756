"""The checks on decisions, drift and people: one example of everything that each must refuse."""

from dataclasses import replace
from datetime import date

import pytest

from credit_limits.gates.decision_evidence import AddedLimit, Alarm, CapHeld, GroupTreated
from credit_limits.gates.evidence import Evidence, Interval, PeopleEvidence
from credit_limits.gates.limit_response import vouches
from credit_limits.gates.result import CheckName, CheckResult, dispensed_with, no_evidence
from credit_limits.gates.threshold_sections import Consequence, Dispensation
from credit_limits.gates.verdict import Cleared, Refused, judge
from credit_limits.policy.lender import Jurisdiction
from tests.gate_samples import DAY, good_evidence, strict_thresholds, thresholds, treated
from tests.override_samples import granted

GOOD = good_evidence()
UNVALUED = no_evidence(CheckName.POLICY_VALUE, "nothing drawn at random")
FEW = "12 of 1,808 limits drawn at random were followed by a default"


def refused(evidence: Evidence) -> tuple[CheckName, str]:
    """The one check that refuses, and what it says."""
    verdict = judge(evidence, strict_thresholds(), DAY)
    assert isinstance(verdict, Refused)
    (failing,) = verdict.failing
    return failing.check, failing.message


def result_of(evidence: Evidence, check: CheckName) -> CheckResult:
    verdict = judge(evidence, thresholds(), DAY)
    return next(result for result in verdict.checks if result.check is check)


def with_groups(attribute: str, *groups: dict[str, float]) -> Evidence:
    """Evidence whose first groups of the attribute are changed."""
    alike = treated(attribute, 2500, 2400)
    changed = tuple(
        replace(group, **change) for group, change in zip(alike.groups, groups, strict=True)
    )
    attributes = (replace(alike, groups=changed),)
    return replace(GOOD, fairness=replace(GOOD.fairness, attributes=attributes))


@pytest.mark.parametrize(
    ("second", "said"),
    [
        ({"raised": 150, "good_raised": 150}, "sex_approval_ratio_high 0.7"),
        ({"good_raised": 80}, "sex_opportunity_ratio_high 0.6"),
        ({"added_mean_minor": 4e5, "added_deviation_minor": 2e5}, "sex_amount_ratio_high 0.6"),
    ],
)
def test_fairness_refuses_a_group_that_is_shown_to_fare_worse(second, said):
    name, message = refused(with_groups("sex", {}, second))
    assert name is CheckName.FAIRNESS
    assert said in message
    assert "four fifths" in message


def test_a_ratio_that_sampling_explains_does_not_refuse():
    few = {"customers": 60, "raised": 4, "good": 55, "good_raised": 4}
    assert result_of(with_groups("sex", {}, few), CheckName.FAIRNESS).passed


def test_an_attribute_that_is_only_reported_is_named_and_does_not_refuse():
    found = result_of(with_groups("education", {}, {"added_mean_minor": 3e5}), CheckName.FAIRNESS)
    assert found.passed
    assert "education_amount_ratio of b 0.4286" in found.message
    assert "reported only" in found.message


def test_an_attribute_that_the_thresholds_do_not_name_refuses():
    name, message = refused(with_groups("religion", {}, {"added_mean_minor": 3e5}))
    assert name is CheckName.FAIRNESS
    assert "religion_amount_ratio_high" in message


def test_what_an_attribute_means_changes_with_the_day():
    rows = (
        Consequence(date(2005, 1, 1), blocking=False, reason="reported at first"),
        Consequence(DAY, blocking=True, reason="the rule book asks for it from this day"),
    )
    stated = replace(thresholds().fairness, attributes={"sex": rows})
    held = replace(thresholds(), fairness=stated)
    unfair = with_groups("sex", {}, {"added_mean_minor": 3e5})
    assert isinstance(judge(unfair, held, date(2024, 1, 30)), Cleared)
    assert isinstance(judge(unfair, held, DAY), Refused)
    assert isinstance(judge(unfair, held, date(2004, 12, 31)), Refused)


@pytest.mark.parametrize(
    ("jurisdiction", "day", "verdict"),
    [
        ("CN", date(2024, 1, 31), Cleared),  # everywhere: reported
        ("US", date(2024, 1, 31), Refused),  # its own row prevails
        ("US", date(2019, 12, 31), Cleared),  # and not before its day
        ("UK", date(2024, 1, 31), Cleared),  # its own row, the newer of two
        ("UK", date(2021, 1, 1), Refused),
        ("", date(2024, 1, 31), Refused),  # not known: the strictest
        ("XX", date(2024, 1, 31), Refused),
        (None, date(2024, 1, 31), Refused),
        ("", date(2019, 12, 31), Cleared),  # where no row refuses anywhere
        ("CN", date(2004, 12, 31), Refused),  # no row yet
    ],
)
def test_what_an_attribute_means_is_as_the_jurisdiction_and_the_day_say(jurisdiction, day, verdict):
    us, uk = Jurisdiction.UNITED_STATES, Jurisdiction.UNITED_KINGDOM
    rows = (
        Consequence(date(2020, 1, 1), True, "unlawful there", us),
        Consequence(date(2020, 1, 1), True, "unlawful there", uk),
        Consequence(date(2022, 1, 1), False, "lawful again", uk),
        Consequence(date(2005, 1, 1), False, "reported"),
    )
    stated = replace(thresholds().fairness, attributes={"marital_status": rows})
    held = replace(thresholds(), fairness=stated)
    unfair = with_groups("marital_status", {}, {"added_mean_minor": 3e5})
    there = replace(unfair, fairness=replace(unfair.fairness, jurisdiction=jurisdiction))
    assert isinstance(judge(there, held, day), verdict)


def test_the_shipped_thresholds_block_by_marital_status_in_the_united_states_alone():
    shipped = thresholds().fairness
    for place in Jurisdiction:
        blocks = place is Jurisdiction.UNITED_STATES
        assert shipped.blocking("marital_status", DAY, place) is blocks
        assert shipped.blocking("sex", DAY, place)
        assert not shipped.blocking("education", DAY, place)


@pytest.mark.parametrize("change", [{"customers": 49, "raised": 9, "good": 40, "good_raised": 6}])
def test_an_attribute_with_one_group_to_judge_is_no_evidence(change):
    name, message = refused(with_groups("sex", {}, change))
    assert name is CheckName.FAIRNESS
    assert message.startswith("no evidence: sex_approval_ratio")


def test_inputs_that_stand_in_for_an_attribute_are_named():
    found = result_of(with_groups("sex", {"inputs_auc": 0.93}, {}), CheckName.FAIRNESS)
    assert found.passed
    assert "sex a: inputs together tell it with AUC 0.93" in found.message
    assert dict(found.measured)["sex_proxy_auc"] == 0.93


@pytest.mark.parametrize("wrong", [{"raised": 11}, {"good": 11}, {"good_raised": 6, "raised": 5}])
def test_a_group_counts_no_more_than_it_has(wrong):
    group = GroupTreated("a", 10, 5, 8, 4, 1.0, 1.0, 0.5, 0.5)
    with pytest.raises(ValueError, match="a part of"):
        replace(group, **wrong)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"default_log_odds_per_log_limit": Interval(0.1, -0.1, 0.3)}, "default_response_low -0.1"),
        ({"balance_log_per_log_limit": Interval(0.1, -0.2, 0.3)}, "balance_response_low -0.2"),
        ({"dose_violations": 1}, "dose_violations 1 must be <= 0"),
        ({"dose_steps": 2}, "dose_steps 2 must be >= 3"),
        ({"rows": 900, "randomized_rows": 0}, "rows 900 must be >= 1,000"),
    ],
)
def test_limit_response_refuses_the_sign_of_a_selection(change, said):
    name, message = refused(replace(GOOD, limit_response=replace(GOOD.limit_response, **change)))
    assert name is CheckName.LIMIT_RESPONSE
    assert said in message


def without_default(**change: object) -> Evidence:
    """Evidence of the balance response alone, with why the default response is absent."""
    response = replace(GOOD.limit_response, default_log_odds_per_log_limit=None, **change)
    return replace(GOOD, limit_response=response, absences=(("limit_response", FEW),))


def test_a_default_response_that_is_not_told_is_dispensed_with_and_the_rest_is_shown():
    found = result_of(without_default(), CheckName.LIMIT_RESPONSE)
    assert (found.passed, found.dispensed, found.refuses) == (False, True, False)
    assert dict(found.measured)["balance_response_low"] == 0.4
    assert "default_response" not in dict(found.measured)
    assert "balance_response_low >=" in dict(found.thresholds)
    assert found.message.startswith("dispensed with until 2027-12-31 by model risk: too few")
    assert "no evidence of the default response; of the rest: " in found.message
    assert "balance_response_low 0.4 >= 0" in found.message
    assert found.message.endswith(FEW)
    assert vouches(found)


def test_a_default_response_that_is_not_told_refuses_where_nobody_does_without():
    name, message = refused(without_default())
    assert name is CheckName.LIMIT_RESPONSE
    assert message.startswith("no evidence of the default response")
    assert message.endswith(FEW)
    ended = judge(without_default(), thresholds(), date(2028, 1, 1))
    assert isinstance(ended, Refused)
    assert ended.failing[0].message.endswith(f"{FEW}; it was dispensed with until 2027-12-31")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"balance_log_per_log_limit": Interval(0.1, -0.2, 0.3)}, "balance_response_low -0.2"),
        ({"dose_violations": 1}, "dose_violations 1 must be <= 0"),
        ({"dose_steps": 2}, "dose_steps 2 must be >= 3"),
        ({"rows": 900, "randomized_rows": 900}, "rows 900 must be >= 1,000"),
        (
            {"balance_log_per_log_limit": Interval(float("nan"), 0.1, 0.2)},
            "balance_response could not be measured",
        ),
    ],
)
def test_a_balance_response_that_fails_refuses_although_the_check_is_dispensed_with(change, said):
    verdict = judge(without_default(**change), thresholds(), DAY)
    assert isinstance(verdict, Refused)
    (failing,) = verdict.failing
    assert failing.check is CheckName.LIMIT_RESPONSE
    assert said in failing.message
    assert not failing.dispensed
    assert not vouches(failing)


def test_a_check_vouches_for_a_response_only_where_it_was_measured_and_holds():
    assert vouches(result_of(GOOD, CheckName.LIMIT_RESPONSE))
    assert not vouches(result_of(replace(GOOD, limit_response=None), CheckName.LIMIT_RESPONSE))
    wrong = replace(GOOD.limit_response, default_log_odds_per_log_limit=Interval(0.1, -0.1, 0.3))
    refusing = result_of(replace(GOOD, limit_response=wrong), CheckName.LIMIT_RESPONSE)
    assert not vouches(refusing)
    assert not vouches(replace(refusing, override=granted(check=CheckName.LIMIT_RESPONSE)))


def test_a_part_that_is_missing_is_part_of_the_verdict_s_digest():
    """What was measured of a check that is dispensed with is judged, so it is sealed too."""
    one = judge(without_default(), thresholds(), DAY)
    another = judge(without_default(randomized_rows=1999), thresholds(), DAY)
    assert isinstance(one, Cleared)
    assert one.digest != another.digest


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"effective_rows": 400.0}, "effective_rows 400 must be >= 500"),
        ({"value_minor_per_account": Interval(5.0, -1.0, 9.0)}, "value_minor_per_account_low -1"),
    ],
)
def test_policy_value_refuses_what_may_earn_less(change, said):
    name, message = refused(replace(GOOD, policy_value=replace(GOOD.policy_value, **change)))
    assert name is CheckName.POLICY_VALUE
    assert said in message


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"candidate": AddedLimit(10_000_000, 9_600_000, 0)}, "revolver_excess 0.51 must be <="),
        ({"candidate": AddedLimit(10_000_000, 8_500_000, 0)}, "revolver_share_rise 0.1278 must"),
        ({"candidate": AddedLimit(10_000_000, 0, 110_000)}, "persistent_debt_share 0.011 must"),
        ({"candidate": AddedLimit(10_000_000, 0, 70_000)}, "persistent_debt_share_rise 0.006 must"),
        ({"accounts": 99}, "accounts 99 must be >= 100"),
    ],
)
def test_welfare_refuses_added_limit_that_flows_to_debt(change, said):
    name, message = refused(replace(GOOD, welfare=replace(GOOD.welfare, **change)))
    assert name is CheckName.WELFARE
    assert said in message


def test_a_first_champion_is_held_to_absolute_bounds_and_nothing_added_goes_nowhere():
    first = replace(GOOD.welfare, champion=None)
    found = result_of(replace(GOOD, welfare=first), CheckName.WELFARE)
    assert found.passed
    assert "no champion to compare with" in found.message
    nothing = replace(first, candidate=AddedLimit(0, 0, 0))
    figures = dict(result_of(replace(GOOD, welfare=nothing), CheckName.WELFARE).measured)
    assert (figures["revolver_share"], figures["revolver_excess"]) == (0.0, -0.45)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"caps": (CapHeld("loss", 100.0, 101.0),)}, "cap loss: 101 of 100"),
        ({"caps": ()}, "no decisions on a portfolio"),
        ({"gap": 0.002}, "gap 0.002 must be <= 0.001"),
        ({"expected_loss_minor": 2.5e8, "margin_minor": 9e8}, "provision_share 0.0625 must be <="),
        ({"margin_minor": 7.2e7}, "loss_multiple 0.96 must be >= 1"),
        ({"margin_minor": -1e6}, "loss_multiple -0.01333 must be"),
    ],
)
def test_portfolio_refuses_what_it_cannot_bear(change, said):
    name, message = refused(replace(GOOD, portfolio=replace(GOOD.portfolio, **change)))
    assert name is CheckName.PORTFOLIO
    assert said in message


def test_a_stress_multiplies_the_loss_and_leaves_the_margin():
    figures = dict(result_of(GOOD, CheckName.PORTFOLIO).measured)
    assert figures["loss_multiple"] == pytest.approx(0.8 * 2e8 / 6e7)
    assert figures["profit_share_x1.71"] == pytest.approx((2e8 - 1.71 * 6e7) / 4e9)
    assert figures["profit_share_x2"] == pytest.approx((2e8 - 2 * 6e7) / 4e9)
    assert figures["slack_share_least"] == 0.0
    assert figures["provision_share"] == pytest.approx(6e7 / 4e9)


def test_an_alarm_without_an_answer_is_named():
    open_alarm = Alarm(date(2024, 1, 15), "first misses doubled", "")
    answered = GOOD.drift.alarms[0]
    drift = replace(GOOD.drift, alarms_raised=2, alarms=(answered, open_alarm))
    name, message = refused(replace(GOOD, drift=drift))
    assert name is CheckName.DRIFT
    assert "alarm of 2024-01-15: first misses doubled" in message
    assert "trained later" not in message


@pytest.mark.parametrize(
    ("people", "said"),
    [
        (PeopleEvidence(("override",), 2, "maker", ("li",), ()), "missing_approvals 1"),
        (PeopleEvidence(("override",), 2, "maker", ("li", "li"), ()), "missing_approvals 1"),
        (PeopleEvidence(("override",), 1, "maker", ("maker",), ()), "own_approvals 1"),
        (PeopleEvidence(("override",), 1, "maker", ("li", "maker"), ()), "own_approvals 1"),
        (PeopleEvidence(("override",), 1, "maker", ("li",), ("wang",)), "rejected by wang"),
        (PeopleEvidence((), 0, "maker", (), ("wang",)), "rejections 1"),
        (PeopleEvidence((), 1, "maker", ("li",), ()), "required could not be measured"),
        (PeopleEvidence(("override",), 0, "maker", ("li",), ()), "required could not be measured"),
    ],
)
def test_people_refuses_too_few_the_maker_and_a_no(people, said):
    name, message = refused(replace(GOOD, people=people))
    assert name is CheckName.PEOPLE
    assert said in message


def test_nobody_is_asked_where_the_policy_asks_for_nobody():
    nobody = PeopleEvidence((), 0, "maker", (), ())
    assert result_of(replace(GOOD, people=nobody), CheckName.PEOPLE).passed


def test_a_dispensation_is_said_with_its_end_its_owner_and_its_reason():
    absent = replace(GOOD, limit_response=None)
    found = result_of(absent, CheckName.LIMIT_RESPONSE)
    assert (found.passed, found.dispensed, found.refuses) == (False, True, False)
    assert found.measured == ()
    assert found.message.startswith("dispensed with until 2027-12-31 by model risk: too few")
    ended = judge(absent, thresholds(), date(2028, 1, 1))
    assert isinstance(ended, Refused)
    assert "it was dispensed with until 2027-12-31" in ended.failing[0].message


def test_the_digest_of_a_verdict_tells_a_dispensation_from_a_pass():
    passed = judge(GOOD, thresholds(), DAY)
    assert isinstance(passed, Cleared)
    other = Dispensation(DAY, "model risk", "another reason")
    by_other = replace(passed, checks=_with(passed, dispensed_with(UNVALUED, other)))
    stated = thresholds().dispensed["policy_value"]
    by_this = replace(passed, checks=_with(passed, dispensed_with(UNVALUED, stated)))
    assert len({passed.digest, by_other.digest, by_this.digest}) == 3


def test_a_check_that_nobody_can_do_without_cannot_be_cleared_without_it():
    passed = judge(GOOD, thresholds(), DAY)
    without = dispensed_with(
        no_evidence(CheckName.DATA, "no tables"), Dispensation(DAY, "model risk", "in a hurry")
    )
    with pytest.raises(ValueError, match="nobody can do without data"):
        Cleared("v", "e", _with(passed, without))


def test_what_has_evidence_is_not_dispensed_with():
    with pytest.raises(ValueError, match="although it has evidence"):
        CheckResult(CheckName.FAIRNESS, False, (), (), "unfair", dispensed=True)


def _with(verdict: Cleared | Refused, result: CheckResult) -> tuple[CheckResult, ...]:
    return tuple(result if item.check is result.check else item for item in verdict.checks)
