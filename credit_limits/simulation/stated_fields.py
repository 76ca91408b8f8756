"""Fields of a dataclass that say their unit, their source and the range they may take."""

from collections.abc import Iterator
from dataclasses import dataclass, field, fields, is_dataclass
from typing import Any

ASSUMPTION = "assumption"
"""Marks a value that no publication gives."""


def stated(
    default: Any,  # noqa: ANN401  a field's own annotation says its type
    unit: str,
    description: str,
    *,
    low: float,
    high: float,
    source: str = ASSUMPTION,
) -> Any:  # noqa: ANN401
    """A field of this default, unit and meaning, from ``low`` to ``high`` inclusive."""
    metadata = {
        "unit": unit,
        "description": description,
        "source": source,
        "low": low,
        "high": high,
    }
    return field(default=default, metadata=metadata)


def share(default: float, description: str, source: str = ASSUMPTION) -> Any:  # noqa: ANN401
    """A field that is a share, 0 to 1."""
    return stated(default, "share", description, low=0.0, high=1.0, source=source)


def effect(default: float, description: str, source: str = ASSUMPTION) -> Any:  # noqa: ANN401
    """A field that is added to log odds."""
    return stated(default, "log odds", description, low=-10.0, high=10.0, source=source)


def check_ranges(group: object) -> None:
    """Raise ``ValueError`` naming the first parameter of ``group`` outside its range."""
    assert is_dataclass(group)
    for item in fields(group):
        if "low" not in item.metadata:
            continue
        value = getattr(group, item.name)
        low, high = item.metadata["low"], item.metadata["high"]
        for number in value if isinstance(value, tuple) else (value,):
            if not low <= number <= high:
                raise ValueError(f"{item.name} is {number}, outside {low} to {high}")


@dataclass(frozen=True, slots=True)
class ParameterRow:
    """One parameter as the documentation lists it."""

    group: str
    name: str
    value: object
    unit: str
    description: str
    source: str


def parameter_rows(parameters: object) -> Iterator[ParameterRow]:
    """Every parameter of a dataclass and its groups: value, unit, description and source."""
    assert is_dataclass(parameters)
    groups: list[tuple[str, Any]] = [("world", parameters)]
    for item in fields(parameters):
        if is_dataclass(getattr(parameters, item.name)):
            groups.append((item.name, getattr(parameters, item.name)))
    for name, group in groups:
        for item in fields(group):
            if item.metadata:
                meta = item.metadata
                yield ParameterRow(
                    name,
                    item.name,
                    getattr(group, item.name),
                    meta["unit"],
                    meta["description"],
                    meta["source"],
                )
