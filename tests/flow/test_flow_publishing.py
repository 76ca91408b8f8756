"""What is published of an outcome: a line, and artifacts that the Prefect UI can show."""

import json
import re
from datetime import date
from pathlib import Path

import pytest

from flows import publishing
from flows.publishing import FileLink, Markdown, Table
from tests.flow_cycles import ROOT
from tidegate.operations.adjust_limits import AdjustLimitsOutcome
from tidegate.operations.announce import AnnounceOutcome
from tidegate.operations.ingest_batch import (
    IngestBatchOutcome,
    QualityCheck,
    QuarantineExample,
    TableCount,
)
from tidegate.operations.limits_outcome import RatioRow
from tidegate.operations.materialize_features import MaterializeFeaturesOutcome
from tidegate.operations.prepare_source import PrepareSourceOutcome
from tidegate.operations.promotion_outcome import CheckRow, PromoteModelOutcome
from tidegate.operations.retrain_model import CrossValidationFigures, RetrainModelOutcome
from tidegate.operations.roll_back_model import RollBackModelOutcome
from tidegate.operations.train_response import FigureInterval, LimitResponseOutcome
from tidegate.operations.watch_outcome import ColumnRow, EarlyDelinquencyRow, WatchDriftOutcome
from tidegate.operations.watch_registry import MovedAlias, UnknownTag, WatchRegistryOutcome
from tidegate.operations.write_report import WriteReportOutcome

DAY = date(2024, 2, 29)


def some(model, **values):
    """An outcome of which a publication reads only ``values``."""
    return model.model_construct(**values)


def batch(quarantined=2):
    finding = some(QuarantineExample, source_line=4, record="ID=3", column="AGE", value=None)
    checks = [
        some(QualityCheck, table="customers", expectation="birth_year not null", passed=False),
        some(QualityCheck, table="customers", expectation="key unique", passed=True),
    ]
    return some(
        IngestBatchOutcome,
        batch_id="b-1",
        source="taiwan",
        rows_read=30_000,
        rows_accepted=30_000 - quarantined,
        rows_quarantined=quarantined,
        tables={"customers": TableCount(read=30_000, accepted=29_998, quarantined=2)},
        quarantine_examples=[finding] * quarantined,
        checks=checks[1 if quarantined == 0 else 0 :],
        data_docs="var/quality/b-1/index.html",
    )


def gate(cleared):
    rows = [("data", True), ("performance", cleared)]
    return some(
        PromoteModelOutcome,
        model_name="default_risk",
        version="3",
        cleared=cleared,
        thresholds_version="default_risk/2005-01-01",
        checks=[
            CheckRow(check=name, passed=passed, measured={"auc": 0.7}, threshold={}, message="why")
            for name, passed in rows
        ],
    )


def drift():
    columns = [
        some(ColumnRow, name=name, psi=psi, level=level)
        for name, psi, level in (("a", 0.01, "none"), ("b", None, "alarm"), ("c", 0.3, "alarm"))
    ]
    return some(
        WatchDriftOutcome, as_of=DAY, level="alarm", rows=500, columns=columns, report="d.html"
    )


def limits():
    return AdjustLimitsOutcome.model_validate(
        {
            "as_of": DAY,
            "batch_id": "limits-1",
            "label_window_months": 6,
            "decisions": 100,
            "actions": {"increase": 10, "hold": 90},
            "by_product": [],
            "by_grade": [],
            "allocation": {
                "value": 9.0,
                "bound": 9.1,
                "gap": 1.1e-7,
                "passes": 4,
                "split_accounts": 1,
                "caps": [
                    {
                        "name": "exposure",
                        "measure": "limit",
                        "cap": 10.0,
                        "used": 9.0,
                        "slack": 1.0,
                        "price": 0.0,
                    }
                ],
            },
            "merkle_root": "m",
            "policy_version": "limits/2005-01-01",
            "policy_digest": "p",
            "model_name": "default_risk",
            "model_version": "3",
            "artefact_digest": "a",
            "certificate_digest": "c",
            "feature_service": "default_risk_v1",
            "data_versions": {},
        }
    )


def candidate(cross_validation=None):
    figure = FigureInterval(value=0.7851, low=0.77, high=0.80)
    return some(
        RetrainModelOutcome,
        model_name="default_risk",
        version="3",
        as_of=DAY,
        rows_train=800,
        rows_test=200,
        figures={"auc": figure, "ks": figure},
        cross_validation=cross_validation,
    )


