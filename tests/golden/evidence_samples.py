"""An evidence pack with everything that a page can show, and two that show less."""

from dataclasses import replace
from datetime import UTC, date, datetime

from credit_limits.gates.result import CheckName
from credit_limits.gates.verdict import judge
from tests.gate_samples import DAY, POLICIES, good_evidence, paired, thresholds
from tests.override_samples import granted, thin_evidence
from tidegate.adapters.cycle_report_model import FigureRow, Interval, ModelComparison
from tidegate.adapters.data_sheet import ColumnSheet, DataSheet, LabelSheet, TableSheet
from tidegate.adapters.dated_policies import load_dated
from tidegate.adapters.evidence_pack import Act, CheckPage, EvidencePack, GroupRow, ScoreBand
from tidegate.adapters.evidence_wording import ASKS, also_measured, bound_rows
from tidegate.operations.evidence_sentences import asked_of, purpose_of, sentence_of, unusual_of
from tidegate.operations.gather_evidence_pack import ARTEFACTS, verify_with
from tidegate.operations.promotion_outcome import (
    OlderThresholdsRow,
    PromoteModelOutcome,
    row_of,
)

_GATES = POLICIES / "gates/default_risk"
AT = datetime(2024, 2, 1, 12, tzinfo=UTC)
CARD = """# default_risk

Probability that an account defaults. It drives `limits` once it has
cleared the gate. Artefact `df5e85aa67b31f955f97bc029a6230e4999c2939ee114f362058d133f9293a3c`.

## Data

| cohort | accounts |
| --- | --- |
| 2023-12-31 | 3,000 |

- It is not a probability at another limit.
- Sex is no
  input.
"""
SHEET = DataSheet(
    "default_risk",
    "4",
    date(2024, 1, 31),
    (
        TableSheet("accounts", 2, 30_000, date(2022, 1, 1), date(2024, 1, 31), 0, ()),
        TableSheet(
            "statements",
            7,
            420_000,
            date(2022, 12, 31),
            date(2024, 1, 31),
            35,
            (ColumnSheet("fees_minor", 0.25),),
        ),
    ),
    LabelSheet(
        "90 days past due or more, or charged off",
        "statements",
        6,
        (date(2023, 6, 30), date(2023, 7, 31)),
        58_000,
        0.0421,
    ),
    ("sex: known of 29,000 customers; read by the fairness check alone, never by a model",),
    ("assumed of the source: amounts are in new dollars", "nothing of those who were refused"),
)


def outcome(evidence=None, overrides=(), **changes) -> PromoteModelOutcome:
    found = judge(evidence or good_evidence(paired()), thresholds(), DAY, overrides)
    said = PromoteModelOutcome(
        model_name="default_risk",
        version="4",
        as_of=DAY,
        cleared=not any(check.refuses for check in found.checks),
        checks=[row_of(check) for check in found.checks],
        certificate_digest="c" * 64,
        previous_champion="3",
        thresholds_version="default_risk/2005-01-01",
        evidence_digest="e" * 64,
        thresholds_digest="f" * 64,
    )
    return said.model_copy(update=changes)


def pages(of: PromoteModelOutcome) -> tuple[CheckPage, ...]:
    content = load_dated(_GATES, DAY).content["thresholds"]
    return tuple(
        CheckPage(
            number,
            row.check,
            ASKS[CheckName(row.check)],
            row.word,
            row.message,
            bound_rows(row.measured, row.threshold, content[row.check]),
            also_measured(row.measured, row.threshold),
        )
        for number, row in enumerate(of.checks, 1)
    )


def full_pack(of: PromoteModelOutcome | None = None, evidence=None) -> EvidencePack:
    """Cleared: one check is overridden, a threshold is looser, two margins are small."""
    loosened = OlderThresholdsRow(
        version="default_risk/2004-01-01",
        loosened=["performance.auc_low_floor"],
        passed=False,
        refusing=["performance"],
    )
    said = of or outcome(thin_evidence(), [granted()], older_thresholds=loosened)
    plain = (evidence or good_evidence(paired())).as_plain()
    checks = pages(said)
    figures = (
        FigureRow("auc", Interval(0.781, 0.77, 0.79), Interval(0.779, 0.768, 0.788)),
        FigureRow("ece", Interval(0.008, 0.005, 0.012), None),
    )
    bands = tuple(
        ScoreBand(place / 50, (place + 1) / 50, 600, 6 * place, (place + 0.5) / 50)
        for place in range(10)
    )
    return EvidencePack(
        model_name="default_risk",
        version="4",
        as_of=DAY,
        cleared=said.cleared,
        sentence=sentence_of(said),
        purpose=purpose_of(said, plain),
        asked=asked_of(said),
        unusual=tuple(unusual_of(said, checks, plain)),
        checks=checks,
        comparison=ModelComparison("default_risk", "4", "3", 40_000, 6_000, 0.042, figures, None),
        calibration=bands,
        scores=bands,
        groups=(
            GroupRow("sex", "female", "blocking: unlawful", 2500, 250, 1200, 130, 7e5, 0.52),
            GroupRow("sex", "male", "blocking: unlawful", 2400, 250, 1100, 120, 7e5, None),
        ),
        evidence_kept=True,
        data=SHEET,
        card=CARD,
        facts=(("Model", "default_risk version 4"), ("Evidence", "e" * 64)),
        data_versions=(("accounts", 2), ("statements", 7)),
        acts=(
            Act("trained", "wang", AT, "", "", 7),
            Act("overrode a check", "Li", AT, "0" * 16, "performance until 2024-03-01: thin", 9),
        ),
        verify=verify_with("4"),
        artefacts=ARTEFACTS,
    )


def refused_pack() -> EvidencePack:
    """Refused by a check that nobody can answer for."""
    spoiled = replace(thin_evidence(), time=replace(good_evidence().time, differing_rows=3))
    return full_pack(outcome(spoiled, certificate_digest=None), spoiled)


def bare_pack() -> EvidencePack:
    """A first champion of which nothing but the verdict is kept."""
    said = outcome(good_evidence(), previous_champion=None)
    return replace(
        full_pack(said),
        purpose=purpose_of(said, {}),
        comparison=None,
        calibration=(),
        scores=(),
        groups=(),
        evidence_kept=False,
        data=None,
        card="",
        acts=(),
        data_versions=(),
    )
