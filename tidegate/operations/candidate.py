"""A model version before the gate: what was registered, and the rows to measure it on."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from credit_limits.domain.digest import digest_of
from credit_limits.domain.errors import DataMissing, ModelError, NoCertifiedChampion
from credit_limits.domain.features import ServiceSpec
from credit_limits.domain.limit_response import (
    LIMIT_RESPONSE,
    RESPONSE_FILE,
    RESPONSE_TAG,
    LimitResponse,
    read_limit_response,
)
from credit_limits.gates.evidence import CalibrationEvidence, PerformanceEvidence
from credit_limits.gates.figures import measure_calibration, measure_performance
from feature_repo.queries import service_of, tables_of
from monitoring.drift import SCORE
from tidegate.adapters.dated_policies import DatedFile
from tidegate.operations.certified_response import certified_response
from tidegate.operations.champion import Standing
from tidegate.operations.decided_portfolio import DecidedPortfolio, decided_today
from tidegate.operations.platform import Platform
from tidegate.operations.scored_rows import (
    portfolio_scored,
    read_scored_sample,
    read_training_rows,
    with_features,
)
from tidegate.operations.train_response import measure_response, response_policy_at

if TYPE_CHECKING:
    from tidegate.adapters.registry import LoadedVersion
    from training.limit_response import ResponseEstimate

_READ_BESIDE = ("limit_changes", "outcomes", "statements")
_SEED = 7


@dataclass(frozen=True)
class Candidate:
    """What is put before the gate; what it needs of data is read when first asked for.

    ``standing``: the champion by the ledger, None where there is none. ``answers``: whether the
    limit response that the version names will count once it is certified.
    """

    platform: Platform
    loaded: "LoadedVersion"
    as_of: date
    standing: Standing | None
    answers: bool = True

    @cached_property
    def service(self) -> ServiceSpec:
        """The feature service that the model names."""
        return service_of(self.loaded.feature_service)

    @cached_property
    def lineage(self) -> dict[str, int]:
        """Delta version of each table that the model, or its limit response, saw.

        Raises :class:`ModelError` where the registered lineage leaves one of them out.
        """
        registered = versions_in(self.loaded.tags.get("data_versions"))
        needed = tables_of(self.service)
        absent = [table for table in needed if table not in registered]
        if absent:
            raise ModelError(
                f"version {self.loaded.version} does not say which version of "
                f"{', '.join(absent) or 'any table'} it saw"
            )
        seen = sorted({*needed, *(table for table in _READ_BESIDE if table in registered)})
        return {table: registered[table] for table in seen}

    @cached_property
    def sample(self) -> pd.DataFrame:
        """The out-of-time rows as training scored them."""
        return read_scored_sample(self.platform, self.loaded)

    @cached_property
    def test_rows(self) -> pd.DataFrame:
        """:attr:`sample` with the features that the store serves for it."""
        return with_features(self.platform, self.sample, self.service.name)

    @cached_property
    def portfolio(self) -> pd.DataFrame:
        """Every account open at ``as_of``, with features and score."""
        return portfolio_scored(self.platform, self.loaded, self.as_of)

    @cached_property
    def decided(self) -> DecidedPortfolio:
        """What the candidate would decide for :attr:`portfolio`."""
        return decided_today(
            self.platform, self.loaded, self.as_of, self.portfolio, response=self.response
        )

    @cached_property
    def response(self) -> LimitResponse | None:
        """The limit response that it decides with once it is certified, None for none.

        Raises :class:`ModelError` where the one that it names cannot be read.
        """
        content = self.response_file
        if content is None or not self.answers:
            return None
        return read_limit_response(content, self.loaded.tags[RESPONSE_TAG])

    @cached_property
    def champion(self) -> "LoadedVersion | None":
        """The champion's artefact, None where the ledger knows no champion.

        Raises :class:`NoCertifiedChampion` where it is not the one that was certified.
        """
        if self.standing is None:
            return None
        champion = self.platform.registry.load(self.loaded.model_name, self.standing.version)
        if champion.model.artefact_digest != self.standing.certificate.artefact_digest:
            raise NoCertifiedChampion(
                f"the champion, version {self.standing.version}, is not the artefact that was "
                "certified; restore it, or roll back to another certified version first"
            )
        return champion

    @cached_property
    def champion_decided(self) -> DecidedPortfolio | None:
        """What the champion would decide for the same accounts, None where there is none."""
        if self.standing is None or self.champion is None:
            return None
        scored = self.portfolio
        if self.champion.feature_service == self.service.name:
            threads = self.platform.settings.threads
            scored = scored.assign(**{SCORE: self.champion.model.score(scored, threads=threads)})
        else:
            scored = portfolio_scored(self.platform, self.champion, self.as_of)
        response = certified_response(self.platform, self.standing.certificate)
        return decided_today(self.platform, self.champion, self.as_of, scored, response=response)

    @cached_property
    def trained_on(self) -> date:
        """The day on which the version was trained: what was known then it may have learnt.

        Raises :class:`ModelError` where it does not say.
        """
        try:
            return date.fromisoformat(self.loaded.tags["as_of"])
        except (KeyError, ValueError) as error:
            raise ModelError(
                f"version {self.loaded.version} does not say when it was trained: {error!r}"
            ) from error

    @property
    def names_response(self) -> bool:
        """Whether the version names a limit response that was trained beside it."""
        return bool(self.loaded.tags.get(RESPONSE_TAG))

    @cached_property
    def response_file(self) -> bytes | None:
        """What is registered of the limit response that the version names, None where none is.

        Raises :class:`ModelError` where the version names one that is not there.
        """
        if not self.names_response:
            return None
        version = self.loaded.tags[RESPONSE_TAG]
        return self.platform.registry.artefact(LIMIT_RESPONSE, version, RESPONSE_FILE)

    @cached_property
    def measured_response(self) -> "ResponseEstimate":
        """The limit response measured again from the lake, whether or not one is registered.

        By the policy of the training's day, at the table versions that it saw; a table that it
        does not name is read as it is now, up to what was known on that day.

        Raises:
            NotEnoughOutcomes: too few limits were drawn at random.
            ModelError: it cannot be told.
            PolicyError: no policy says how to measure it.
        """
        from training.response_rows import TABLES

        policy = response_policy_at(self.platform, self.trained_on)
        seen = {table: self.lineage[table] for table in TABLES if table in self.lineage}
        versions = {**self.platform.lake.versions(TABLES), **seen}
        return measure_response(self.platform, policy, versions, self.trained_on)

    @cached_property
    def training_rows(self) -> pd.DataFrame:
        """All rows of the training, test included, with the ``part`` each served."""
        return read_training_rows(self.platform, self.loaded)

    @cached_property
    def schema_in_use(self) -> str:
        """What the model's feature service means today."""
        return self.platform.feature_store.schema_hash(self.service.name)

    @cached_property
    def performance(self) -> PerformanceEvidence:
        """How well the stored scores rank the stored outcomes."""
        return measure_performance(self.label, self.score, self.customer, seed=_SEED)

    @cached_property
    def calibration(self) -> CalibrationEvidence:
        """How far the stored scores are from the stored outcomes."""
        return measure_calibration(self.label, self.score)

    @property
    def label(self) -> NDArray[np.bool_]:
        """Outcomes of :attr:`sample`, true for a default."""
        return self.sample["label"].to_numpy(np.bool_)

    @property
    def score(self) -> NDArray[np.float64]:
        """Scores of :attr:`sample`."""
        return self.sample[SCORE].to_numpy(np.float64)

    @cached_property
    def customer(self) -> NDArray[np.intp]:
        """A number for the customer of each row of :attr:`sample`.

        Raises :class:`DataMissing` where the lake knows no customer of an account.
        """
        with self.platform.lake.connect(self.lineage, tables=["accounts"]) as connection:
            owners = connection.execute(
                "SELECT account_id, any_value(customer_id) AS customer_id FROM accounts GROUP BY 1"
            ).df()
        customers = self.sample["account_id"].map(owners.set_index("account_id")["customer_id"])
        if customers.isna().any():
            raise DataMissing("the lake has no customer of an account that the model was tested on")
        return pd.factorize(customers)[0].astype(np.intp)


