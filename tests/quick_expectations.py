"""Great Expectations, which works the same things out again and again, remembers them in tests.

A validation asks an expectation for its configuration hundreds of times and makes it anew each
time, and every page of Data Docs compiles its templates; a suite with a thousand validations spends
a minute on it. What is remembered is what was worked out: an expectation that has changed in any
field, or a template of another text, is another one.
"""

from operator import is_
from typing import Any

from great_expectations.expectations.expectation import Expectation
from great_expectations.expectations.expectation_configuration import ExpectationConfiguration
from great_expectations.render.view.view import DefaultJinjaView
from jinja2.bccache import Bucket, BytecodeCache

_worked_out = Expectation.configuration.fget
_opened = DefaultJinjaView.__init__
_configurations: dict[int, tuple[Expectation, tuple[object, ...], ExpectationConfiguration]] = {}
_MOST_KEPT = 1_000


class _CompiledTemplates(BytecodeCache):
    """Compiled templates by name and text, for as long as the process lives."""

    def __init__(self) -> None:
        self._compiled: dict[tuple[str, str], bytes] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        if found := self._compiled.get((bucket.key, bucket.checksum)):
            bucket.bytecode_from_string(found)

    def dump_bytecode(self, bucket: Bucket) -> None:
        self._compiled[bucket.key, bucket.checksum] = bucket.bytecode_to_string()


_templates = _CompiledTemplates()


def _configuration(expectation: Expectation) -> ExpectationConfiguration:
    if len(_configurations) > _MOST_KEPT:
        _configurations.clear()
    fields = tuple(vars(expectation).values())
    kept = _configurations.get(id(expectation))
    if kept is None or kept[0] is not expectation or not _same(kept[1], fields):
        kept = expectation, fields, _worked_out(expectation)
        _configurations[id(expectation)] = kept
    return kept[2]


def _same(before: tuple[object, ...], now: tuple[object, ...]) -> bool:
    return len(before) == len(now) and all(map(is_, before, now))


def _open_view(view: DefaultJinjaView, *arguments: Any, **named: Any) -> None:
    _opened(view, *arguments, **named)
    view.env.bytecode_cache = _templates


Expectation.configuration = property(_configuration)
DefaultJinjaView.__init__ = _open_view
