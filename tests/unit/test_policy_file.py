"""The policy file: every parameter is needed, named, in its unit, and explained."""

import pytest

from credit_limits.domain.account import Product
from credit_limits.domain.errors import PolicyError
from credit_limits.domain.features import FEATURES
from credit_limits.domain.money import yuan
from credit_limits.policy.limit_policy import parse_limit_policy
from credit_limits.policy.portfolio import FEATURES_READ
from credit_limits.policy.portfolio_caps import CappedAccounts, Measure
from credit_limits.policy.risk_grades import Grade
from tests.decision_samples import POLICY_FILE, shipped_content, shipped_policy
from tidegate.adapters.dated_policies import load_dated

PARAMETERS = [
    (section, name)
    for section, content in shipped_content().items()
    if isinstance(content, dict) and section != "segments"  # of these, test_segment_terms
    for name in content
]


def refusal(content):
    with pytest.raises(PolicyError) as caught:
        parse_limit_policy(content)
    return str(caught.value)


def changed(section, name, **parts):
    content = shipped_content()
    content[section][name] |= parts
    return content


def test_the_shipped_policy_has_the_products_limits():
    policy = shipped_policy()
    assert policy.bounds.floor_minor == yuan(50)
    assert policy.bounds.ceiling_minor == yuan(300_000)
    assert policy.bounds.customer_total_minor == yuan(300_000)
    assert policy.economics.annual_rate_ceiling == 0.24
    assert policy.ladder.ratios_permille == (500, 700, 850, 1000, 1150, 1300, 1500, 2000)
    assert [band.grade for band in policy.grades.bands] == list(Grade)
    assert {cap.measure for cap in policy.caps} >= {Measure.EXPOSURE, Measure.EXPECTED_LOSS}
    assert len(policy.economics.products) == len(Product)


def test_it_loads_as_a_dated_file_and_its_date_is_no_parameter():
    file = load_dated(POLICY_FILE.parent, shipped_content()["effective_from"])
    assert file.version == "limits/2005-01-01"
    assert parse_limit_policy(file.content) == shipped_policy()


@pytest.mark.parametrize(("section", "name"), PARAMETERS)
class TestEveryParameter:
    def test_is_needed(self, section, name):
        content = shipped_content()
        del content[section][name]
        assert f"{section}.{name} is absent" in refusal(content)

    def test_has_a_description(self, section, name):
        content = shipped_content()
        del content[section][name]["description"]
        assert f"{section}.{name}: description missing" in refusal(content)

    def test_has_a_source_or_a_reason(self, section, name):
        content = changed(section, name, reason="", source=None)
        assert f"{section}.{name}: give its source or the reason" in refusal(content)

    def test_is_in_its_unit(self, section, name):
        assert f"{section}.{name}: unit 'per mille'" in refusal(
            changed(section, name, unit="per mille")
        )

    def test_is_of_its_kind(self, section, name):
        assert f"{section}.{name}" in refusal(changed(section, name, value=object()))

    def test_says_nothing_else(self, section, name):
        assert f"{section}.{name}: unknown comment" in refusal(
            changed(section, name, comment="none")
        )


@pytest.mark.parametrize("section", sorted({section for section, _ in PARAMETERS}))
def test_every_section_is_needed_and_holds_nothing_unknown(section):
    content = shipped_content()
    content[section]["typing_error"] = content[section].pop(next(iter(content[section])))
    assert section in refusal(content)
    extra = shipped_content()
    extra[section]["not_asked_for"] = {}
    assert f"{section}: unknown parameter not_asked_for" in refusal(extra)
    without = {name: part for name, part in shipped_content().items() if name != section}
    assert f"{section} is absent" in refusal(without)


def test_a_section_that_nobody_reads_is_refused():
    assert "unknown parameter guardrails" in refusal({**shipped_content(), "guardrails": {}})


