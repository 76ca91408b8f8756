"""A recorded batch decided again, part by part held against what was recorded of it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING

import duckdb
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import structlog
from pydantic import BaseModel, ConfigDict

from credit_limits.domain.errors import (
    AllocationInfeasible,
    DataMissing,
    FeatureStoreError,
    ModelError,
    PolicyError,
)
from credit_limits.policy.limit_policy import LimitPolicy, parse_limit_policy
from credit_limits.policy.portfolio import FEATURES_READ, Flags, Portfolio, rule_features
from credit_limits.policy.rulebook import RuleBook
from credit_limits.portfolio_problem import accounts_of_day
from feature_repo.queries import schema_hash, service_of
from monitoring.drift import SCORE
from tidegate.adapters.dated_policies import DatedFile, load_dated
from tidegate.operations.brakes import in_force
from tidegate.operations.certified_response import registered_response
from tidegate.operations.decision_inputs import DecisionInputs, make_decisions, model_inputs
from tidegate.operations.decision_rows import Identity, Lineage, feature_row_digests, identify
from tidegate.operations.limit_state import read_portfolio
from tidegate.operations.limits_outcome import BrakeRow, brake_rows
from tidegate.operations.macro_overlay import OverlayInForce, overlay_at
from tidegate.operations.past_due_links import (
    LINKS_COLUMN,
    PastDueLinks,
    link_texts,
    past_due_links,
)
from tidegate.operations.platform import Platform
from tidegate.operations.recorded_decisions import RecordedBatch
from tidegate.operations.remade_inputs import (
    brakes_as_of,
    feature_versions_of,
    features_from_lake,
    features_from_snapshot,
    tables_read,
)
from tidegate.operations.rule_book import rule_book_at
from tidegate.operations.scored_rows import label_window_months
from tidegate.operations.source_digests import deciding_code_digest, solver_digest

if TYPE_CHECKING:
    from tidegate.adapters.registry import LoadedVersion

_log = structlog.get_logger(__name__)

_POLICY_STATES = "what the policy states"
_READABLE = "every table at the version that was read"


class Part(StrEnum):
    """What a decision is made of."""

    DATA = "data"
    FEATURES = "features"
    MODEL = "model"
    POLICY = "policy"
    RULE_BOOK = "rule book"
    OVERLAY = "overlay"
    LIMIT_RESPONSE = "limit response"
    BRAKES = "brakes"
    SOLVER = "solver"
    CODE = "code"


class PartRow(BaseModel):
    """A part as it was recorded and as it is found now."""

    model_config = ConfigDict(frozen=True)

    part: Part
    recorded: str
    now: str
    same: bool


@dataclass(frozen=True, slots=True)
class Remade:
    """The parts as found and, where decisions could be made of them, the rows, with their batch."""

    parts: tuple[PartRow, ...]
    rows: pa.Table | None


@dataclass(frozen=True, slots=True)
class _Answering:
    """A policy with a limit response in it, and the digest of that response; empty for none."""

    policy: LimitPolicy
    digest: str


def remake(platform: Platform, batch: RecordedBatch) -> Remade:
    """Decide the batch again. Nothing is written."""
    remaking = _Remaking(platform, batch)
    rows = remaking.decided()
    return Remade(remaking.part_rows(), rows)


class _Remaking:
    """Gathers the inputs one by one, and notes of each part whether it is what it was."""

    def __init__(self, platform: Platform, batch: RecordedBatch) -> None:
        self.platform, self.batch, self.outcome = platform, batch, batch.outcome
        self.recorded = batch.rows.slice(0, 1).to_pylist()[0]
        self.noted: dict[Part, PartRow] = {}

    def decided(self) -> pa.Table | None:
        """The rows as they come out now; None where a part that is needed is not there."""
        self._code()
        open_then = brakes_as_of(self.platform, self.batch)
        self._note(Part.BRAKES, _named(self.outcome.brakes), _named(brake_rows(open_then)))
        file, policy = self._policy()
        rulebook = self._rulebook()
        overlay = self._overlay()
        loaded = self._model()
        answering = self._answering(policy)
        if file is None or rulebook is None or overlay is None or loaded is None:
            return None
        if answering is None:
            return None
        scored = self._scored(loaded)
        whole = self._whole_day(scored) if scored is not None else None
        portfolio = self._of_batch(whole) if whole is not None else None
        if scored is None or whole is None or portfolio is None:
            return None
        portfolio = overlay.applied(portfolio)
        links = self._links(portfolio)
        if links is None:
            return None
        inputs = DecisionInputs(
            portfolio=portfolio,
            features=model_inputs(scored, portfolio, loaded.model),
            links=links,
            model=loaded.model,
            policy=answering.policy,
            brakes=in_force(open_then),
            rulebook=rulebook,
            label_window_months=label_window_months(loaded),
            day=accounts_of_day(whole, answering.policy),
        )
        lineage = self._lineage(inputs, file, overlay, answering.digest)
        identity = identify(portfolio, inputs.features, lineage)
        self._compare_inputs(loaded, inputs, identity)
        return self._rows(inputs, lineage, identity)

    def part_rows(self) -> tuple[PartRow, ...]:
        """The parts that were looked at, in their order."""
        return tuple(self.noted[part] for part in Part if part in self.noted)

    def _note(self, part: Part, recorded: str, now: str) -> None:
        self.noted[part] = PartRow(part=part, recorded=recorded, now=now, same=recorded == now)

    def _code(self) -> None:
        self._note(Part.SOLVER, str(self.recorded["solver_digest"]), solver_digest())
        self._note(Part.CODE, str(self.recorded["code_digest"]), deciding_code_digest())

    def _policy(self) -> tuple[DatedFile | None, LimitPolicy | None]:
        recorded = f"{self.outcome.policy_version}, {self.outcome.policy_digest}"
        try:
            file = load_dated(self.platform.policies("limits"), self.outcome.as_of)
            self._note(Part.POLICY, recorded, f"{file.version}, {file.digest}")
            return file, file.parsed(parse_limit_policy)
        except PolicyError as error:
            self._note(Part.POLICY, recorded, str(error))
            return None, None

    def _answering(self, policy: LimitPolicy | None) -> "_Answering | None":
        """The policy with the limit response that was recorded; None where one is not there.

        Decisions of before there were responses recorded none, and are compared as such.
        """
        version = str(self.recorded.get("limit_response_version", ""))
        recorded = f"version {version}, {self.recorded['limit_response_digest']}" if version else ""
        try:
            found = registered_response(self.platform, version) if version else None
        except ModelError as error:
            self._note(Part.LIMIT_RESPONSE, recorded, str(error))
            return None
        now = f"version {found.version}, {found.digest}" if found else ""
        self._note(Part.LIMIT_RESPONSE, recorded or _POLICY_STATES, now or _POLICY_STATES)
        if policy is None:
            return None
        return _Answering(policy.answering_as(found), found.digest if found else "")

    def _rulebook(self) -> RuleBook | None:
        recorded = "{rulebook_version}, {rulebook_digest}".format_map(self.recorded)
        try:
            rulebook = rule_book_at(self.platform, self.outcome.as_of)
        except PolicyError as error:
            self._note(Part.RULE_BOOK, recorded, str(error))
            return None
        self._note(Part.RULE_BOOK, recorded, f"{rulebook.version}, {rulebook.digest}")
        return rulebook

    def _overlay(self) -> OverlayInForce | None:
        """The overlay of the day; that of a batch of before there was one is not compared."""
        decided = self.outcome.overlay
        try:
            found = overlay_at(
                self.platform, self.outcome.as_of, tables_read(self.platform, self.batch)
            )
        except PolicyError as error:
            self._note(Part.OVERLAY, decided.identity if decided else "none", str(error))
            return None
        if decided is not None:
            self._note(Part.OVERLAY, decided.identity, found.identity)
        return found

    def _model(self) -> "LoadedVersion | None":
        recorded = f"version {self.outcome.model_version}, {self.outcome.artefact_digest}"
        try:
            loaded = self.platform.registry.load(
                self.outcome.model_name, self.outcome.model_version
            )
            label_window_months(loaded)
        except ModelError as error:
            self._note(Part.MODEL, recorded, str(error))
            return None
        now = f"version {loaded.version}, {loaded.model.artefact_digest}"
        self._note(Part.MODEL, recorded, now)
        return loaded

    def _scored(self, loaded: "LoadedVersion") -> pd.DataFrame | None:
        """Features out of the tables as they were, with the model's score."""
        try:
            frame = features_from_lake(self.platform, self.batch)
        except (DataMissing, duckdb.Error) as error:
            self._note(Part.DATA, _READABLE, str(error))
            return None
        except FeatureStoreError as error:
            self._note(Part.FEATURES, self.outcome.feature_service, str(error))
            return None
        _log.info("replay_features_computed", accounts=len(frame))
        score = loaded.model.score(frame, threads=self.platform.settings.threads)
        return frame.assign(**{SCORE: score})

    def _whole_day(self, scored: pd.DataFrame) -> Portfolio | None:
        """Every account that the day decided about, as the lake knew it."""
        lake, as_of = self.platform.lake, self.outcome.as_of
        versions = tables_read(self.platform, self.batch)
        try:
            return read_portfolio(lake, as_of, scored, SCORE, versions=versions)
        except (DataMissing, duckdb.Error) as error:
            self._note(Part.DATA, _READABLE, str(error))
            return None

    def _of_batch(self, portfolio: Portfolio) -> Portfolio | None:
        decided = self.batch.rows["account_id"].to_numpy()
        portfolio = portfolio.where(np.isin(portfolio.account_id, decided.astype(np.str_)))
        return portfolio if len(portfolio) else None

    def _links(self, portfolio: Portfolio) -> PastDueLinks | None:
        """The links that the features counted, out of the tables as they were."""
        versions = feature_versions_of(self.platform, self.batch)
        try:
            return past_due_links(self.platform.lake, portfolio, versions)
        except (DataMissing, duckdb.Error) as error:
            self._note(Part.DATA, _READABLE, str(error))
            return None

    def _lineage(
        self, inputs: DecisionInputs, file: DatedFile, overlay: OverlayInForce, response: str
    ) -> Lineage:
        """What the decisions follow from now; versions and certificate are those recorded.

        ``response`` is the digest of the limit response as it was found.
        """
        return Lineage(
            model_version=self.outcome.model_version,
            artefact_digest=inputs.model.artefact_digest,
            certificate_digest=self.outcome.certificate_digest,
            policy_version=file.version,
            policy_digest=file.digest,
            data_versions=self.outcome.data_versions,
            code_digest=deciding_code_digest(),
            solver_digest=solver_digest(),
            rulebook_version=inputs.rulebook.version,
            rulebook_digest=inputs.rulebook.digest,
            brakes=inputs.brakes,
            overlay_version=overlay.version,
            overlay_digest=overlay.digest,
            limit_response_version=str(self.recorded.get("limit_response_version", "")),
            limit_response_digest=response,
        )

    def _compare_inputs(
        self, loaded: "LoadedVersion", inputs: DecisionInputs, identity: Identity
    ) -> None:
        """Which accounts are read otherwise, and whether it is the tables or the features.

        Features that differ are the data's doing where their queries are the same and no snapshot
        holds what was recorded.
        """
        states = self._differing("state_digest", identity.state_digests, inputs.portfolio)
        rows = self._differing("feature_row_digest", identity.row_digests, inputs.portfolio)
        linked = self._linked_otherwise(inputs) & ~states & ~rows
        moved = int((rows & ~states).sum())
        service = service_of(self.outcome.feature_service)
        computed_alike = schema_hash(service) == loaded.schema_hash
        by_features = moved if not computed_alike or self._snapshot_holds(inputs) else 0
        gone = self.batch.rows.num_rows - len(inputs.portfolio)
        by_data = int((states | linked).sum()) + gone + moved - by_features
        self._note(Part.DATA, _read_otherwise(0), _read_otherwise(by_data))
        self._note(
            Part.FEATURES,
            f"{service.name} {loaded.schema_hash}, {_read_otherwise(0)}",
            f"{service.name} {schema_hash(service)}, {_read_otherwise(by_features)}",
        )

    def _linked_otherwise(self, inputs: DecisionInputs) -> Flags:
        """Whose links are others than recorded, also where there are as many of them.

        A batch of before links were recorded has none to compare.
        """
        portfolio = inputs.portfolio
        if LINKS_COLUMN not in self.batch.rows.column_names:
            return np.zeros(len(portfolio), np.bool_)
        now = link_texts(portfolio, inputs.links).to_pylist()
        return self._differing(LINKS_COLUMN, now, portfolio)

    def _snapshot_holds(self, inputs: DecisionInputs) -> bool:
        """Whether the snapshots that are there hold what the decisions were made from."""
        portfolio = inputs.portfolio
        try:
            frame = features_from_snapshot(
                self.platform, self.outcome.feature_service, portfolio.as_of
            )
        except DataMissing:
            return False
        there = frame.set_index("account_id").reindex(portfolio.account_id.tolist())
        known = {name: there[name].to_numpy(np.float64) for name in FEATURES_READ if name in there}
        held = replace(portfolio, features=rule_features(known, len(portfolio)))
        features = model_inputs(there.reset_index(), held, inputs.model)
        digests = feature_row_digests(held, features)
        return not self._differing("feature_row_digest", digests, portfolio).any()

    def _differing(self, column: str, now: Sequence[object], portfolio: Portfolio) -> Flags:
        places = pc.index_in(pa.array(portfolio.account_id.tolist()), self.batch.rows["account_id"])
        recorded = self.batch.rows[column].take(places).to_pylist()
        return np.array([a != b for a, b in zip(now, recorded, strict=True)], np.bool_)

    def _rows(
        self, inputs: DecisionInputs, lineage: Lineage, identity: Identity
    ) -> pa.Table | None:
        threads = self.platform.settings.threads
        try:
            _, rows = make_decisions(inputs, lineage, identity, threads=threads)
        except (AllocationInfeasible, PolicyError) as error:
            _log.info("replay_not_decided", reason=str(error))
            return None
        return rows.append_column("batch_id", pa.repeat(self.outcome.batch_id, rows.num_rows))


def _named(brakes: Sequence[BrakeRow]) -> str:
    names = (f"{brake.name} (entry {brake.entry_sequence})" for brake in brakes)
    return "; ".join(names) or "none"


def _read_otherwise(accounts: int) -> str:
    return f"{accounts:,} accounts read otherwise"
