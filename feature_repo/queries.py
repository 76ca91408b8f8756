"""The SQL of the views, and the digest that says whether two services mean the same features."""

import re
from importlib.resources import files

from credit_limits.domain.digest import digest_bytes, digest_of
from credit_limits.domain.errors import FeatureStoreError
from credit_limits.domain.features import (
    FEATURES,
    VIEW_SPECS,
    ServiceSpec,
    View,
    ViewSpec,
    service_named,
)

_COMMENT = re.compile(r"--[^\n]*")


def view_query(view: View) -> str:
    """The view's SELECT: ``account_id`` and its features, of every account open at ``$as_of``.

    It reads the lake's tables as they were known at ``$as_of``, an instant with its zone.
    """
    return (files("feature_repo") / "sql" / f"{view}.sql").read_text(encoding="utf-8")


def past_due_links_query() -> str:
    """The SELECT of the links behind ``linked_past_due_count``: customer, other end, kinds.

    It begins as the view ``linked_risk`` does, so that what counts there is what is named here,
    and ends otherwise. ``$as_of`` is as in :func:`view_query`; ``$most`` is how many links of a
    customer are named.
    """
    definitions, _, _ = view_query(View.LINKED_RISK).rpartition("\nSELECT\n")
    ending = (files("feature_repo") / "sql" / "past_due_links.sql").read_text(encoding="utf-8")
    return f"{definitions}\n{ending}"


def view_columns(view: View) -> tuple[str, ...]:
    """The columns that :func:`view_query` yields after ``account_id``, in order."""
    return tuple(feature.name for feature in FEATURES if feature.view == view)


def view_spec(view: View) -> ViewSpec:
    """What the view reads and under which consent."""
    return next(spec for spec in VIEW_SPECS if spec.view == view)


def query_digest(query: str) -> str:
    """Digest of what a query computes: comments and white space do not count.

    >>> query_digest("SELECT 1 -- one") == query_digest("SELECT  1")
    True
    """
    return digest_bytes(" ".join(_COMMENT.sub("", query).split()).encode())


def schema_hash(service: ServiceSpec) -> str:
    """Digest of a service: its name and each feature's name, order, type, view and computation.

    A model that was trained on one hash must not be fed features of another.
    """
    return digest_of(
        {
            "service": service.name,
            "features": [[feature.view, feature.name, "float64"] for feature in service.features],
            "queries": {view: query_digest(view_query(view)) for view in service.views},
        }
    )


def tables_of(service: ServiceSpec) -> tuple[str, ...]:
    """The lake tables that a service's views read, in alphabetical order."""
    return tuple(sorted({table for view in service.views for table in view_spec(view).tables}))


def service_of(name: str) -> ServiceSpec:
    """The service of this name; :class:`FeatureStoreError` names those there are."""
    try:
        return service_named(name)
    except KeyError as error:
        raise FeatureStoreError(error.args[0]) from error
