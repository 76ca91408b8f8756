"""Where the snapshots of the views lie: a folder a view, a Parquet file an as-of date."""

from datetime import date
from pathlib import Path

from credit_limits.domain.features import View


def snapshot_path(features_dir: Path, view: View, as_of: date) -> Path:
    """The file of a view at a date.

    >>> snapshot_path(Path("/data"), View.MACRO, date(2024, 1, 31)).as_posix()
    '/data/macro/as_of=2024-01-31.parquet'
    """
    return features_dir / view / f"as_of={as_of.isoformat()}.parquet"


def snapshot_pattern(features_dir: Path, view: View) -> Path:
    """The glob of all files of a view; a file half written does not match it."""
    return features_dir / view / "as_of=*.parquet"