@pytest.mark.parametrize(
    ("section", "name", "value", "says"),
    [
        ("limits", "floor", 400_000, "limits: the floor must be positive and below the ceiling"),
        ("limits", "floor", 0.001, "limits.floor: 0.001 yuan is not a whole number of fen"),
        ("limits", "floor", -1, "limits.floor: -1 is not within 0"),
        ("limits", "customer_total", 10, "total is below the floor"),
        ("limits", "annual_rate_ceiling", 24, "limits.annual_rate_ceiling: 24 is not within"),
        ("limits", "annual_rate_ceiling", float("nan"), "nan is not within"),
        ("limits", "annual_rate_ceiling", True, "True is not a number"),
        ("economics", "interchange_rate", 5, "interchange_rate: expected a mapping, found int"),
        ("ladder", "ratios", [], "ladder.ratios: expected a list with at least one entry"),
        ("ladder", "ratios", [{"ratio": 1.5}, {"ratio": 1.0}], "ratios must ascend"),
        ("ladder", "ratios", [{"ratio": 0.5}, {"ratio": 1.5}], "hold 1, no change"),
        ("ladder", "ratios", [{"factor": 1.0}], "ladder.ratios[0].ratio is absent"),
        ("ladder", "roundings", [{"from": 100, "step": 50}], "first rounding must start at 0"),
        ("ladder", "roundings", [{"from": 0, "step": 0}], "step must be positive"),
        (
            "ladder",
            "roundings",
            [{"from": 0, "step": 50}, {"from": 975, "step": 100}],
            "97500 must be a multiple",
        ),
        (
            "ladder",
            "roundings",
            [{"from": 0, "step": 50}, {"from": 0, "step": 100}],
            "start at ascending amounts",
        ),
        ("observation", "statements_min", 1.5, "1.5 is not a whole number"),
        ("economics", "funding_rate", 3, "economics.funding_rate: 3 is not within 0.0 and 1.0"),
        ("economics", "interchange_rate", {"pay_later": 0.01}, "must be stated for pay_later"),
        ("overdue", "levels", [{"days_past_due": 1}], "overdue.levels[0]: has ['days_past_due']"),
        ("portfolio_caps", "caps", ["exposure"], "portfolio_caps.caps[0]: expected a mapping"),
    ],
)
def test_a_value_that_cannot_be_is_named_by_its_path(section, name, value, says):
    assert says in refusal(changed(section, name, value=value))


def test_two_caps_cannot_share_a_name():
    caps = shipped_content()["portfolio_caps"]["caps"]["value"]
    assert "two caps have the same name" in refusal(
        changed("portfolio_caps", "caps", value=[caps[0], caps[0]])
    )
    unnamed = [{**caps[0], "name": ""}]
    assert "caps[0].name: '' is not a text" in refusal(
        changed("portfolio_caps", "caps", value=unnamed)
    )


def test_a_cap_says_whose_measure_it_adds_up():
    by_measure = {cap.measure: cap.accounts for cap in shipped_policy().caps}
    assert by_measure[Measure.EXPOSURE] is CappedAccounts.ALL
    assert by_measure[Measure.EXPECTED_LOSS] is CappedAccounts.NOT_PAST_DUE
    cap = shipped_content()["portfolio_caps"]["caps"]["value"][0]
    unsaid = {name: value for name, value in cap.items() if name != "accounts"}
    assert "'accounts'" in refusal(changed("portfolio_caps", "caps", value=[unsaid]))
    strange = [{**cap, "accounts": "good_ones"}]
    assert "'good_ones'" in refusal(changed("portfolio_caps", "caps", value=strange))


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"probability_up_to": 0.01}, "grade C does not start above B"),
        ({"increase_ratio": 3.0}, "grade C is allowed more than B"),
        ({"limit_ceiling": 400_000}, "grade C is allowed more than B"),
        ({"grade": "A"}, "every grade from A to G once, in order"),
    ],
)
def test_a_riskier_grade_is_never_allowed_more(change, says):
    bands = shipped_content()["risk_grades"]["bands"]["value"]
    bands[1], bands[2] = {**bands[1], "probability_up_to": 0.03}, {**bands[2], **change}
    assert says in refusal(changed("risk_grades", "bands", value=bands))


def test_the_grades_reach_every_probability():
    bands = shipped_content()["risk_grades"]["bands"]["value"]
    bands[-1]["probability_up_to"] = 0.99
    assert "the last grade must reach up to 1" in refusal(
        changed("risk_grades", "bands", value=bands)
    )


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"days_past_due": 30}, "must ascend in days past due"),
        ({"limit_ratio": 0.9}, "the level of 60 days is milder than before"),
        ({"close_months": 1}, "the level of 60 days is milder than before"),
    ],
)
def test_a_longer_delay_is_never_treated_milder(change, says):
    levels = shipped_content()["overdue"]["levels"]["value"]
    levels[2] = {**levels[2], **change}
    assert says in refusal(changed("overdue", "levels", value=levels))


def test_the_policy_states_the_windows_it_knows():
    economics = shipped_policy().economics
    assert economics.loss_events_per_default(6) > economics.loss_events_per_default(1)
    with pytest.raises(PolicyError, match=r"windows of 1, 6 months.*window is 3 months"):
        economics.loss_events_per_default(3)


def test_the_features_that_rules_read_are_in_the_catalogue():
    assert set(FEATURES_READ) <= {feature.name for feature in FEATURES}
