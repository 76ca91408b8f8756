"""One step of a flow: an operation carried out, timed, said in one line, and published."""

import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Protocol, TypeVar

from prefect.exceptions import MissingContextError
from prefect.logging import get_run_logger

from flows.events import Event, emit
from flows.publishing import Publication, store
from tidegate.operations.platform import Platform, open_platform

_NAME_WIDTH = 20


class _Outcome(Protocol):
    @property
    def recognised(self) -> bool: ...


Request = TypeVar("Request")
Outcome = TypeVar("Outcome", bound=_Outcome)


def carry_out(
    name: str,
    operation: Callable[[Platform, Request], Outcome],
    request: Request,
    publish: Callable[[Outcome], Publication],
    happened: Callable[[Outcome], Sequence[Event]] = lambda _: (),
) -> Outcome:
    """The operation's outcome, after its line was said, its artifacts stored, its events sent.

    Nothing is published of an operation that raises; its error goes on to fail the flow.
    """
    with said(name) as line:
        outcome = operation(open_platform(), request)
        publication = publish(outcome)
        line.rows = publication.rows
        line.detail = publication.summary + (", recognised" if outcome.recognised else "")
    store(publication)
    emit(happened(outcome))
    return outcome


@dataclass(slots=True)
class Line:
    """What is known of a step once it is done: the rows it handled, and one detail."""

    rows: int | None = None
    detail: str = ""


@contextmanager
def said(name: str) -> Iterator[Line]:
    """Say a step's name when it begins, and its rows, seconds and detail when it ends.

    The name goes out at once, so that whoever watches knows what is under way. The whole line
    also goes to the run's log, where there is a run.
    """
    sys.stdout.write(f"{name:<{_NAME_WIDTH}}")
    sys.stdout.flush()
    line, start, ending = Line(), time.perf_counter(), "failed"
    try:
        yield line
        ending = line.detail
    finally:
        text = _rendered(line.rows, time.perf_counter() - start, ending)
        sys.stdout.write(f"{text}\n")
        sys.stdout.flush()
        _log(f"{name}: {' '.join(text.split())}")


def say(text: str) -> None:
    """Say what a flow has to say beside its steps."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()
    _log(text)


def _rendered(rows: int | None, seconds: float, ending: str) -> str:
    counted = f"{rows:>12,} rows" if rows is not None else " " * 17
    return f"{counted} {seconds:>7.1f} s  {ending}".rstrip()


def _log(text: str) -> None:
    try:
        get_run_logger().info(text)
    except MissingContextError:
        return
