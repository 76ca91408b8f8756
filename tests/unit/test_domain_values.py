"""Values of the domain: they compute what their docstrings say and cannot be built wrong."""

import doctest
import importlib
import inspect
import pkgutil
from datetime import UTC, date, datetime

import pytest

import credit_limits
from credit_limits.domain import errors
from credit_limits.domain.decision import Action, Decision, ReasonCode
from credit_limits.domain.digest import canonical_json, digest_of
from credit_limits.domain.features import FEATURES, SERVICES, VIEW_SPECS, View, service_named
from credit_limits.domain.identifiers import AccountId, DecisionId
from credit_limits.domain.money import format_yuan, yuan
from credit_limits.domain.periods import add_months, end_of_day, month_end, month_ends_back
from credit_limits.ingestion.contracts import Column, Kind, TableContract
from credit_limits.ingestion.tables import TABLES, table_named


def decision(**changes) -> Decision:
    fields = {
        "decision_id": DecisionId("d1"),
        "account_id": AccountId("a1"),
        "from_minor": yuan(1_000),
        "to_minor": yuan(1_500),
        "action": Action.INCREASE,
        "reasons": (ReasonCode.PROFITABLE_INCREASE,),
        "default_probability": 0.02,
    }
    return Decision(**(fields | changes))


@pytest.mark.parametrize(
    ("action", "to_minor"),
    [
        (Action.INCREASE, yuan(1_000)),
        (Action.INCREASE, yuan(900)),
        (Action.DECREASE, yuan(1_000)),
        (Action.DECREASE, yuan(1_100)),
        (Action.HOLD, yuan(1_100)),
        (Action.CLOSE_INCREASES, yuan(1_100)),
    ],
)
def test_action_contradicting_its_amounts_is_unbuildable(action, to_minor):
    with pytest.raises(ValueError, match="a1"):
        decision(action=action, to_minor=to_minor)


@pytest.mark.parametrize(
    "changes",
    [
        {"reasons": ()},
        {"default_probability": 1.01},
        {"default_probability": float("nan")},
        {"from_minor": -1},
    ],
)
def test_a_decision_cannot_hold_a_bad_value(changes):
    with pytest.raises(ValueError, match="a1"):
        decision(**changes)


def test_closing_increases_may_lower_the_limit_or_leave_it():
    assert decision(action=Action.CLOSE_INCREASES, to_minor=yuan(1_000))
    assert decision(action=Action.CLOSE_INCREASES, to_minor=yuan(500))


def test_every_error_has_its_own_exit_code_and_stands_in_the_drawn_tree():
    classes = [
        cls
        for _, cls in inspect.getmembers(errors, inspect.isclass)
        if issubclass(cls, errors.TidegateError)
    ]
    codes = [cls.exit_code for cls in classes]
    assert len(set(codes)) == len(codes)
    for cls in classes:
        assert f"{cls.__name__} ({cls.exit_code})" in (errors.__doc__ or "")


def test_canonical_json_does_not_depend_on_the_order_of_keys():
    assert digest_of({"a": 1, "b": [1, 2]}) == digest_of({"b": [1, 2], "a": 1})


def test_canonical_json_writes_dates_and_enums_as_their_text():
    value = {"day": date(2024, 1, 31), "at": datetime(2024, 1, 31, tzinfo=UTC), "do": Action.HOLD}
    expected = b'{"at":"2024-01-31T00:00:00+00:00","day":"2024-01-31","do":"hold"}'
    assert canonical_json(value) == expected


@pytest.mark.parametrize("value", [float("nan"), float("inf"), {"x": object()}])
def test_what_has_no_json_form_has_no_digest(value):
    with pytest.raises((ValueError, TypeError)):
        digest_of(value)


def test_amounts_read_as_yuan():
    assert yuan(300_000) == 30_000_000
    assert format_yuan(yuan(-1_234)) == "-1,234"
    assert format_yuan(5) == "0.05"


def test_months_keep_the_end_of_the_month():
    assert add_months(date(2024, 1, 31), 1) == date(2024, 2, 29)
    assert add_months(date(2024, 2, 29), 1) == date(2024, 3, 31)
    assert add_months(date(2024, 12, 15), 2) == date(2025, 2, 15)
    assert month_end(date(2023, 2, 1)) == date(2023, 2, 28)
    assert month_ends_back(date(2024, 3, 31), 2) == (date(2024, 2, 29), date(2024, 3, 31))
    assert end_of_day(date(2024, 3, 31)).tzinfo is UTC


def test_the_catalogue_names_each_feature_once_and_each_view_has_some():
    names = [feature.name for feature in FEATURES]
    assert len(set(names)) == len(names)
    assert {feature.view for feature in FEATURES} == set(View)
    assert {spec.view for spec in VIEW_SPECS} == set(View)


def test_a_service_lists_the_features_of_its_views_in_the_order_of_the_catalogue():
    small, whole = service_named("default_risk_statements_v1"), service_named("default_risk_v1")
    assert whole.feature_names == tuple(feature.name for feature in FEATURES)
    assert set(small.feature_names) < set(whole.feature_names)
    with pytest.raises(KeyError, match="default_risk_v1"):
        service_named("nothing")
    assert len({service.name for service in SERVICES}) == len(SERVICES)


def test_views_read_tables_that_exist_and_consents_that_customers_give():
    customers = table_named("customers").column_names
    for spec in VIEW_SPECS:
        assert all(table_named(table) for table in spec.tables)
        assert spec.consent is None or spec.consent in customers


def test_no_feature_reads_the_protected_table():
    protected = {table.name for table in TABLES if table.protected}
    assert protected == {"protected"}
    assert not any(protected & set(spec.tables) for spec in VIEW_SPECS)


def test_a_contract_cannot_contradict_itself():
    column = Column("a", Kind.INTEGER)
    with pytest.raises(ValueError, match="twice"):
        TableContract("t", ("a",), (column, column))
    with pytest.raises(ValueError, match="not columns"):
        TableContract("t", ("b",), (column,))
    with pytest.raises(ValueError, match="minimum above"):
        Column("a", Kind.INTEGER, minimum=2, maximum=1)
    with pytest.raises(ValueError, match="outside 0 to 1"):
        Column("a", Kind.INTEGER, null_ceiling=1.1)
    with pytest.raises(KeyError, match="no column"):
        TableContract("t", ("a",), (column,)).column("b")
    with pytest.raises(KeyError, match="no table"):
        table_named("t")


@pytest.mark.parametrize(
    "name",
    [
        module.name
        for module in pkgutil.walk_packages(credit_limits.__path__, "credit_limits.")
        if not module.ispkg
    ],
)
def test_worked_numbers_in_docstrings_are_right(name):
    assert doctest.testmod(importlib.import_module(name)).failed == 0
