"""Train the limit response: from limits drawn at random, a version of its own in the registry.

It is trained before the model of default whose version names it, and is recognised by all that it
follows from. Where too few limits were drawn at random there is none, and the outcome says why.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict
from datetime import date
from typing import TYPE_CHECKING

import structlog
from pydantic import BaseModel, ConfigDict

from credit_limits.domain.digest import canonical_json, digest_bytes
from credit_limits.domain.errors import ModelError, NotEnoughOutcomes
from credit_limits.domain.limit_response import LIMIT_RESPONSE, RESPONSE_FILE
from credit_limits.ledger.entry import EntryKind
from credit_limits.policy.limit_policy import parse_limit_policy
from tidegate.adapters.dated_policies import load_dated
from tidegate.operations.platform import Platform

if TYPE_CHECKING:
    from credit_limits.gates.measured import Interval
    from tidegate.adapters.registry import RegisteredVersion
    from training.limit_response import ResponseEstimate, ResponseLineage, ResponseRun
    from training.response_policy import ResponsePolicy

_log = structlog.get_logger(__name__)

_OUTCOME_FILE = "outcome.json"


class FigureInterval(BaseModel):
    """A figure with its 95 % interval."""

    model_config = ConfigDict(frozen=True)

    value: float
    low: float
    high: float


class DoseStepRow(BaseModel):
    """Changes of about the same dose: log of the balance over that without a change."""

    model_config = ConfigDict(frozen=True)

    log_limit_ratio: float
    rows: int
    balance_log: FigureInterval


class LimitResponseOutcome(BaseModel):
    """The limit response trained beside a model of default.

    ``version`` and ``digest`` (SHA-256 of its file) are empty where none was registered, and
    ``reason`` says why; then nothing is known of ``rows`` and what follows. ``steps`` are what was
    seen at each dose, without the form of a curve. ``balance``: log per
    log of the limit; ``default``: log odds per log of the limit, None where ``default_absent``
    says why. ``balance_assumed`` is what the limit policy of the day states in its place.
    """

    model_config = ConfigDict(frozen=True)

    run_key: str
    version: str = ""
    run_id: str = ""
    digest: str = ""
    reason: str = ""
    as_of: date
    policy_version: str
    data_versions: dict[str, int]
    rows: int = 0
    customers: int = 0
    defaults: int = 0
    drawn: int = 0
    waiting: int = 0
    balance: FigureInterval | None = None
    balance_assumed: float | None = None
    default: FigureInterval | None = None
    default_absent: str = ""
    dose_steps: int = 0
    dose_violations: int = 0
    steps: tuple[DoseStepRow, ...] = ()
    recognised: bool = False

    @property
    def sentence(self) -> str:
        """What came of it, in a sentence."""
        if self.balance is None:
            return f"no limit response: {self.reason}"
        found = self.balance
        return (
            f"limit_response version {self.version}: balance {found.value:.2f} log per log "
            f"({found.low:.2f} to {found.high:.2f}) from {self.rows:,} limits drawn at random"
            + (f"; of default none: {self.default_absent}" if self.default_absent else "")
        )


def response_policy_at(platform: Platform, as_of: date) -> "ResponsePolicy":
    """The policy of limit responses in force; :class:`PolicyError` where there is none."""
    from training.response_policy import parse_response_policy

    file = load_dated(platform.policies("training", LIMIT_RESPONSE), as_of)
    return parse_response_policy(file.version, file.digest, file.content)


def measure_response(
    platform: Platform, policy: "ResponsePolicy", data_versions: Mapping[str, int], as_of: date
) -> "ResponseEstimate":
    """The response as the lake tells it, at these versions of its tables.

    Raises:
        NotEnoughOutcomes: no table of changes, or too few limits drawn at random.
        ModelError: the balance response cannot be told.
    """
    from training.limit_response import estimate_response
    from training.response_rows import TABLES, read_response_rows

    if absent := [table for table in TABLES if table not in data_versions]:
        raise NotEnoughOutcomes(
            f"the lake has no {', '.join(absent)}; a limit response needs changes of limits that "
            "were drawn at random"
        )
    with platform.lake.connect(data_versions, known_at=as_of, tables=TABLES) as connection:
        rows = read_response_rows(connection, as_of=as_of, window=policy.window)
    return estimate_response(rows, policy)


def train_response(
    platform: Platform, policy: "ResponsePolicy", lineage: "ResponseLineage"
) -> LimitResponseOutcome:
    """Estimate and register, or say why there is nothing to register.

    Raises:
        PolicyError: no limit policy is in force on the day.
    """
    if entry := platform.ledger.find(EntryKind.LIMIT_RESPONSE_TRAINED, lineage.run_key):
        stored = LimitResponseOutcome.model_validate(entry.payload)
        return stored.model_copy(update={"recognised": True})
    registered = platform.registry.find_by_run_key(LIMIT_RESPONSE, lineage.run_key)
    if registered is None:
        try:
            estimate = measure_response(platform, policy, lineage.data_versions, lineage.as_of)
        except (ModelError, NotEnoughOutcomes) as error:
            _log.info("limit_response_absent", reason=str(error))
            return LimitResponseOutcome(**_of_lineage(lineage), reason=str(error))
        registered = _registered(platform, estimate, lineage)
    outcome = _outcome(platform, registered)
    platform.record(EntryKind.LIMIT_RESPONSE_TRAINED, outcome, key=lineage.run_key)
    _log.info("limit_response_trained", version=outcome.version, rows=outcome.rows)
    return outcome


def _registered(
    platform: Platform, estimate: "ResponseEstimate", lineage: "ResponseLineage"
) -> "RegisteredVersion":
    from tidegate.adapters.plots import dose_response
    from training.limit_response import ResponseRun
    from training.response_card import response_card

    limits = load_dated(platform.policies("limits"), lineage.as_of)
    assumed = limits.parsed(parse_limit_policy).economics.balance_elasticity
    run = ResponseRun(estimate, lineage)
    return platform.registry.register(
        LIMIT_RESPONSE,
        run,
        run_key=lineage.run_key,
        artefacts={
            RESPONSE_FILE: estimate.content,
            "model_card.md": response_card(run).encode(),
            "lineage.json": canonical_json(lineage.as_plain()),
            _OUTCOME_FILE: canonical_json(_payload(run, assumed)),
        },
        figures={"dose_response.png": dose_response(estimate, assumed)},
        tags=_tags(run),
    )


def _payload(run: "ResponseRun", assumed: float) -> dict[str, object]:
    """What the outcome says of the run itself; the registry adds version and run."""
    estimate = run.estimate
    counted = ("rows", "customers", "defaults", "drawn", "waiting", "dose_violations")
    return {
        **_of_lineage(run.lineage),
        **{name: getattr(estimate, name) for name in counted},
        "digest": digest_bytes(estimate.content),
        "balance": _figure(estimate.balance),
        "balance_assumed": assumed,
        "default": _figure(estimate.default),
        "default_absent": estimate.default_absent,
        "dose_steps": len(estimate.steps),
        "steps": [
            {
                "log_limit_ratio": step.log_limit_ratio,
                "rows": step.rows,
                "balance_log": _figure(step.balance_log),
            }
            for step in estimate.steps
        ],
    }


def _of_lineage(lineage: "ResponseLineage") -> dict[str, object]:
    return {
        "run_key": lineage.run_key,
        "as_of": lineage.as_of,
        "policy_version": lineage.policy_version,
        "data_versions": dict(lineage.data_versions),
    }


def _figure(interval: "Interval | None") -> dict[str, float] | None:
    return None if interval is None else asdict(interval)


def _outcome(platform: Platform, registered: "RegisteredVersion") -> LimitResponseOutcome:
    content = platform.registry.artefact(LIMIT_RESPONSE, registered.version, _OUTCOME_FILE)
    named = {"version": registered.version, "run_id": registered.run_id}
    return LimitResponseOutcome.model_validate({**json.loads(content), **named})


def _tags(run: "ResponseRun") -> Mapping[str, str]:
    lineage = run.lineage
    return {
        "data_versions": json.dumps(dict(lineage.data_versions), sort_keys=True),
        "as_of": lineage.as_of.isoformat(),
        "policy_version": lineage.policy_version,
        "policy_digest": lineage.policy_digest,
        "code_digest": lineage.code_digest,
        "artefact_digest": digest_bytes(run.estimate.content),
    }