EVERY = {
    "source": publishing.source(
        some(PrepareSourceOutcome, source="world", path=Path("w"), rows=9, recognised=False)
    ),
    "batch": publishing.batch(batch()),
    "features": publishing.features(
        some(
            MaterializeFeaturesOutcome,
            as_of=DAY,
            feature_service="default_risk_v1",
            snapshots=12,
            snapshots_computed=6,
            rows=300,
            views={"profile": 100, "repayment": 200},
        )
    ),
    "candidate": publishing.candidate(candidate()),
    "gate": publishing.gate(gate(cleared=True)),
    "rollback": publishing.rollback(
        some(
            RollBackModelOutcome,
            model_name="default_risk",
            version="2",
            previous_champion="3",
            reason="losses",
        )
    ),
    "limits": publishing.limits(limits()),
    "drift": publishing.drift(drift()),
    "registry": publishing.registry(
        WatchRegistryOutcome(
            model_name="default_risk",
            requested=["3"],
            unknown=[UnknownTag(version="2", value="please")],
            alias_version="2",
            certified_version="1",
            moved=[MovedAlias(finding="moved by hand", ledger_entry=7)],
        )
    ),
    "notice": publishing.notice(
        AnnounceOutcome(
            notice_id="n1",
            event="tidegate.drift.alarm",
            subject="tidegate.model.default_risk",
            text="The watch alarms.",
            facts={"as_of": "2024-02-29"},
            withheld=[],
            posted=False,
        )
    ),
    "report": publishing.report(some(WriteReportOutcome, path="var/reports/cycle.html")),
}


@pytest.mark.parametrize("publication", EVERY.values(), ids=EVERY)
def test_a_publication_is_one_line_and_artifacts_that_prefect_takes(publication):
    assert publication.summary
    assert "\n" not in publication.summary
    keys = [artifact.key for artifact in publication.artifacts]
    assert len(set(keys)) == len(keys)
    assert all(re.fullmatch(r"[a-z0-9-]+", key) for key in keys)
    for artifact in publication.artifacts:
        assert artifact.title
        if isinstance(artifact, Table):
            assert artifact.rows
            json.dumps([dict(row) for row in artifact.rows], allow_nan=False)


def test_every_flow_of_the_folder_publishes():
    used = {
        match[1]
        for path in (ROOT / "flows").glob("*.py")
        for match in re.finditer(r"publishing\.(\w+)[,)]", path.read_text())
    }
    assert used == set(EVERY)


def test_what_people_did_in_the_registry_is_told_in_a_line():
    shown = EVERY["registry"]
    assert shown.summary == "1 promotions asked for; moved by hand"
    assert [row["promotion"] for row in shown.artifacts[0].rows] == [
        "asked for",
        "please: means nothing, left alone",
    ]
    assert EVERY["notice"].summary == "notice n1 logged: no webhook is set"


def test_keys_are_unlike_between_steps():
    keys = [artifact.key for publication in EVERY.values() for artifact in publication.artifacts]
    assert len(set(keys)) == len(keys)


def test_a_batch_shows_its_tables_findings_and_failed_expectations():
    published = EVERY["batch"]
    assert published.rows == 30_000
    assert published.summary == ("29,998 accepted, 2 in quarantine: ID=3 (AGE), ID=3 (AGE)")
    tables = {artifact.key: artifact for artifact in published.artifacts}
    assert tables["batch"].rows == (
        {"table": "customers", "read": 30_000, "accepted": 29_998, "quarantined": 2},
    )
    assert tables["quarantine"].rows[0]["source_line"] == 4
    assert [row["expectation"] for row in tables["failed-checks"].rows] == ["birth_year not null"]
    assert tables["data-docs"].path == Path("var/quality/b-1/index.html")


def test_a_clean_batch_shows_no_empty_table():
    keys = {artifact.key for artifact in publishing.batch(batch(quarantined=0)).artifacts}
    assert keys == {"batch", "data-docs"}


def test_a_candidate_is_named_with_its_auc_and_its_intervals():
    published = EVERY["candidate"]
    assert published.rows == 1000
    assert published.summary == "default_risk version 3, AUC 0.785, KS 0.785 on test rows"
    assert published.artifacts[0].rows[1] == {
        "figure": "ks",
        "value": 0.7851,
        "low": 0.77,
        "high": 0.8,
    }


def test_a_candidate_is_shown_with_the_limit_response_beside_it_or_why_there_is_none():
    named = {"run_key": "k", "as_of": DAY, "policy_version": "p", "data_versions": {}}
    figure = FigureInterval(value=0.348, low=0.27, high=0.43)
    found = LimitResponseOutcome(**named, version="2", balance=figure, rows=1808)
    shown = publishing.candidate(candidate().model_copy(update={"limit_response": found}))
    assert shown.summary.endswith("on test rows; limit_response version 2")
    assert shown.artifacts[1].text == (
        "limit_response version 2: balance 0.35 log per log (0.27 to 0.43) from 1,808 limits "
        "drawn at random"
    )
    none = LimitResponseOutcome(**named, reason="900 limits drawn at random")
    shown = publishing.candidate(candidate().model_copy(update={"limit_response": none}))
    assert shown.summary.endswith("on test rows")
    assert shown.artifacts[1].text == "no limit response: 900 limits drawn at random"


