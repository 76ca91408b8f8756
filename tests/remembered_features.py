"""Feast for tests that ask it the same thing many times: it is asked once."""

from collections.abc import Sequence
from functools import cached_property

import pandas as pd

from credit_limits.domain.features import View
from tidegate.adapters.feature_store import FeatureStore


class RememberedFeatures(FeatureStore):
    """The feature store itself. The same rows of the same snapshots are looked up once.

    Snapshots that were written anew, in another place or by hand, are other snapshots.
    """

    def historical_views(self, entities: pd.DataFrame, views: Sequence[View]) -> pd.DataFrame:
        asked = tuple(entities["account_id"]), tuple(entities["as_of"]), tuple(views)
        question = (*asked, *self._snapshot_files())
        if question not in self._answers:
            found = super().historical_views(entities, views)
            self._answers[question] = found.reset_index(drop=True)
        return self._answers[question].set_axis(entities.index)

    @cached_property
    def _answers(self) -> dict[tuple[object, ...], pd.DataFrame]:
        return {}

    def _snapshot_files(self) -> list[tuple[str, int, int]]:
        files = sorted(self.settings.features_dir.rglob("*.parquet"))
        return [(str(file), file.stat().st_mtime_ns, file.stat().st_size) for file in files]
