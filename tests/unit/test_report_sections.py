"""Outcomes in the shape of the page: what is kept, in which order, and what is said of it."""

from datetime import UTC, date, datetime

import pytest

from credit_limits.ledger.entry import EntryKind, seal
from credit_limits.policy.eligibility import permitted
from tests.decision_samples import portfolio_of, shipped_policy
from tests.rulebook_samples import shipped_book
from tidegate.adapters.cycle_report_decisions import RatioUse
from tidegate.cli.portfolio_rows import portfolio_rows
from tidegate.operations.cycle_sections import (
    allocation,
    batch_quality,
    drift,
    gate_verdict,
    model_comparison,
    rules_in_force,
)
from tidegate.operations.limits_outcome import AllocationRow, CapRow, RatioRow
from tidegate.operations.promotion_outcome import CheckRow, PromoteModelOutcome
from tidegate.operations.retrain_model import RetrainModelOutcome
from tidegate.operations.rule_rows import rule_book_row
from tidegate.operations.train_response import FigureInterval
from tidegate.operations.watch_outcome import ColumnRow, EarlyDelinquencyRow, WatchDriftOutcome


def column(name: str, psi: float | None, level: str = "none", noise: float = 0.0) -> ColumnRow:
    return ColumnRow(
        name=name,
        psi=psi,
        noise=noise,
        null_share_reference=0.1,
        null_share_now=0.2,
        unseen_share=0.0,
        level=level,
        finding=f"{name} moved" if level != "none" else "",
    )


def watch(*columns: ColumnRow, **more: object) -> WatchDriftOutcome:
    plain = WatchDriftOutcome(
        as_of="2024-01-31",
        level="notice",
        finding="",
        columns=list(columns),
        rows=1000,
        report="/somewhere/reports/drift/page.html",
        model_version="1",
        certificate_digest="c1" * 32,
        thresholds_version="monitoring/2005-01-01",
    )
    return plain.model_copy(update=more)


EARLY = EarlyDelinquencyRow(
    level="alarm",
    finding="many",
    month_end="2024-01-31",
    months=2,
    accounts=1000,
    past_due=40,
    reference_months=11,
    share=0.04,
    reference_share=0.02,
    ratio=2.0,
    dispersion=1.1,
    p_value=0.001,
)


def test_first_misses_are_told_as_they_were_found():
    misses = drift(watch(early=EARLY), {}).first_misses
    assert (misses.level, misses.months, misses.past_due, misses.share) == ("alarm", 2, 40, 0.04)
    assert misses.judged
    young = {"share": None, "reference_share": None, "p_value": None, "level": "none"}
    assert not drift(watch(early=EARLY.model_copy(update=young)), {}).first_misses.judged
    assert drift(watch(), {}).first_misses is None


def test_brakes_are_applied_released_or_open_and_each_told_once():
    watched = watch(brakes_applied=["b"], brakes_released=["a"])
    found = [(line.state, line.name) for line in drift(watched, {}, ["b", "c"]).brakes]
    assert found == [("applied", "b"), ("released", "a"), ("open", "c")]


def test_a_watch_without_a_page_names_none():
    assert drift(watch(report=""), {}).report == ""


def test_drift_ranks_by_level_then_by_what_noise_does_not_explain():
    verdict = drift(
        watch(
            column("noisy", 0.30, noise=0.29),
            column("calm", 0.02),
            column("moved", 0.15),
            column("alarmed", 0.01, "alarm"),
            column("gone", None, "alarm"),
        ),
        {},
    )
    assert [each.name for each in verdict.worst] == ["gone", "alarmed", "moved", "calm", "noisy"]
    assert (verdict.columns_watched, verdict.columns_moved) == (5, 2)
    assert verdict.worst[1].finding == "alarmed moved"
    assert verdict.report == "drift/page.html"


@pytest.mark.parametrize(("calm", "moved", "shown"), [(40, 0, 12), (40, 3, 12), (5, 20, 20)])
def test_drift_shows_every_column_that_moved_and_few_others(calm, moved, shown):
    columns = [column(f"calm_{i}", 0.01) for i in range(calm)]
    columns += [column(f"moved_{i}", 0.2, "notice") for i in range(moved)]
    worst = drift(watch(*columns), {}).worst
    assert len(worst) == shown
    assert [each.level for each in worst[:moved]] == ["notice"] * moved


def test_what_the_policy_does_not_judge_stands_last_with_its_reason_unless_it_broke():
    columns = (column("calm", 0.0), column("macro", 17.0), column("emptied", 9.0, "alarm"))
    reasons = {"macro": "one figure for all", "emptied": "one figure for all"}
    verdict = drift(watch(*columns), reasons)
    assert [(each.name, each.level, each.finding) for each in verdict.worst] == [
        ("emptied", "alarm", "emptied moved"),
        ("calm", "none", ""),
        ("macro", "not judged", "one figure for all"),
    ]
    assert verdict.columns_moved == 1


def verdict_of(measured: dict[str, float], threshold: dict[str, float]):
    return gate_verdict(
        PromoteModelOutcome(
            model_name="default_risk",
            version="1",
            as_of="2024-01-31",
            cleared=False,
            checks=[
                CheckRow(
                    check="calibration",
                    passed=False,
                    measured=measured,
                    threshold=threshold,
                    message="not calibrated",
                )
            ],
            certificate_digest=None,
            previous_champion=None,
            thresholds_version="default_risk/2005-01-01",
            evidence_digest="ed" * 32,
        )
    ).checks[0]


