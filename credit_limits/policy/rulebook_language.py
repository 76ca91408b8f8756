"""The language of the rule book: SQL expressions, read by sqlglot, checked, and made our own.

What is read is turned into a small tree of :class:`Node` in which nothing can stand that is not
allowed: no subquery, no other table, no function but those of :data:`FUNCTIONS`. The tree is what
DuckDB is asked about whole portfolios (:mod:`credit_limits.policy.rulebook_sql`) and what the plain
twin walks for one account (:mod:`credit_limits.policy.rulebook_plain`).
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum

import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError

from credit_limits.domain.errors import PolicyError
from credit_limits.domain.money import MINOR_PER_YUAN
from credit_limits.policy.rulebook_columns import COLUMNS, Kind, RuleColumn

_MOST_CHARACTERS = 2000
_LARGEST_NUMBER = 1e15


class Operator(StrEnum):
    """What a node does with its parts."""

    COLUMN = "column"
    LITERAL = "literal"
    AND = "and"
    OR = "or"
    NOT = "not"
    EQUAL = "="
    LESS = "<"
    LESS_OR_EQUAL = "<="
    ADD = "+"
    SUBTRACT = "-"
    MULTIPLY = "*"
    DIVIDE = "/"
    IS_NULL = "is null"
    COALESCE = "coalesce"
    LEAST = "least"
    GREATEST = "greatest"
    ABS = "abs"


FUNCTIONS: dict[str, str] = {
    "abs(x)": "the amount of a number without its sign",
    "coalesce(x, y, ...)": "the first that is not null",
    "least(x, y, ...)": "the smallest number; nulls are left out",
    "greatest(x, y, ...)": "the largest number; nulls are left out",
    "yuan(x)": "an amount of yuan in minor units: x times 100",
}
"""Every function that may be called, and what it gives."""

OPERATORS: tuple[str, ...] = (
    "AND, OR, NOT",
    "=, <>, <, <=, >, >=, BETWEEN, IN (a list of values)",
    "IS NULL, IS NOT NULL, IS TRUE, IS FALSE",
    "+, -, *, / (a division by zero is null)",
)
"""What may stand between columns, numbers, texts in single quotes, TRUE and FALSE."""


@dataclass(frozen=True, slots=True)
class Node:
    """An expression: an operator over parts; a column by name, or a literal by value."""

    operator: Operator
    kind: Kind
    parts: tuple["Node", ...] = ()
    value: float | str | bool = False

    @property
    def columns(self) -> frozenset[str]:
        """The columns named in it."""
        if self.operator is Operator.COLUMN:
            return frozenset({str(self.value)})
        return frozenset().union(*(part.columns for part in self.parts))

    @property
    def disjuncts(self) -> tuple["Node", ...]:
        """What it is the OR of: itself alone where it is none."""
        if self.operator is not Operator.OR:
            return (self,)
        return tuple(each for part in self.parts for each in part.disjuncts)


def parse_predicate(text: str) -> Node:
    """The tree of a boolean expression.

    Raises:
        PolicyError: it is no single expression, not boolean, or holds what is not allowed; the
            message says what is.

    >>> sorted(parse_predicate("limit_minor > yuan(500) OR declines_increases").columns)
    ['declines_increases', 'limit_minor']
    """
    return _parsed(text, Kind.BOOLEAN)


def parse_amount(text: str) -> Node:
    """The tree of an expression that is a number; as :func:`parse_predicate`."""
    return _parsed(text, Kind.NUMBER)


def _parsed(text: str, kind: Kind) -> Node:
    if len(text) > _MOST_CHARACTERS:
        raise PolicyError(f"longer than {_MOST_CHARACTERS} characters; make several rules of it")
    try:
        statements = sqlglot.parse(text, read="duckdb")
        if len(statements) != 1 or statements[0] is None:
            raise PolicyError(f"{text!r} is not one SQL expression")
        found = _node(statements[0])
    except SqlglotError as error:
        # the lines after the first show the place with marks for a terminal
        why = str(error).split("\n", 1)[0]
        raise PolicyError(f"{text!r} is not a SQL expression: {why}") from error
    except RecursionError as error:
        raise PolicyError("nested too deeply; make several rules of it") from error
    if found.kind is not kind:
        raise PolicyError(f"{text!r} is a {found.kind}, a {kind} is needed")
    return found


def _node(read: exp.Expr | None) -> Node:
    if read is None:
        raise PolicyError("a part of the expression is missing")
    maker = _MAKERS.get(type(read))
    if maker is None:
        raise PolicyError(
            f"{read.sql(dialect='duckdb')!r}: {type(read).__name__} is not allowed; a predicate "
            f"is made of columns, {'; '.join(OPERATORS)}, and the functions "
            f"{', '.join(FUNCTIONS)}"
        )
    return maker(read)


def _column(read: exp.Expr) -> Node:
    name = read.name
    if not isinstance(read, exp.Column) or read.table or not isinstance(read.this, exp.Identifier):
        raise PolicyError(f"{read.sql()!r}: a column is named alone, without a table")
    if name not in COLUMNS:
        raise PolicyError(f"column {name!r} is unknown; allowed are {', '.join(sorted(COLUMNS))}")
    return Node(Operator.COLUMN, COLUMNS[name].kind, value=name)


def _literal(read: exp.Expr) -> Node:
    if read.args.get("is_string"):
        return Node(Operator.LITERAL, Kind.TEXT, value=str(read.this))
    number = float(read.this)
    if not math.isfinite(number) or number > _LARGEST_NUMBER:
        raise PolicyError(f"{read.this}: a number is at most {_LARGEST_NUMBER:.0e}")
    return _number(number)


def _number(value: float) -> Node:
    return Node(Operator.LITERAL, Kind.NUMBER, value=float(value))


def _boolean(read: exp.Expr) -> Node:
    return Node(Operator.LITERAL, Kind.BOOLEAN, value=bool(read.this))


def _not(part: Node) -> Node:
    return Node(Operator.NOT, Kind.BOOLEAN, (part,))


def _logical(operator: Operator) -> Callable[[exp.Expr], Node]:
    def make(read: exp.Expr) -> Node:
        # a chain of them is one node, however long it is
        parts = tuple(_of_kind(each, Kind.BOOLEAN) for each in read.flatten())
        return Node(operator, Kind.BOOLEAN, parts)

    return make


def _comparison(
    operator: Operator, *, swapped: bool = False, negated: bool = False
) -> Callable[[exp.Expr], Node]:
    def make(read: exp.Expr) -> Node:
        left, right = _node(read.this), _node(read.expression)
        parts = (right, left) if swapped else (left, right)
        compared = _compared(operator, *parts)
        return _not(compared) if negated else compared

    return make


def _compared(operator: Operator, left: Node, right: Node) -> Node:
    if left.kind is not right.kind:
        raise PolicyError(f"a {left.kind} is compared with a {right.kind}")
    if operator is not Operator.EQUAL and left.kind is not Kind.NUMBER:
        raise PolicyError(f"only numbers are smaller or larger, not a {left.kind}")
    for column, literal in ((left, right), (right, left)):
        _check_value(column, literal)
    return Node(operator, Kind.BOOLEAN, (left, right))


def _check_value(column: Node, literal: Node) -> None:
    """A text that its column never holds is a misspelling."""
    if column.operator is not Operator.COLUMN or literal.operator is not Operator.LITERAL:
        return
    described: RuleColumn = COLUMNS[str(column.value)]
    if described.values and literal.value not in described.values:
        raise PolicyError(
            f"{described.name} is never {literal.value!r}; it is {', '.join(described.values)}"
        )


def _arithmetic(operator: Operator) -> Callable[[exp.Expr], Node]:
    def make(read: exp.Expr) -> Node:
        return Node(operator, Kind.NUMBER, _parts(read, Kind.NUMBER))

    return make


def _negative(read: exp.Expr) -> Node:
    return Node(Operator.SUBTRACT, Kind.NUMBER, (_number(0.0), _of_kind(read.this, Kind.NUMBER)))


def _between(read: exp.Expr) -> Node:
    if read.args.get("symmetric"):
        raise PolicyError("BETWEEN takes the lower bound first, without SYMMETRIC")
    value = _of_kind(read.this, Kind.NUMBER)
    low, high = (_of_kind(read.args[end], Kind.NUMBER) for end in ("low", "high"))
    bounds = (
        _compared(Operator.LESS_OR_EQUAL, low, value),
        _compared(Operator.LESS_OR_EQUAL, value, high),
    )
    return Node(Operator.AND, Kind.BOOLEAN, bounds)


def _in(read: exp.Expr) -> Node:
    if read.args.get("query") or read.args.get("unnest") or not read.expressions:
        raise PolicyError("IN takes a list of values, not a query")
    value = _node(read.this)
    choices = tuple(_compared(Operator.EQUAL, value, _node(each)) for each in read.expressions)
    return choices[0] if len(choices) == 1 else Node(Operator.OR, Kind.BOOLEAN, choices)


def _is(read: exp.Expr) -> Node:
    unknown = Node(Operator.IS_NULL, Kind.BOOLEAN, (_node(read.this),))
    if isinstance(read.expression, exp.Null):
        return unknown
    if not isinstance(read.expression, exp.Boolean):
        raise PolicyError("IS is followed by NULL, TRUE or FALSE")
    value = _of_kind(read.this, Kind.BOOLEAN)
    told = value if read.expression.this else _not(value)
    return Node(Operator.AND, Kind.BOOLEAN, (_not(unknown), told))


def _function(operator: Operator, *, numbers_only: bool = True) -> Callable[[exp.Expr], Node]:
    def make(read: exp.Expr) -> Node:
        parts = tuple(_node(each) for each in (read.this, *read.expressions))
        kinds = {part.kind for part in parts}
        if len(kinds) > 1 or (numbers_only and kinds != {Kind.NUMBER}):
            raise PolicyError(f"{operator} takes values of one kind, found {', '.join(kinds)}")
        return Node(operator, parts[0].kind, parts)

    return make


def _named_function(read: exp.Expr) -> Node:
    name, given = str(read.this), read.expressions
    if name.lower() != "yuan" or len(given) != 1:
        raise PolicyError(f"{name}() is unknown; allowed functions are {', '.join(FUNCTIONS)}")
    parts = (_of_kind(given[0], Kind.NUMBER), _number(MINOR_PER_YUAN))
    return Node(Operator.MULTIPLY, Kind.NUMBER, parts)


def _parts(read: exp.Expr, kind: Kind) -> tuple[Node, Node]:
    return _of_kind(read.this, kind), _of_kind(read.expression, kind)


def _of_kind(read: exp.Expr, kind: Kind) -> Node:
    found = _node(read)
    if found.kind is not kind:
        raise PolicyError(f"{read.sql(dialect='duckdb')!r} is a {found.kind}, not a {kind}")
    return found


_MAKERS: dict[type[exp.Expr], Callable[[exp.Expr], Node]] = {
    exp.Column: _column,
    exp.Literal: _literal,
    exp.Boolean: _boolean,
    exp.Paren: lambda read: _node(read.this),
    exp.And: _logical(Operator.AND),
    exp.Or: _logical(Operator.OR),
    exp.Not: lambda read: _not(_of_kind(read.this, Kind.BOOLEAN)),
    exp.EQ: _comparison(Operator.EQUAL),
    exp.NEQ: _comparison(Operator.EQUAL, negated=True),
    exp.LT: _comparison(Operator.LESS),
    exp.LTE: _comparison(Operator.LESS_OR_EQUAL),
    exp.GT: _comparison(Operator.LESS, swapped=True),
    exp.GTE: _comparison(Operator.LESS_OR_EQUAL, swapped=True),
    exp.Between: _between,
    exp.In: _in,
    exp.Is: _is,
    exp.Add: _arithmetic(Operator.ADD),
    exp.Sub: _arithmetic(Operator.SUBTRACT),
    exp.Mul: _arithmetic(Operator.MULTIPLY),
    exp.Div: _arithmetic(Operator.DIVIDE),
    exp.Neg: _negative,
    exp.Abs: _function(Operator.ABS),
    exp.Coalesce: _function(Operator.COALESCE, numbers_only=False),
    exp.Least: _function(Operator.LEAST),
    exp.Greatest: _function(Operator.GREATEST),
    exp.Anonymous: _named_function,
}


def columns_of(nodes: Sequence[Node]) -> frozenset[str]:
    """The columns that any of the expressions names."""
    return frozenset().union(*(node.columns for node in nodes))
