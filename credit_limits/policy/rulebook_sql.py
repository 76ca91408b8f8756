"""Expressions of the rule book over a whole portfolio: one query of DuckDB, in memory."""

from collections.abc import Mapping, Sequence

import duckdb
import numpy as np
import numpy.typing as npt
import pyarrow as pa

from credit_limits.policy.portfolio import Floats
from credit_limits.policy.rulebook_columns import COLUMNS, Kind, Value
from credit_limits.policy.rulebook_language import Node, Operator, columns_of

_TYPES = {Kind.NUMBER: pa.float64(), Kind.TEXT: pa.string(), Kind.BOOLEAN: pa.bool_()}
_SQL_TYPES = {Kind.NUMBER: "DOUBLE", Kind.TEXT: "VARCHAR", Kind.BOOLEAN: "BOOLEAN"}
_PATTERNS = {
    Operator.NOT: "NOT {}",
    Operator.IS_NULL: "{} IS NULL",
    Operator.DIVIDE: "{} / nullif({}, 0)",
}
_FUNCTIONS = {Operator.COALESCE, Operator.LEAST, Operator.GREATEST, Operator.ABS}


def evaluated(
    expressions: Sequence[Node],
    columns: Mapping[str, npt.NDArray[np.generic] | Value],
    accounts: int,
) -> list[Floats]:
    """The value of each expression for each account: 1, 0 or a number, NaN where it is null.

    Args:
        expressions: what is asked.
        columns: an array of N places for each column named, or one value for all accounts; NaN
            among numbers and ``None`` are null.
        accounts: N.
    """
    if not expressions or not accounts:
        return [np.full(accounts, np.nan) for _ in expressions]
    named = sorted(columns_of(expressions))
    each = [name for name in named if isinstance(columns[name], np.ndarray)]
    # a place of its own, so that a table is there even where no column varies
    rows = {"place": pa.array(np.arange(accounts))}
    rows |= {
        name: pa.array(columns[name], _TYPES[COLUMNS[name].kind], from_pandas=True) for name in each
    }
    same = {name: columns[name] for name in named if name not in rows}
    fixed = ", ".join(f"{_constant(name, value)} AS {name}" for name, value in same.items())
    asked = ", ".join(
        f"CAST({sql(node)} AS DOUBLE) AS answer_{place}" for place, node in enumerate(expressions)
    )
    source = f"(SELECT *, {fixed} FROM account)" if fixed else "account"
    with duckdb.connect(config={"enable_external_access": False}) as connection:
        connection.register("account", pa.table(rows))
        # the rows of an Arrow table come back in their order
        answers = connection.sql(f"SELECT {asked} FROM {source}").to_arrow_table()
    return [
        np.asarray(answers[name].to_numpy(zero_copy_only=False), np.float64)
        for name in answers.column_names
    ]


def sql(node: Node) -> str:
    """The expression as DuckDB is asked it: double precision throughout, all in parentheses.

    Numbers are written with an exponent, since DuckDB takes them for decimals otherwise.
    """
    if node.operator is Operator.COLUMN:
        return str(node.value)
    if node.operator is Operator.LITERAL:
        return _literal(node.value)
    parts = [sql(part) for part in node.parts]
    if node.operator in _FUNCTIONS:
        return f"{node.operator}({', '.join(parts)})"
    pattern = _PATTERNS.get(node.operator, f" {node.operator.upper()} ".join(["{}"] * len(parts)))
    return f"({pattern.format(*parts)})"


def _literal(value: float | str | bool) -> str:
    if isinstance(value, bool):
        return str(value).upper()
    if isinstance(value, str):
        escaped = value.replace("'", "''")
        return f"'{escaped}'"
    text = repr(value)
    return text if "e" in text else f"{text}e0"


def _constant(name: str, value: Value | npt.NDArray[np.generic]) -> str:
    kind = _SQL_TYPES[COLUMNS[name].kind]
    if value is None or isinstance(value, np.ndarray):
        return f"CAST(NULL AS {kind})"
    return f"CAST({_literal(value)} AS {kind})"
