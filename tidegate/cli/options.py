"""A request model as the options of a command: names, wording and bounds come from its fields."""

import inspect
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from types import NoneType, UnionType
from typing import Annotated, Any, Union, get_args, get_origin

import typer
from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo

_Parameter = inspect.Parameter
_METAVARS: dict[type, str] = {
    date: "YYYY-MM-DD",
    int: "NUMBER",
    float: "NUMBER",
    str: "TEXT",
    Path: "PATH",
}


def parameters_of(model: type[BaseModel], arguments: Sequence[str]) -> list[inspect.Parameter]:
    """One typer parameter a field; those named in ``arguments`` are given by position.

    Raises ``ValueError`` for a field without a description, since that would be an option
    without help.
    """
    fields = sorted(model.model_fields.items(), key=lambda item: item[0] not in arguments)
    return [_parameter(name, field, name in arguments) for name, field in fields]


def build_request(model: type[BaseModel], values: Mapping[str, object]) -> BaseModel:
    """The request of these values; a usage error that names the option where they do not fit."""
    given = {name: value for name, value in values.items() if value is not None}
    try:
        return model.model_validate(given)
    except ValidationError as error:
        raise typer.BadParameter(
            "; ".join(f"{_option(item['loc'])}: {item['msg']}" for item in error.errors())
        ) from None


def _parameter(name: str, field: FieldInfo, positional: bool) -> inspect.Parameter:
    if not field.description:
        raise ValueError(f"field {name} has no description")
    kind = _plain_type(field.annotation)
    details: dict[str, Any] = {
        "help": _sentence(field.description),
        "metavar": name.upper() if positional else _METAVARS.get(kind),
        **_bounds(field),
    }
    if kind is date:
        details["parser"] = _date
    info = (
        typer.Argument(**details)
        if positional
        else typer.Option(*_flags(name, kind), show_default=_shows_default(field), **details)
    )
    default = ... if field.is_required() else field.get_default()
    return _Parameter(
        name,
        _Parameter.KEYWORD_ONLY,
        default=_Parameter.empty if default is ... else default,
        annotation=Annotated[_optional(kind, default), info],
    )


def _plain_type(annotation: object) -> type:
    """``date`` of ``date | None``."""
    union = get_origin(annotation) in (Union, UnionType)
    kinds = [kind for kind in get_args(annotation) if kind is not NoneType] if union else []
    found = kinds[0] if len(kinds) == 1 else annotation
    if not isinstance(found, type):
        raise TypeError(f"no option is made of {annotation}")
    return found


def _optional(kind: type, default: object) -> Any:  # noqa: ANN401  # a type built at run time
    return kind | None if default is None else kind


def _flags(name: str, kind: type) -> tuple[str, ...]:
    flag = "--" + _words(name)
    return (f"{flag}/--no-{flag[2:]}",) if kind is bool else (flag,)


def _shows_default(field: FieldInfo) -> bool:
    return not field.is_required() and field.default not in (None, "")


def _bounds(field: FieldInfo) -> dict[str, float]:
    """Bounds of a number, so that help shows them."""
    found = {"min": "ge", "max": "le"}
    return {
        ours: getattr(mark, theirs)
        for mark in field.metadata
        for ours, theirs in found.items()
        if hasattr(mark, theirs)
    }


def _date(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter(f"{text!r} is not a date such as 2005-10-31") from None


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:].rstrip(".") + "."


def _option(location: tuple[int | str, ...]) -> str:
    return "--" + _words(str(location[0])) if location else "the request"


def _words(name: str) -> str:
    """A field's name as it is typed; ``from_`` ends so because ``from`` is a word of Python."""
    return name.rstrip("_").replace("_", "-")
