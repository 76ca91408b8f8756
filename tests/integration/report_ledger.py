"""Outcomes as operations leave them in the ledger, for pages written from a ledger alone."""

from datetime import date

import pyarrow as pa

from credit_limits.domain.periods import end_of_day
from credit_limits.ledger.entry import Entry, EntryKind
from tidegate.operations.ingest_batch import (
    BatchProfile,
    IngestBatchOutcome,
    QualityCheck,
    QuarantineExample,
    TableCount,
)
from tidegate.operations.limits_outcome import AdjustLimitsOutcome, AllocationRow, CapRow
from tidegate.operations.promotion_outcome import CheckRow, PromoteModelOutcome
from tidegate.operations.retrain_model import CrossValidationFigures, RetrainModelOutcome
from tidegate.operations.train_response import FigureInterval
from tidegate.operations.watch_outcome import ColumnRow, WatchDriftOutcome

DAY = date(2024, 1, 31)
CERTIFICATES = {"1": "c1" * 32, "2": "c2" * 32}


def interval(value: float) -> FigureInterval:
    return FigureInterval(value=value, low=value - 0.01, high=value + 0.01)


class Story:
    """Writes a cycle's entries into a platform's ledger, one call a step."""

    def __init__(self, platform) -> None:
        self.platform = platform

    def _append(self, kind: EntryKind, payload) -> Entry:
        number = len(self.platform.ledger.entries())
        plain = payload if isinstance(payload, dict) else payload.model_dump(mode="json")
        return self.platform.ledger.append(kind, "tester", plain, key=f"step-{number}")

    def ingested(self, batch_id: str = "b1") -> Entry:
        counts = TableCount(read=100, accepted=98, quarantined=2)
        example = QuarantineExample(
            source_file="clients.csv",
            source_line=4,
            record="ID=3",
            table="customers",
            column="birth_year",
            value=None,
            rule="required",
            message="AGE must not be empty",
        )
        checks = [
            QualityCheck(
                table="customers", expectation=name, passed=True, offending=bad, observed=""
            )
            for name, bad in (("birth_year is never null", 2), ("customer_id is unique", 0))
        ]
        outcome = IngestBatchOutcome(
            batch_id=batch_id,
            source="taiwan",
            rows_read=100,
            rows_accepted=98,
            rows_quarantined=2,
            tables={"customers": counts},
            quarantine_examples=[example],
            checks=checks,
            assumptions=["A month has 30 days."],
            profile=BatchProfile(file_lines={"clients": [100]}, medians_minor={}),
            data_docs="index.html",
            data_versions={"customers": 0},
        )
        return self._append(EntryKind.BATCH_ACCEPTED, outcome)

    def refused_batch(self) -> Entry:
        payload = {"batch_id": "b9", "source": "taiwan", "reasons": ["column AGE is missing"]}
        return self._append(EntryKind.BATCH_REFUSED, payload)

    def trained(self, version: str = "1", auc: float = 0.78) -> Entry:
        outcome = RetrainModelOutcome(
            model_name="default_risk",
            version=version,
            run_id=f"run-{version}",
            run_key=f"key-{version}",
            as_of=DAY,
            feature_service="default_risk_v1",
            schema_hash="5c" * 32,
            label_source="outcomes",
            cohorts=[date(2023, 12, 31)],
            split="stratified",
            rows_train=700,
            rows_test=300,
            default_rate=0.2,
            figures={"slope": interval(1.0), "auc": interval(auc)},
            cross_validation=CrossValidationFigures(
                folds=5, rows=1000, auc=interval(auc), ks=interval(0.43), ece=interval(0.02)
            ),
            artefact_digest="a7" * 32,
            policy_version="default_risk/2005-01-01",
            data_versions={"accounts": 0},
        )
        return self._append(EntryKind.MODEL_TRAINED, outcome)

    def judged(
        self, version: str = "1", before: str | None = None, *, cleared: bool = True
    ) -> Entry:
        outcome = PromoteModelOutcome(
            model_name="default_risk",
            version=version,
            as_of=DAY,
            cleared=cleared,
            checks=[
                CheckRow(
                    check="performance",
                    passed=cleared,
                    measured={"auc_low": 0.77, "rows": 300.0},
                    threshold={"auc_low >=": 0.7},
                    message="auc_low is what it is",
                )
            ],
            certificate_digest=CERTIFICATES[version] if cleared else None,
            previous_champion=before,
            thresholds_version="default_risk/2005-01-01",
            evidence_digest="ed" * 32,
        )
        kind = EntryKind.MODEL_PROMOTED if cleared else EntryKind.PROMOTION_REFUSED
        return self._append(kind, outcome)

    def adjusted(
        self,
        rows: list[tuple[str, str, str, str, int, int, list[str]]],
        *,
        day: date = DAY,
        batch_id: str = "limits-1",
        version: str = "1",
        lost: bool = False,
    ) -> Entry:
        """``rows``: account, product, grade, action, from and to in minor units, reasons."""
        if not lost:
            self._write_decisions(rows, batch_id, day)
        caps = (CapRow(name="exposure", measure="exposure", cap=1e9, used=9e8, slack=1e8, price=0),)
        outcome = AdjustLimitsOutcome(
            as_of=day,
            batch_id=batch_id,
            decisions=len(rows),
            actions={},
            by_product=(),
            by_grade=(),
            allocation=AllocationRow(
                value=1e6, bound=1.1e6, gap=0.1, passes=3, split_accounts=0, caps=caps
            ),
            merkle_root="d4" * 32,
            policy_version="limits/2005-01-01",
            policy_digest="b0" * 32,
            model_name="default_risk",
            model_version=version,
            artefact_digest="a7" * 32,
            certificate_digest=CERTIFICATES[version],
            feature_service="default_risk_v1",
            label_window_months=6,
            data_versions={
                name: at
                for name, at in self.platform.lake.versions().items()
                if name != "decisions"
            },
        )
        return self._append(EntryKind.LIMITS_ADJUSTED, outcome)

    def refused_to_adjust(self, day: date = DAY) -> Entry:
        payload = {
            "as_of": day.isoformat(),
            "model_name": "default_risk",
            "reason": "no certified champion",
        }
        return self._append(EntryKind.ADJUSTMENT_REFUSED, payload)

    def watched(self, day: date = DAY) -> Entry:
        columns = [
            ColumnRow(
                name=name,
                psi=psi,
                noise=0.01,
                null_share_reference=0.0,
                null_share_now=0.0,
                unseen_share=0.0,
                level=level,
                finding="",
            )
            for name, psi, level in [
                ("age_years", 0.03, "none"),
                ("balance_latest_minor", 0.04, "none"),
                ("score", 0.12, "notice"),
                ("is_cash_loan", None, "alarm"),
                ("unemployment_rate", 9.0, "none"),
            ]
        ]
        outcome = WatchDriftOutcome(
            as_of=day,
            level="alarm",
            finding="",
            columns=columns,
            rows=98,
            report=f"/elsewhere/reports/drift/{day}-0123.html",
            model_version="1",
            certificate_digest=CERTIFICATES["1"],
            thresholds_version="monitoring/2005-01-01",
        )
        return self._append(EntryKind.DRIFT_WATCHED, outcome)

    def accounts(self) -> None:
        """Three open accounts and a closed one; two of them with a statement."""
        instant = pa.scalar(end_of_day(DAY), pa.timestamp("us", "UTC"))
        accounts = {
            "account_id": ["a1", "a2", "a3", "a4"],
            "product": ["pay_later", "pay_later", "cash_loan", "pay_later"],
            "limit_minor": [1_000_000, 2_000_000, 3_000_000, 9_000_000],
            "status": ["open", "open", "frozen", "closed"],
        }
        statements = {
            "account_id": ["a1", "a3"],
            "balance_minor": [400_000, 1_500_000],
            "days_past_due": [0, 45],
        }
        for name, columns in (("accounts", accounts), ("statements", statements)):
            times = pa.repeat(instant, len(columns["account_id"]))
            table = pa.table(columns | {"event_timestamp": times, "created_timestamp": times})
            self.platform.lake.append(name, table, "b1")

    def _write_decisions(self, rows, batch_id: str, day: date) -> None:
        names = ("account_id", "product", "grade", "action", "from_minor", "to_minor", "reasons")
        kinds = [pa.string()] * 4 + [pa.int64()] * 2 + [pa.list_(pa.string())]
        schema = pa.schema(list(zip(names, kinds, strict=True)))
        table = pa.Table.from_pylist([dict(zip(names, row, strict=True)) for row in rows], schema)
        done = pa.array([[row[3]] for row in rows], pa.list_(pa.string()))
        table = table.append_column("actions", done)
        uses = [["retail", "cash"] if row[1] == "pay_later" else [] for row in rows]
        amounts = [[row[5], row[5] // 20][: len(use)] for row, use in zip(rows, uses, strict=True)]
        for name, lists in (("scenarios", uses), ("scenario_limits_minor", amounts)):
            kind = pa.list_(pa.string() if name == "scenarios" else pa.int64())
            table = table.append_column(name, pa.array(lists, kind))
        instant = pa.scalar(end_of_day(day), pa.timestamp("us", "UTC"))
        times = pa.repeat(instant, len(rows))
        table = table.append_column("event_timestamp", times)
        self.platform.lake.append(
            "decisions", table.append_column("created_timestamp", times), batch_id
        )


PAY_LATER = [
    ("a1", "pay_later", "A", "increase", 1_000_000, 1_500_000, ["profitable_increase"]),
    ("a2", "pay_later", "B", "hold", 2_000_000, 2_000_000, ["cool_off", "inactive"]),
]
CASH_LOAN = [("a3", "cash_loan", "F", "decrease", 3_000_000, 2_500_000, ["overdue"])]