def scope_of(
    candidate: Candidate, gates: DatedFile, purpose: str, about: Mapping[str, object]
) -> str:
    """Digest of exactly what people sign for: this version, as it is judged, and what about it.

    This artefact, on this data and these features, under these thresholds, in place of this
    champion. Once any of them is another, the signature says nothing.

    Args:
        candidate: the version before the gate.
        gates: the thresholds file that judges it.
        purpose: what the signature is for, so that none serves for another purpose.
        about: what of it is signed, beside the version itself.

    Raises:
        ModelError: the version does not say on which data it was trained.
    """
    loaded = candidate.loaded
    return digest_of(
        {
            "purpose": purpose,
            "model_name": loaded.model_name,
            "version": loaded.version,
            "artefact_digest": loaded.model.artefact_digest,
            "feature_service": loaded.feature_service,
            "schema_hash": candidate.schema_in_use,
            "data_versions": candidate.lineage,
            "thresholds_digest": gates.digest,
            "champion_before": candidate.standing.entry_digest if candidate.standing else None,
            **about,
        }
    )


def versions_in(tag: str | None) -> Mapping[str, int]:
    """The table versions in a version's tag; :class:`ModelError` where it cannot be read."""
    try:
        versions = json.loads(tag or "{}")
        return {str(table): int(version) for table, version in versions.items()}
    except (ValueError, AttributeError, TypeError) as error:
        raise ModelError(f"the tag data_versions cannot be read: {tag!r}") from error
