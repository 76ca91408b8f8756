"""What is used of Feast, imported without the type checks that it makes while it runs.

Feast decorates its classes with typeguard, which reads, changes and compiles their source anew
whenever a process imports them, which is most of what that import costs. What it would check,
mypy has checked. Everything of the project that needs Feast takes it from here, so that whoever
comes first imports it this way; typeguard is left as it was.
"""

from typing import Any

import typeguard


def _as_it_is(target: Any = None, **_: object) -> Any:  # noqa: ANN401 - typeguard's own signature
    """Stands in for ``typechecked``, with and without arguments."""
    return _as_it_is if target is None else target


_typechecked = typeguard.typechecked
typeguard.typechecked = _as_it_is
try:
    from feast import (
        Entity,
        FeatureService,
        FeatureView,
        Field,
        FileSource,
        Project,
        RepoConfig,
        ValueType,
    )
    from feast import FeatureStore as FeastStore
    from feast.data_format import ParquetFormat
    from feast.feast_object import FeastObject
    from feast.types import Float64, String
finally:
    typeguard.typechecked = _typechecked

__all__ = [
    "Entity",
    "FeastObject",
    "FeastStore",
    "FeatureService",
    "FeatureView",
    "Field",
    "FileSource",
    "Float64",
    "ParquetFormat",
    "Project",
    "RepoConfig",
    "String",
    "ValueType",
]