def test_both_bounds_of_a_figure_stand_beside_it_lowest_first():
    check = verdict_of({"slope": 1.0, "rows": 9.0}, {"slope <=": 1.25, "slope >=": 0.8})
    assert [(f.name, f.measured, f.bounds) for f in check.bounded] == [
        ("slope", 1.0, ((">=", 0.8), ("<=", 1.25)))
    ]
    assert [f.name for f in check.informing] == ["rows"]
    assert (check.check, check.passed, check.message) == ("calibration", False, "not calibrated")


def test_a_figure_that_was_asked_for_and_not_measured_is_shown_as_such():
    (figure,) = verdict_of({}, {"slope >=": 0.8}).figures
    assert (figure.name, figure.measured, figure.bounds) == ("slope", None, ((">=", 0.8),))


def test_a_check_without_evidence_has_no_figures():
    assert verdict_of({}, {}).figures == ()


def training(version: str, **values: float) -> RetrainModelOutcome:
    figures = {n: FigureInterval(value=v, low=v - 0.1, high=v + 0.1) for n, v in values.items()}
    return RetrainModelOutcome(
        model_name="default_risk",
        version=version,
        run_id="run",
        run_key="key",
        as_of="2024-01-31",
        feature_service="default_risk_v1",
        schema_hash="5c" * 32,
        label_source="outcomes",
        cohorts=[],
        split="stratified",
        rows_train=7,
        rows_test=3,
        default_rate=0.2,
        figures=figures,
        cross_validation=None,
        artefact_digest="a7" * 32,
        policy_version="default_risk/2005-01-01",
        data_versions={},
    )


def test_figures_stand_in_the_order_of_their_use_and_unknown_ones_after_them():
    rows = model_comparison(training("1", zeta=1, slope=1, ks=0.4, auc=0.7, alpha=1), None).figures
    assert [row.figure for row in rows] == ["auc", "ks", "slope", "alpha", "zeta"]
    assert {row.champion for row in rows} == {None}


def test_a_figure_of_the_champion_stands_beside_the_challenger_s():
    compared = model_comparison(training("2", auc=0.8, ks=0.5), training("1", auc=0.7))
    auc, ks = compared.figures
    assert (auc.challenger.value, auc.champion.value) == (0.8, 0.7)
    assert ks.champion is None
    assert (compared.challenger, compared.champion) == ("2", "1")
    assert compared.cross_validation is None


def test_caps_are_told_as_they_were_used():
    row = CapRow(name="exposure", measure="exposure", cap=10.0, used=9.0, slack=1.0, price=0.5)
    told = allocation(
        AllocationRow(value=1.0, bound=2.0, gap=1.0, passes=3, split_accounts=0, caps=(row,))
    )
    assert (told.value_minor, told.bound_minor, told.gap) == (1.0, 2.0, 1.0)
    (cap,) = told.caps
    assert (cap.name, cap.cap, cap.used, cap.slack, cap.price) == ("exposure", 10, 9, 1, 0.5)
    assert told.ratios == ()


def test_ratio_rows_are_told_with_what_they_come_to():
    moves = CapRow(name="moves", measure="changes", cap=3.0, used=3.0, slack=0.0, price=250.0)
    ratio = RatioRow(
        name="keep_up",
        measure="increase",
        ratio=0.8,
        accounts=3,
        reference_accounts=7,
        average_minor=90.0,
        reference_average_minor=100.0,
        slack_minor=10.0,
        price=0.25,
    )
    row = AllocationRow(
        value=1.0,
        bound=1.0,
        gap=0.0,
        passes=3,
        split_accounts=0,
        caps=(moves,),
        ratio_rows=(ratio,),
    )
    told = allocation(row)
    assert told.caps[0].measure == "changes"
    assert told.ratios == (RatioUse("keep_up", 0.8, 90.0, 100.0, 10.0, 0.25),)
    assert row.prices == {"moves": 250.0, "keep_up": 0.25}
    assert row.group_sizes == {"keep_up": (3, 7)}
    assert portfolio_rows([("", row.caps, row.ratio_rows)]) == [
        "  cap, yuan      allowed  used  slack  shadow price",
        "  moves (count)        3     3      0        2.5000",
        "  ratio row, yuan  average  reference  at least   slack   price",
        "  keep_up           0.9000     1.0000  80%       0.1000  0.2500",
    ]


def test_reasons_of_a_refused_batch_are_one_text():
    entry = seal(
        sequence=1,
        time=datetime(2024, 1, 31, tzinfo=UTC),
        kind=EntryKind.BATCH_REFUSED,
        key="k",
        actor="tester",
        payload={"batch_id": "b", "source": "taiwan", "reasons": ["no rows", "no AGE"]},
        previous_digest="0" * 64,
    )
    told = batch_quality(entry)
    assert told.refusal == "no rows; no AGE"
    assert (told.rows_read, told.tables, told.examples) == (0, (), ())
    assert told.received == entry.time


def test_the_rule_book_of_a_batch_is_told_with_its_counts():
    portfolio = portfolio_of({"days_past_due_latest": 5.0}, {})
    rulebook = shipped_book(date(2024, 1, 31))
    found = permitted(portfolio, shipped_policy(), rulebook=rulebook)
    told = rules_in_force(rule_book_row(rulebook, found.rules))
    assert told.version == rulebook.version
    past_due = next(rule for rule in told.rules if rule.rule_id == "cn-past-due")
    assert (past_due.applies, past_due.touched, past_due.not_evaluated) == (1, 1, 0)
    assert (past_due.status, past_due.description[:2]) == ("evaluated", "no")
    assert rules_in_force(None) is None
