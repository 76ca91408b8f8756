"""Dated policy files: of the files in a folder, the one in force at a date.

A policy is a YAML file named by the day from which it holds, ``2005-01-01.yaml``, whose key
``effective_from`` says the same day. A file is never edited once it has been in force: a change
is a new file, so that any run of the past can be made again with the policy it had.
"""

from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TypeVar

import yaml

from credit_limits.domain.digest import digest_of
from credit_limits.domain.errors import PolicyError

_Parsed = TypeVar("_Parsed")


@dataclass(frozen=True, slots=True)
class DatedFile:
    """A policy file as it was read.

    ``version`` is the folder's name and the file's first day (``default_risk/2005-01-01``).
    ``digest`` is the SHA-256 of the content in canonical form, so that comments and layout may
    change without changing it. ``content`` is the whole mapping, ``effective_from`` included.
    """

    version: str
    digest: str
    effective_from: date
    content: dict[str, object]

    def parsed(self, parse: Callable[[Mapping[str, object]], _Parsed]) -> _Parsed:
        """What a parser makes of the content; :class:`PolicyError` names the file it refuses."""
        try:
            return parse(self.content)
        except PolicyError as error:
            raise PolicyError(f"{self.version}: {error}") from error


def load_dated(folder: Path, as_of: date) -> DatedFile:
    """The policy in force at ``as_of``: the newest whose ``effective_from`` is no later.

    Args:
        folder: holds one ``YYYY-MM-DD.yaml`` a version, and no other YAML file.
        as_of: the day of the run.

    Raises:
        PolicyError: no folder, no file in force yet, a file name that is no date, a file that is
            not a YAML mapping or says a key twice, or a file whose ``effective_from`` contradicts
            its name.
    """
    starts = _starts(folder)
    in_force = [start for start in starts if start <= as_of]
    if not in_force:
        found = f"the first starts on {min(starts)}" if starts else "it has no dated YAML file"
        raise PolicyError(
            f"no policy in force on {as_of} in {folder}: {found}; "
            "add a file named by the day from which it holds, such as 2005-01-01.yaml"
        )
    return _read(folder, max(in_force), starts)


def load_previous(folder: Path, file: DatedFile) -> DatedFile | None:
    """The policy that ``file`` followed, None for the first of its folder.

    Raises:
        PolicyError: as :func:`load_dated`, of the file found.
    """
    starts = _starts(folder)
    before = [start for start in starts if start < file.effective_from]
    return _read(folder, max(before), starts) if before else None


def _starts(folder: Path) -> dict[date, Path]:
    return {_named_date(path): path for path in sorted(folder.glob("*.yaml"))}


def _read(folder: Path, start: date, starts: Mapping[date, Path]) -> DatedFile:
    path = starts[start]
    content = _mapping(path)
    if content.get("effective_from") != start:
        raise PolicyError(
            f"{path}: effective_from is {content.get('effective_from')!r}, the file's name says "
            f"{start}; make them the same day"
        )
    return DatedFile(f"{folder.name}/{start}", _digest(path, content), start, content)


def load_folder(folder: Path) -> dict[str, dict[str, object]]:
    """The content of every YAML file of a folder, by its name without ending, in order.

    For records that each have days of their own; which file holds one says nothing.

    Raises:
        PolicyError: a file that is not a YAML mapping or says a key twice.
    """
    return {path.stem: _mapping(path) for path in sorted(folder.glob("*.yaml"))}


def load_draft(path: Path, as_of: date) -> DatedFile:
    """A policy that is not in force: a file of any name, or the one of a folder at ``as_of``.

    The file's ``effective_from`` may be any day: a draft is tried before it holds.

    Raises:
        PolicyError: nothing is there, it is not a YAML mapping, or it says no first day.
    """
    if path.is_dir():
        return load_dated(path, as_of)
    if not path.is_file():
        raise PolicyError(f"there is no policy file {path}")
    content = _mapping(path)
    start = content.get("effective_from")
    if not isinstance(start, date):
        raise PolicyError(f"{path}: effective_from is {start!r}; say the first day, as 2005-01-01")
    return DatedFile(f"draft {path.name}", _digest(path, content), start, content)


class _Loader(yaml.CSafeLoader):
    """Refuses a key said twice: YAML would silently keep the last.

    On libyaml, which comes with the package: policies are read at every step, and the parser in
    Python is slow.
    """

    def construct_mapping(
        self, node: yaml.MappingNode, deep: bool = False
    ) -> dict[Hashable, object]:
        keys = [self.construct_object(key, deep=True) for key, _ in node.value]
        twice = sorted({str(key) for key in keys if keys.count(key) > 1})
        if twice:
            raise yaml.constructor.ConstructorError(
                None, None, f"said twice: {', '.join(twice)}", node.start_mark
            )
        return super().construct_mapping(node, deep)


def _named_date(path: Path) -> date:
    try:
        start = date.fromisoformat(path.stem)
    except ValueError:
        start = None
    if start is None or start.isoformat() != path.stem:
        raise PolicyError(
            f"{path}: a policy file is named by its first day, such as 2005-01-01.yaml"
        )
    return start


def _mapping(path: Path) -> dict[str, object]:
    try:
        content = yaml.load(path.read_text(encoding="utf-8"), Loader=_Loader)
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise PolicyError(f"{path} cannot be read as YAML: {error}") from error
    if not isinstance(content, dict) or not all(isinstance(key, str) for key in content):
        raise PolicyError(f"{path}: expected a mapping with names as keys")
    return content


def _digest(path: Path, content: dict[str, object]) -> str:
    try:
        return digest_of(content)
    except (TypeError, ValueError) as error:
        raise PolicyError(f"{path}: holds a value without a canonical form: {error}") from error
