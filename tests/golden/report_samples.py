"""A cycle as the page is handed it, with figures that are easy to find again."""

from dataclasses import replace
from datetime import UTC, date, datetime

from tidegate.adapters.cycle_report import (
    CycleReport,
    LedgerLine,
    Lineage,
    ProductStanding,
    Standing,
)
from tidegate.adapters.cycle_report_decisions import (
    Allocation,
    CapUse,
    DecisionBatch,
    DecisionGroup,
    Decisions,
    DueLine,
    LimitBand,
    Move,
    RatioUse,
    ReasonCount,
    RuleCount,
    RulesInForce,
    ScenarioShares,
)
from tidegate.adapters.cycle_report_model import (
    CrossValidation,
    FigureRow,
    GateCheck,
    GateFigure,
    GateVerdict,
    Interval,
    ModelComparison,
)
from tidegate.adapters.cycle_report_quality import (
    BatchQuality,
    FailedExpectation,
    QuarantinedRow,
    TableQuality,
)
from tidegate.adapters.cycle_report_watch import (
    NOT_JUDGED,
    BrakeLine,
    Drift,
    DriftColumn,
    FirstMisses,
)

ACTIONS = ("increase", "decrease", "hold", "close_increases")
RECEIVED = datetime(2024, 1, 31, 2, 30, tzinfo=UTC)
CERTIFICATE = "e1" * 32
MERKLE_ROOT = "c2" * 32


def group(name: str, counts: tuple[int, int, int, int], before: int, after: int) -> DecisionGroup:
    return DecisionGroup(name, tuple(zip(ACTIONS, counts, strict=True)), before, after)


def decision_batch(model_version: str) -> DecisionBatch:
    return DecisionBatch(
        batch_id="limits-2024-01-31-0123",
        decisions=2_000,
        model_version=model_version,
        policy_version="limits/2005-01-01",
        allocation=Allocation(
            value_minor=3_210_000_00,
            bound_minor=3_210_100_00,
            gap=3.1e-5,
            caps=(
                CapUse("exposure", 12_000_000_00, 9_000_000_00, 3_000_000_00, 0.0),
                CapUse("expected_loss", 800_000_00, 799_900_00, 100_00, 0.8123),
                CapUse("changed_limits", 900.0, 790.0, 110.0, 250.0, "changes"),
            ),
            ratios=(RatioUse("merchants_keep_up", 0.8, 80_012.6, 100_000.0, 12.6, 7.25),),
        ),
        rule_book=RulesInForce(
            "rulebook/CN-bank/2023-07-01",
            (
                RuleCount("cn-past-due", "Not raised while past due.", 613, 615, 2, "evaluated"),
                RuleCount("cn-share", "Partners.", 0, 0, 7, "not evaluated: column absent: share"),
            ),
        ),
    )


def decisions() -> Decisions:
    return Decisions(
        batches=(decision_batch("2"),),
        total=group("all accounts", (700, 90, 900, 310), 10_000_000_00, 10_450_000_00),
        by_product=(
            group("pay_later", (600, 60, 700, 240), 8_000_000_00, 8_400_000_00),
            group("cash_loan", (100, 30, 200, 70), 2_000_000_00, 2_050_000_00),
        ),
        by_grade=(
            group("A", (700, 0, 300, 10), 6_000_000_00, 6_600_000_00),
            group("G", (0, 90, 600, 300), 4_000_000_00, 3_850_000_00),
        ),
        largest_increases=(
            Move("acct-17", "pay_later", "A", 20_000_00, 40_000_00, "Earns more than it costs."),
        ),
        largest_decreases=(
            Move("acct-18", "cash_loan", "G", 30_000_00, 15_000_00, "90 or more days past due."),
        ),
        bands=(
            LimitBand(5_000_00, 10_000_00, 1200, 1100),
            LimitBand(10_000_00, 20_000_00, 700, 750),
            LimitBand(20_000_00, None, 100, 150),
        ),
        reasons=(
            ReasonCount(
                "profitable_increase", "A higher limit earns more than it costs.", 700, 700
            ),
            ReasonCount("overdue", "The latest statement is past due.", 400, 520),
        ),
        due=(
            DueLine("adverse", date(2024, 2, 7), 90),
            DueLine("reminder", date(2024, 2, 15), 143),
            DueLine("information", None, 700),
        ),
        scenario_shares=(
            ScenarioShares("A", 1_010, (("retail", 1.0), ("cash", 0.0493))),
            ScenarioShares("G", 990, (("retail", 0.97), ("cash", 0.0))),
            ScenarioShares("All", 2_000, (("retail", 0.985), ("cash", 0.0321))),
        ),
    )


