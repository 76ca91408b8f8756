"""Where Feast finds a view's values: Parquet snapshots, a file an as-of date."""

from pathlib import Path

from credit_limits.domain.features import View
from feature_repo.snapshots import snapshot_pattern
from feature_repo.unchecked import FileSource, ParquetFormat


def snapshot_source(features_dir: Path, view: View) -> FileSource:
    """All snapshots of a view. ``features_dir`` must be absolute: Feast resolves it anywhere."""
    return FileSource(
        name=f"{view}_snapshots",
        path=str(snapshot_pattern(features_dir, view)),
        file_format=ParquetFormat(),
        timestamp_field="event_timestamp",
        created_timestamp_column="created_timestamp",
    )
