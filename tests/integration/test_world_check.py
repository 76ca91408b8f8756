"""The check of the world as it is run: what it finds, what it notices, what it leaves behind."""

from dataclasses import replace

import pytest
from pydantic import ValidationError

from credit_limits.domain.errors import NotEnoughOutcomes
from credit_limits.rehearsal.world_check import check_world as check_parameters
from credit_limits.simulation.parameters import Repayment, Spending, WorldParameters
from credit_limits.simulation.scenarios import Course, ScenarioName
from tests.flow_cycles import tiny_policies
from tidegate.adapters.settings import Settings
from tidegate.operations.check_world import CheckWorldRequest, check_world
from tidegate.operations.platform import open_platform

PARAMETERS = WorldParameters(customers=2_500, months=20, seed=5)
LATE = "balance 30 and more days past due"
LATE_BEFORE = f"{LATE}, before the shock of 2020"
LATE_AT_WORST = f"{LATE}, at worst within four months of it"
LATE_YEAR_ON = f"{LATE}, a year after it over the same without it"
NAIVE = "naive slope of default on log limit"
TRUE = "true slope of default on log limit"
QUARTER = "owed more of each added yuan after 3 months"
THREE_YEARS = "owed more of each added yuan after 36 months"
CEILING = "AUC of the true probability"
OF_MODEL = "AUC of the platform's model, on the same rows"


def named(quantities):
    return {quantity.name: quantity for quantity in quantities}


@pytest.fixture(scope="module")
def checked():
    return named(check_parameters(PARAMETERS))


def test_every_quantity_says_where_its_target_is_from(checked):
    assert len(checked) == 11
    assert all(quantity.source and quantity.unit for quantity in checked.values())


def test_the_limit_misleads_in_the_data_and_harms_in_truth(checked):
    assert checked[NAIVE].value < 0.0 < checked[TRUE].value
    assert checked[NAIVE].within
    assert checked[TRUE].within


def test_what_does_not_hang_on_a_few_balances_lies_in_its_band_even_here(checked):
    """Few customers, so figures of the balance past due may be off by half."""
    for name in (QUARTER, THREE_YEARS, CEILING, LATE_YEAR_ON):
        assert checked[name].within, checked[name]
    assert checked[QUARTER].value < checked[THREE_YEARS].value


def test_the_shock_shows_in_arrears(checked):
    assert checked[LATE_AT_WORST].value > 1.2 * checked[LATE_BEFORE].value


def test_a_shock_that_never_fades_is_found_out_a_year_on(checked, monkeypatch):
    monkeypatch.setattr(Course, "strength", lambda _, months_since: float(months_since >= 0))
    stayed = named(check_parameters(PARAMETERS))
    assert not stayed[LATE_YEAR_ON].within
    assert stayed[LATE_BEFORE] == checked[LATE_BEFORE]


def test_the_same_world_gives_the_same_figures_whatever_its_scenario(checked):
    shocked = replace(PARAMETERS, scenario=ScenarioName.BOOM, shock_month=3)
    assert named(check_parameters(shocked)) == checked


@pytest.mark.parametrize(
    ("group", "change", "found_out"),
    [
        ("spending", replace(Spending(), limit_elasticity=0.0), {QUARTER, THREE_YEARS}),
        ("spending", replace(Spending(), limit_absorption_monthly=0.9), {QUARTER}),
        ("repayment", replace(Repayment(), limit_effect=-0.35), {TRUE}),
        ("repayment", replace(Repayment(), limit_effect=1.5), {TRUE, NAIVE}),
        ("repayment", replace(Repayment(), miss_pay_later=-4.0), {LATE}),
    ],
)
def test_a_world_that_is_off_is_found_out(group, change, found_out):
    spoiled = named(check_parameters(replace(PARAMETERS, **{group: change})))
    assert not any(spoiled[name].within for name in found_out)


def test_a_world_in_which_nobody_defaults_has_too_few_outcomes():
    with pytest.raises(NotEnoughOutcomes):
        check_parameters(replace(PARAMETERS, customers=12))


@pytest.fixture(scope="module")
def outcome(tmp_path_factory):
    folder = tmp_path_factory.mktemp("checking")
    settings = Settings(var_dir=folder / "var", policies_dir=tiny_policies(folder), actor="tester")
    outcome = check_world(open_platform(settings), CheckWorldRequest(seed=3, customers=1_500))
    assert not settings.root.exists()
    return outcome


def test_the_model_is_measured_beside_the_truth_on_the_same_rows(outcome):
    quantities = named(outcome.quantities)
    assert len(quantities) == len(outcome.quantities) == 13
    truth, model = list(quantities.values())[-2:]
    assert model.name == OF_MODEL
    assert model.target == truth.value
    assert (model.low, model.high) == pytest.approx((truth.value - 0.03, truth.value + 0.03))
    assert 0.5 < model.value < truth.value + 0.05


def test_the_outcome_says_of_each_quantity_whether_it_is_within(outcome):
    for quantity in outcome.quantities:
        assert quantity.within is (quantity.low <= quantity.value <= quantity.high)
    assert outcome.all_within is all(quantity.within for quantity in outcome.quantities)


def test_the_outcome_goes_through_json(outcome):
    assert type(outcome).model_validate_json(outcome.model_dump_json()) == outcome


def test_a_request_of_nobody_is_refused():
    with pytest.raises(ValidationError):
        CheckWorldRequest(customers=0)
    assert all(field.description for field in CheckWorldRequest.model_fields.values())