def figure(name: str, challenger: float, champion: float | None) -> FigureRow:
    def around(value: float) -> Interval:
        return Interval(value, value - 0.01, value + 0.01)

    return FigureRow(
        name,
        around(challenger),
        None if champion is None else around(champion),
    )


def comparison(champion: str | None = "1") -> ModelComparison:
    before = None if champion is None else 0.7702
    return ModelComparison(
        model_name="default_risk",
        challenger="2",
        champion=champion,
        rows_train=21_000,
        rows_test=6_000,
        default_rate=0.2212,
        figures=(figure("auc", 0.7853, before), figure("slope", 0.98, None)),
        cross_validation=CrossValidation(5, 27_000, (figure("auc", 0.7848, None),)),
    )


def gate(*, cleared: bool = True) -> GateVerdict:
    missing = () if cleared else (GateCheck("time", False, (), "no evidence: nothing recomputed"),)
    low = GateFigure("auc_low", 0.7711 if cleared else 0.61, ((">=", 0.7),))
    return GateVerdict(
        model_name="default_risk",
        version="2",
        cleared=cleared,
        checks=(
            GateCheck("data", True, (GateFigure("tables_read", 5.0, ((">=", 1.0),)),), "5 tables"),
            *missing,
            GateCheck(
                "performance",
                cleared,
                (low, GateFigure("rows", 6_000.0, ())),
                "auc_low is too low: train on more cohorts",
            ),
        ),
        certificate_digest=CERTIFICATE if cleared else None,
        thresholds_version="default_risk/2005-01-01",
    )


def batch() -> BatchQuality:
    return BatchQuality(
        batch_id="taiwan-9f",
        source="taiwan",
        received=RECEIVED,
        refusal=None,
        rows_read=30_000,
        rows_accepted=29_998,
        rows_quarantined=2,
        tables=(TableQuality("customers", 30_000, 29_998, 2),),
        expectations=87,
        failed=(FailedExpectation("customers", "birth_year is never null", "2 rows"),),
        examples=(
            QuarantinedRow("customers", "4", "ID=3", "birth_year", "", "AGE must not be empty"),
        ),
        assumptions=("A month has 30 days.",),
    )


def drift() -> Drift:
    return Drift(
        level="notice",
        report="drift/2024-01-31-0123.html",
        rows=2_000,
        columns_watched=34,
        columns_moved=1,
        worst=(
            DriftColumn("utilization_ratio_1m", 0.142, 0.0, 0.001, "notice", "PSI 0.131"),
            DriftColumn("score", 0.012, 0.0, 0.0, "none", ""),
            DriftColumn("unemployment_rate", 9.5, 0.0, 0.0, NOT_JUDGED, "one figure for all"),
        ),
        first_misses=FirstMisses(
            level="alarm",
            month_end=date(2024, 1, 31),
            months=1,
            accounts=1_602,
            past_due=55,
            share=0.0343,
            reference_share=0.0171,
            reference_months=12,
            p_value=0.0012,
            finding="",
        ),
        brakes=(
            BrakeLine("applied", "no increases of cash_loan since 2024-01-31"),
            BrakeLine("open", "no increases of pay_later since 2023-12-31"),
        ),
    )


def lineage() -> Lineage:
    return Lineage(
        facts=(("Certificate", CERTIFICATE), ("Merkle root of the decisions", MERKLE_ROOT)),
        data_versions=(("accounts", 0), ("statements", 3)),
        entries=(LedgerLine(1, RECEIVED, "batch_accepted", "tester", "ab" * 32),),
    )


def full_report() -> CycleReport:
    return CycleReport(
        as_of=date(2024, 1, 31),
        standing=Standing.CERTIFIED,
        refusal=None,
        portfolio=(
            ProductStanding(
                "pay_later", 1600, 8_000_000_00, 1500, 3_000_000_00, 7_500_000_00,
                (1200, 200, 60, 30, 10),
            ),
            ProductStanding("cash_loan", 400, 2_000_000_00, 0, 0, 0, (0, 0, 0, 0, 0)),
        ),
        batches=(batch(),),
        comparison=comparison(),
        gate=gate(),
        decisions=decisions(),
        drift=drift(),
        lineage=lineage(),
    )  # fmt: skip


def empty_report() -> CycleReport:
    return CycleReport(
        as_of=date(2024, 1, 31),
        standing=Standing.NOT_JUDGED,
        refusal=None,
        portfolio=(),
        batches=(),
        comparison=None,
        gate=None,
        decisions=None,
        drift=None,
        lineage=Lineage((), (), ()),
    )


def refused_report() -> CycleReport:
    return replace(
        full_report(),
        standing=Standing.REFUSED,
        refusal="no certified champion; run tidegate promote",
        gate=gate(cleared=False),
        comparison=comparison(champion=None),
        decisions=None,
        batches=(replace(batch(), refusal="column AGE is missing", tables=(), examples=()),),
    )