def test_a_candidate_of_one_cohort_is_named_with_what_its_folds_gave():
    figure = FigureInterval(value=0.78, low=0.77, high=0.79)
    folds = CrossValidationFigures(folds=5, rows=1000, auc=figure, ks=figure, ece=figure)
    published = publishing.candidate(candidate(folds))
    assert published.summary.endswith("on test rows; cross-validated 0.780, 0.780")


@pytest.mark.parametrize(
    ("cleared", "said"), [(True, "cleared, 2 of 2 checks"), (False, "refused, 1 of 2 checks")]
)
def test_a_gate_says_its_verdict_and_shows_each_check(cleared, said):
    published = publishing.gate(gate(cleared))
    assert said in published.summary
    words = ["passed", "passed" if cleared else "refused"]
    assert [row["result"] for row in published.artifacts[0].rows] == words


def test_a_check_that_was_dispensed_with_is_counted_apart():
    outcome = gate(cleared=True)
    without = outcome.checks[0].model_copy(update={"passed": False, "dispensed": True})
    shown = publishing.gate(outcome.model_copy(update={"checks": [without, *outcome.checks[1:]]}))
    assert shown.summary.endswith("1 of 2 checks passed, 1 dispensed with")
    assert shown.artifacts[0].rows[0]["result"] == "dispensed with"


def test_drift_shows_what_drifted_most_first():
    (table, page) = EVERY["drift"].artifacts
    assert [row["name"] for row in table.rows] == ["c", "a", "b"]
    assert page == FileLink("drift-report", "Evidently's page", Path("d.html"))


def test_drift_shows_first_misses_and_what_was_done_to_brakes():
    early = some(EarlyDelinquencyRow, level="alarm", share=0.04321, month_end=DAY)
    outcome = drift().model_copy(
        update={"early": early, "brakes_applied": ["a"], "brakes_released": ["b"], "report": ""}
    )
    published = publishing.drift(outcome)
    assert published.summary == "drift: alarm; brake applied: a; brake released: b"
    _, misses, brakes = published.artifacts
    assert (misses.key, misses.rows[0]["share"]) == ("first-misses", 0.04321)
    assert brakes.rows == (
        {"brake": "a", "now": "applied"},
        {"brake": "b", "now": "released"},
    )


def test_limits_show_actions_and_caps():
    published = EVERY["limits"]
    assert published.summary == (
        "10 increase, 90 hold; gap 1.1e-07; exposure 90.0% of its cap at price 0.000"
    )
    actions, caps = published.artifacts
    assert actions.rows == (
        {"action": "increase", "accounts": 10},
        {"action": "hold", "accounts": 90},
    )
    assert caps.rows[0]["slack"] == 1.0
    assert "1.1e-07" in caps.title


def test_limits_show_ratio_rows_where_there_are_any_and_a_cap_of_nothing():
    row = RatioRow(
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
    nothing = limits().allocation.caps[0].model_copy(update={"cap": 0.0, "used": 0.0})
    allocation = limits().allocation.model_copy(update={"caps": (nothing,), "ratio_rows": (row,)})
    published = publishing.limits(limits().model_copy(update={"allocation": allocation}))
    assert "exposure 0.0% of its cap" in published.summary
    _, _, ratios = published.artifacts
    assert (ratios.key, ratios.rows[0]["average_minor"]) == ("ratio-rows", 90.0)


def test_a_roll_back_says_from_where_and_why():
    (page,) = EVERY["rollback"].artifacts
    assert isinstance(page, Markdown)
    assert "version 3" in page.text
    assert "losses" in page.text


@pytest.mark.parametrize(
    ("figure", "shown"),
    [
        (0.785123456, 0.7851),
        (0.0000012345678, 1.235e-06),
        (12_345_678.0, 12_345_678.0),
        (1.23456, 1.23),
    ],
)
def test_figures_are_rounded_to_what_people_read(figure, shown):
    assert publishing._rounded(figure) == shown


def test_outside_of_a_run_nothing_is_stored():
    publishing.store(EVERY["gate"])


def test_the_whereabouts_name_the_report_and_the_data_docs():
    text = publishing.whereabouts("r.html", "d.html")
    assert "r.html" in text
    assert "d.html" in text
