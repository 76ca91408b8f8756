"""Feast's feature services: what a model names, versioned."""

from pathlib import Path

from credit_limits.domain.features import SERVICES
from feature_repo.queries import schema_hash
from feature_repo.unchecked import FeatureService
from feature_repo.views import feature_views


def feature_services(features_dir: Path) -> dict[str, FeatureService]:
    """Every service of the catalogue by name, each tagged with its schema hash."""
    views = feature_views(features_dir)
    return {
        spec.name: FeatureService(
            name=spec.name,
            features=[views[view] for view in spec.views],
            tags={"schema_hash": schema_hash(spec)},
        )
        for spec in SERVICES
    }
