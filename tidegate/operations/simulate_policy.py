"""Simulate a limit policy: what it would decide today, beside the policy in force."""

from dataclasses import replace
from datetime import date
from pathlib import Path

import structlog
from pydantic import BaseModel, ConfigDict, Field

from credit_limits.decision_changes import Comparison, compare
from credit_limits.policy.limit_policy import parse_limit_policy
from tidegate.adapters.dated_policies import DatedFile, load_draft
from tidegate.operations.champion import DEFAULT_RISK, load_champion
from tidegate.operations.change_rows import ChangeTables, change_tables
from tidegate.operations.decided_portfolio import DecidedPortfolio, in_persistent_debt
from tidegate.operations.limit_response_row import LimitResponseRow
from tidegate.operations.limits_outcome import CapRow, RatioRow, allocation_row
from tidegate.operations.platform import Platform
from tidegate.operations.portfolio_evidence import added_limit
from tidegate.operations.undecided_day import read_day
from tidegate.operations.whole_files import write_whole

_log = structlog.get_logger(__name__)


class SimulatePolicyRequest(BaseModel):
    """The policy to try."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    policy: Path = Field(
        description="the new limit policy: a file of any name, or a folder of dated files, of "
        "which the one of the day counts"
    )
    as_of: date | None = Field(
        None, description="day whose portfolio is decided; the lake's last day if empty"
    )


class WelfareRow(BaseModel):
    """Added limit in minor units, and the shares of it that go to debt; 0 of nothing added."""

    model_config = ConfigDict(frozen=True)

    added_minor: int
    revolver_share: float
    persistent_debt_share: float


class PolicySide(BaseModel):
    """One of the two policies: its allocation's gap and caps, and where its added limit goes.

    ``limit_response`` is how balance and default were taken to answer to the limit: by what the
    champion's certificate vouches for, and else as the policy itself assumes.
    """

    model_config = ConfigDict(frozen=True)

    version: str
    digest: str
    gap: float
    caps: tuple[CapRow, ...]
    ratio_rows: tuple[RatioRow, ...] = ()
    welfare: WelfareRow
    limit_response: LimitResponseRow


class SimulatePolicyOutcome(BaseModel):
    """Both policies on one portfolio, by the same champion, brakes, overlay and rule book.

    ``page`` and ``data`` are the files that tell it: HTML, and this outcome as JSON.
    """

    model_config = ConfigDict(frozen=True)

    as_of: date
    model_version: str
    now: PolicySide
    new: PolicySide
    changes: ChangeTables
    page: str
    data: str


def simulate_policy(platform: Platform, request: SimulatePolicyRequest) -> SimulatePolicyOutcome:
    """Decide the portfolio under both policies. Nothing is written to the lake or the ledger.

    Raises:
        PolicyError: the new policy, or one in force, cannot be used; the message names the
            parameter.
        NoCertifiedChampion: no champion, or one whose certificate does not verify.
        DataMissing: the features of the day were not computed.
        AllocationInfeasible: the caps of either policy cannot be met.
    """
    as_of = request.as_of or platform.lake.latest_knowledge()
    draft = load_draft(request.policy, as_of)
    policy = draft.parsed(parse_limit_policy)
    champion = load_champion(platform, DEFAULT_RISK)
    day = read_day(platform, champion.loaded, as_of, response=champion.response)
    undecided = day.undecided
    before = undecided.decided()
    _log.info("decided_under_the_policy_in_force", policy=day.policy_file.version)
    after = replace(undecided, policy=policy.answering_as(champion.response)).decided()
    _log.info("decided_under_the_new_policy", policy=draft.version)
    compared = compare(undecided.portfolio, before, after)
    debt = in_persistent_debt(undecided)
    name = f"policy-{as_of}-{draft.digest[:12]}"
    outcome = SimulatePolicyOutcome(
        as_of=as_of,
        model_version=champion.version,
        now=_side(
            day.policy_file, DecidedPortfolio(undecided.portfolio, before, debt), day.response
        ),
        new=_side(
            draft,
            DecidedPortfolio(undecided.portfolio, after, debt),
            LimitResponseRow.of(policy.economics, champion.response),
        ),
        changes=change_tables(compared),
        page=str(platform.settings.reports_dir / f"{name}.html"),
        data=str(platform.settings.reports_dir / f"{name}.json"),
    )
    write_whole(Path(outcome.page), _page(outcome, compared))
    write_whole(Path(outcome.data), outcome.model_dump_json(indent=2).encode())
    return outcome


def _side(file: DatedFile, decided: DecidedPortfolio, response: LimitResponseRow) -> PolicySide:
    row = allocation_row(decided.batch)
    added = added_limit(decided)
    total = added.added_minor
    return PolicySide(
        version=file.version,
        digest=file.digest,
        gap=row.gap,
        caps=row.caps,
        ratio_rows=row.ratio_rows,
        welfare=WelfareRow(
            added_minor=total,
            revolver_share=added.revolver_minor / total if total else 0.0,
            persistent_debt_share=added.persistent_debt_minor / total if total else 0.0,
        ),
        limit_response=response,
    )


def _page(outcome: SimulatePolicyOutcome, compared: Comparison) -> bytes:
    from tidegate.adapters.policy_page import (
        CapSides,
        PolicySimulation,
        RatioSides,
        Welfare,
        render,
    )

    both = (outcome.now, outcome.new)
    measures = {cap.name: cap.measure for side in both for cap in side.caps}
    caps = [{cap.name: _cap(cap) for cap in side.caps} for side in both]
    ratios = [{row.name: _ratio(row) for row in side.ratio_rows} for side in both]
    return render(
        PolicySimulation(
            as_of=outcome.as_of,
            model_version=outcome.model_version,
            policy_now=outcome.now.version,
            policy_new=outcome.new.version,
            policy_new_digest=outcome.new.digest,
            compared=compared,
            caps=tuple(
                CapSides(name, caps[0].get(name), caps[1].get(name), measure)
                for name, measure in measures.items()
            ),
            ratios=tuple(
                RatioSides(name, ratios[0].get(name), ratios[1].get(name))
                for name in dict.fromkeys([*ratios[0], *ratios[1]])
            ),
            welfare_now=Welfare(**outcome.now.welfare.model_dump()),
            welfare_new=Welfare(**outcome.new.welfare.model_dump()),
            gaps=(outcome.now.gap, outcome.new.gap),
            responses=(outcome.now.limit_response.words, outcome.new.limit_response.words),
        )
    )


def _cap(cap: CapRow) -> tuple[float, float, float, float]:
    return cap.cap, cap.used, cap.slack, cap.price


def _ratio(row: RatioRow) -> tuple[float, float, float, float]:
    return row.average_minor, row.reference_average_minor, row.ratio, row.price
