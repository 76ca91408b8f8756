"""Feast's feature views, one for each view of the catalogue."""

from datetime import timedelta
from pathlib import Path

from credit_limits.domain.features import FEATURES, VIEW_SPECS, View, ViewSpec
from feature_repo.entities import account
from feature_repo.queries import query_digest, view_query
from feature_repo.sources import snapshot_source
from feature_repo.unchecked import FeatureView, Field, Float64, String

FRESH_FOR = timedelta(days=27)
"""Snapshots are taken at least monthly; a value that is older is not known."""


def feature_views(features_dir: Path) -> dict[View, FeatureView]:
    """Every view over the snapshots under ``features_dir``, in the order of the catalogue."""
    return {spec.view: _feature_view(spec, features_dir) for spec in VIEW_SPECS}


def _feature_view(spec: ViewSpec, features_dir: Path) -> FeatureView:
    return FeatureView(
        name=str(spec.view),
        entities=[account()],
        ttl=FRESH_FOR,
        # the key is declared too, or Feast would open the files to find its type
        schema=[Field(name="account_id", dtype=String), *_fields(spec.view)],
        source=snapshot_source(features_dir, spec.view),
        tags={
            "category": spec.category,
            "purpose": spec.purpose,
            "consent": spec.consent or "none",
            "query": query_digest(view_query(spec.view)),
        },
    )


def _fields(view: View) -> list[Field]:
    return [
        Field(name=feature.name, dtype=Float64, description=feature.description)
        for feature in FEATURES
        if feature.view == view
    ]
