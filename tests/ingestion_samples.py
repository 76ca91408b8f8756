"""A small lender with two files, whole unless a test spoils them, and what ingests them."""

from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import yaml

from credit_limits.ledger.entry import EntryKind
from tidegate.adapters.settings import Settings
from tidegate.operations.ingest_batch import (
    IngestBatchOutcome,
    IngestBatchRequest,
    ingest_batch,
)
from tidegate.operations.platform import Platform, open_platform

ROOT_POLICIES = Path(__file__).parent.parent / "policies"
CLIENT_HEADER = "cust_no,name,birth_year,kind,income,line"
BILL_HEADER = "cust_no,month_end,owed,paid,days_late"
FIRST_MONTH_END = date(2024, 1, 31)

MAPPING = {
    "name": "lender",
    "description": "a lender with two files",
    "jurisdiction": "CN",
    "currency": "yuan",
    "assumptions": [],
    "feature_service": "default_risk_statements_v1",
    "label_window_months": 6,
    "files": {
        "clients": {
            "pattern": "clients*.csv",
            "format": "csv",
            "columns": {
                "cust_no": "text",
                "name": "text",
                "birth_year": "integer",
                "kind": {"read_as": "text", "values": ["P", "M"]},
                "income": "number",
                "line": "integer",
            },
            "tables": {
                "customers": {
                    "columns": {
                        "customer_id": "'c' || cust_no",
                        "birth_year": "birth_year",
                        "income_monthly_minor": "CAST(round(income * 100) AS BIGINT)",
                        "segment": "CASE kind WHEN 'P' THEN 'consumer' ELSE 'micro_merchant' END",
                        "backup_repayment_source": "false",
                        "consent_transactions": "true",
                        "consent_activity": "true",
                        "consent_links": "true",
                        "consent_bureau": "true",
                        "human_review_only": "false",
                        "declines_increases": "false",
                        "event_timestamp": "TIMESTAMPTZ '2024-01-01 00:00:00+00'",
                        "created_timestamp": "TIMESTAMPTZ '2024-01-01 00:00:00+00'",
                    }
                },
                "accounts": {
                    "columns": {
                        "account_id": "'a' || cust_no",
                        "customer_id": "'c' || cust_no",
                        "product": "'pay_later'",
                        "limit_minor": "line * 100",
                        "status": "'open'",
                        "event_timestamp": "TIMESTAMPTZ '2024-01-01 00:00:00+00'",
                        "created_timestamp": "TIMESTAMPTZ '2024-01-01 00:00:00+00'",
                    }
                },
            },
            "required": False,
        },
        "bills": {
            "pattern": "bills*.csv",
            "format": "csv",
            "columns": {
                "cust_no": "text",
                "month_end": "timestamp",
                "owed": "integer",
                "paid": "integer",
                "days_late": "integer",
            },
            "tables": {
                "statements": {
                    "columns": {
                        "account_id": "'a' || cust_no",
                        "balance_minor": "owed * 100",
                        "paid_minor": "paid * 100",
                        "days_past_due": "days_late",
                        "event_timestamp": "month_end AT TIME ZONE 'Asia/Shanghai'",
                        "created_timestamp": "month_end AT TIME ZONE 'Asia/Shanghai'",
                    }
                }
            },
            "required": False,
        },
    },
}


@dataclass
class Lender:
    """A folder of files, a mapping of their own and a platform of their own."""

    folder: Path
    platform: Platform
    limits: dict[str, object] = field(default_factory=dict)
    options: dict[str, dict[str, object]] = field(default_factory=dict)

    @property
    def delivery(self) -> Path:
        return self.folder / "delivery"

    def write(self, name: str, lines: list[str], *, encoding: str = "utf-8") -> Path:
        return self.write_bytes(name, ("\n".join(lines) + "\n").encode(encoding))

    def write_bytes(self, name: str, content: bytes) -> Path:
        self.delivery.mkdir(exist_ok=True)
        path = self.delivery / name
        path.write_bytes(content)
        return path

    def clear(self) -> None:
        for path in self.delivery.iterdir():
            path.unlink()

    def ingest(self, path: Path | None = None) -> IngestBatchOutcome:
        files = {
            name: {**file, **self.options.get(name, {})} for name, file in MAPPING["files"].items()
        }
        mapping = {**MAPPING, "files": files, "limits": self.limits}
        sources = self.platform.policies("sources")
        sources.mkdir(parents=True, exist_ok=True)
        (sources / "lender.yaml").write_text(yaml.safe_dump(mapping, sort_keys=False))
        request = IngestBatchRequest(path=path or self.delivery, source="lender")
        return ingest_batch(self.platform, request)

    def refusals(self) -> list[dict[str, object]]:
        return [dict(e.payload) for e in self.platform.ledger.entries(EntryKind.BATCH_REFUSED)]


def platform_in(folder: Path, policies: Path) -> Platform:
    return open_platform(Settings(var_dir=folder / "var", policies_dir=policies, actor="tester"))


def lender_in(folder: Path) -> Lender:
    return Lender(folder, platform_in(folder, folder / "policies"))


def client_lines(count: int = 120, *, first: int = 1) -> list[str]:
    return [
        CLIENT_HEADER,
        *(
            f"{number},客户{number},{1960 + number % 40},{'M' if number % 9 == 0 else 'P'},"
            f"{3000 + number * 10}.50,{1000 * (1 + number % 20)}"
            for number in range(first, first + count)
        ),
    ]


def bill_lines(count: int = 120, *, month_end: date = FIRST_MONTH_END, first: int = 1) -> list[str]:
    return [
        BILL_HEADER,
        *(
            f"{number},{month_end},{400 + number * 3},{number},{30 if number % 11 == 0 else 0}"
            for number in range(first, first + count)
        ),
    ]


def with_cell(lines: list[str], line: int, column: str, value: str) -> list[str]:
    """The lines with one cell, at a line counted from 1 with the header, replaced."""
    position = lines[0].split(",").index(column)
    fields = lines[line - 1].split(",")
    fields[position] = value
    return [*lines[: line - 1], ",".join(fields), *lines[line:]]
