"""Reading a dated policy file: every parameter says what it is, in which unit, and why.

A parameter is a mapping with ``description``, ``unit``, ``value`` and either ``source`` or
``reason``. A section is a mapping of parameters. What a file holds beyond what is asked of it is
an error, since a misspelled parameter would otherwise be a parameter ignored.
"""

import math
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field

from credit_limits.domain.errors import PolicyError
from credit_limits.domain.money import MINOR_PER_YUAN

_PARTS = {"description", "unit", "value", "source", "reason"}


@dataclass(frozen=True, slots=True)
class Section:
    """One section of a policy file and the dotted ``path`` that leads to it.

    Every read names the unit that the caller expects, so that a rate given in per cent or an
    amount given in fen cannot pass for something else.
    """

    path: str
    content: Mapping[str, object]
    _read: set[str] = field(default_factory=set)

    def section(self, key: str) -> "Section":
        """The section ``key`` inside this one."""
        return Section(self._path(key), _mapping(self._path(key), self._take(key)))

    def number(self, key: str, unit: str, minimum: float, maximum: float) -> float:
        """A finite number of this unit within ``minimum`` and ``maximum``, both included."""
        return _number(self._path(key), self._value(key, unit), minimum, maximum)

    def integer(self, key: str, unit: str, minimum: int, maximum: int) -> int:
        """A whole number of this unit within its bounds."""
        number = self.number(key, unit, minimum, maximum)
        if number != int(number):
            raise PolicyError(f"{self._path(key)}: {number} is not a whole number")
        return int(number)

    def money_minor(self, key: str) -> int:
        """An amount written in yuan, as minor units; never negative."""
        return _minor(self._path(key), self._value(key, "yuan"))

    def choice(self, key: str, choices: tuple[str, ...]) -> str:
        """One of ``choices``; its unit is ``name``."""
        value = self._value(key, "name")
        if value not in choices:
            raise PolicyError(f"{self._path(key)}: {value!r} is none of {', '.join(choices)}")
        return str(value)

    def numbers_by_name(
        self, key: str, unit: str, minimum: float, maximum: float
    ) -> dict[str, float]:
        """A mapping from names to numbers of one unit."""
        path = self._path(key)
        entries = _mapping(path, self._value(key, unit))
        return {
            name: _number(f"{path}.{name}", value, minimum, maximum)
            for name, value in entries.items()
        }

    def rows(self, key: str, unit: str) -> tuple["Row", ...]:
        """A list of records, each to be read by field."""
        path, value = self._path(key), self._value(key, unit)
        if not isinstance(value, list) or not value:
            raise PolicyError(f"{path}: expected a list with at least one entry")
        return tuple(
            Row(f"{path}[{index}]", _mapping(f"{path}[{index}]", entry))
            for index, entry in enumerate(value)
        )

    def finish(self) -> None:
        """Raise :class:`PolicyError` where the section holds what nothing has read."""
        if unknown := sorted(set(self.content) - self._read):
            raise PolicyError(
                f"{self.path}: unknown parameter {', '.join(unknown)}; correct the spelling or "
                "remove it"
            )

    @contextmanager
    def building(self) -> Iterator["Section"]:
        """Parse inside this: a value refused by a type is a :class:`PolicyError` of the section.

        On leaving, :meth:`finish` is called.
        """
        try:
            yield self
        except ValueError as error:
            raise PolicyError(f"{self.path}: {error}" if self.path else str(error)) from error
        self.finish()

    def _path(self, key: str) -> str:
        return f"{self.path}.{key}" if self.path else key

    def _take(self, key: str) -> object:
        if key not in self.content:
            raise PolicyError(f"{self._path(key)} is absent; the policy must state it")
        self._read.add(key)
        return self.content[key]

    def _value(self, key: str, unit: str) -> object:
        path = self._path(key)
        parameter = _mapping(path, self._take(key))
        if unknown := sorted(set(parameter) - _PARTS):
            raise PolicyError(f"{path}: unknown {', '.join(unknown)}")
        if missing := sorted({"description", "unit", "value"} - set(parameter)):
            raise PolicyError(f"{path}: {', '.join(missing)} missing")
        if not (parameter.get("source") or parameter.get("reason")):
            raise PolicyError(f"{path}: give its source or the reason for its value")
        if parameter["unit"] != unit:
            raise PolicyError(f"{path}: unit {parameter['unit']!r} where {unit!r} is expected")
        return parameter["value"]


@dataclass(frozen=True, slots=True)
class Row:
    """One record of a list parameter."""

    path: str
    content: Mapping[str, object]

    def fields(self, *names: str) -> None:
        """Raise :class:`PolicyError` unless the record has exactly these fields."""
        if set(self.content) != set(names):
            raise PolicyError(f"{self.path}: has {sorted(self.content)}, expected {sorted(names)}")

    def number(self, name: str, minimum: float, maximum: float) -> float:
        """A finite number within its bounds."""
        return _number(f"{self.path}.{name}", self._take(name), minimum, maximum)

    def money_minor(self, name: str) -> int:
        """An amount written in yuan, as minor units."""
        return _minor(f"{self.path}.{name}", self._take(name))

    def row(self, name: str) -> "Row":
        """A record within the record."""
        path = f"{self.path}.{name}"
        return Row(path, _mapping(path, self._take(name)))

    def text(self, name: str) -> str:
        """A text that is not empty."""
        value = self._take(name)
        if not isinstance(value, str) or not value:
            raise PolicyError(f"{self.path}.{name}: {value!r} is not a text")
        return value

    def _take(self, name: str) -> object:
        if name not in self.content:
            raise PolicyError(f"{self.path}.{name} is absent")
        return self.content[name]


def _mapping(path: str, value: object) -> Mapping[str, object]:
    if not isinstance(value, Mapping):
        raise PolicyError(f"{path}: expected a mapping, found {type(value).__name__}")
    return {str(name): entry for name, entry in value.items()}


def _number(path: str, value: object, minimum: float, maximum: float) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise PolicyError(f"{path}: {value!r} is not a number")
    if not math.isfinite(value) or not minimum <= value <= maximum:
        raise PolicyError(f"{path}: {value} is not within {minimum} and {maximum}")
    return float(value)


def _minor(path: str, value: object) -> int:
    minor = _number(path, value, 0, 1e10) * MINOR_PER_YUAN
    if minor != int(minor):
        raise PolicyError(f"{path}: {value} yuan is not a whole number of fen")
    return int(minor)
