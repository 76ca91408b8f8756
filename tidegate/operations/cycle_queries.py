"""What the cycle's page says of accounts and decisions, aggregated where the rows are."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import duckdb

from credit_limits.domain.account import AccountStatus, Product, Scenario
from credit_limits.domain.decision import Action
from credit_limits.domain.money import yuan
from credit_limits.domain.periods import end_of_day
from credit_limits.explanation.reasons import BESIDE_THE_LIMIT
from tidegate.adapters.cycle_report import ProductStanding
from tidegate.adapters.cycle_report_decisions import (
    DecisionGroup,
    LimitBand,
    Move,
    ReasonCount,
    ScenarioShares,
)

BAND_EDGES_MINOR = tuple(
    map(yuan, (0, 500, 1_000, 2_000, 5_000, 10_000, 20_000, 50_000, 100_000, 200_000, 300_000))
)
_MOVES_SHOWN = 8
_STATEMENT_COUNTS = timedelta(days=92)

_PORTFOLIO = """
WITH account AS (
    SELECT
        account_id,
        arg_max(product, event_timestamp) AS product,
        arg_max(limit_minor, event_timestamp) AS limit_minor,
        arg_max(status, event_timestamp) AS status
    FROM accounts
    GROUP BY account_id
),
statement AS ({statement})
SELECT
    product,
    count(*),
    sum(limit_minor),
    count(statement.account_id),
    coalesce(sum(balance_minor), 0),
    coalesce(sum(limit_minor) FILTER (WHERE statement.account_id IS NOT NULL), 0),
    count(*) FILTER (WHERE days_past_due <= 0),
    count(*) FILTER (WHERE days_past_due BETWEEN 1 AND 29),
    count(*) FILTER (WHERE days_past_due BETWEEN 30 AND 59),
    count(*) FILTER (WHERE days_past_due BETWEEN 60 AND 89),
    count(*) FILTER (WHERE days_past_due >= 90)
FROM account LEFT JOIN statement USING (account_id)
WHERE status <> $closed
GROUP BY product
ORDER BY count(*) DESC, product
"""
_LATEST_STATEMENT = """
    SELECT
        account_id,
        arg_max(balance_minor, event_timestamp) AS balance_minor,
        arg_max(days_past_due, event_timestamp) AS days_past_due
    FROM statements
    WHERE event_timestamp >= $since
    GROUP BY account_id
"""
_NO_STATEMENT = """
    SELECT NULL::VARCHAR AS account_id, NULL::BIGINT AS balance_minor, NULL::BIGINT AS days_past_due
    WHERE false
"""
# a table of before there were sub-limits and states has no columns for them
_LATER_COLUMNS = (
    "SELECT NULL::VARCHAR[] AS scenarios, NULL::BIGINT[] AS scenario_limits_minor, "
    "NULL::VARCHAR AS state_before, NULL::VARCHAR[] AS state_causes, "
    "NULL::DOUBLE AS annual_rate_from WHERE false"
)
_INCOMES_CHANGED = """
SELECT count(*) FROM (
    SELECT customer_id FROM customers GROUP BY customer_id
    HAVING min(income_monthly_minor) < max(income_monthly_minor)
)
"""


def portfolio(
    connection: duckdb.DuckDBPyConnection, as_of: date, *, has_statements: bool
) -> tuple[ProductStanding, ...]:
    """Open accounts by product, the largest first, from views of what was known at ``as_of``.

    A statement counts for as long as the features count it, 92 days.
    """
    query = _PORTFOLIO.format(statement=_LATEST_STATEMENT if has_statements else _NO_STATEMENT)
    values: dict[str, object] = {"closed": AccountStatus.CLOSED.value}
    if has_statements:
        values["since"] = end_of_day(as_of) - _STATEMENT_COUNTS
    rows = connection.execute(query, values).fetchall()
    return tuple(
        ProductStanding(product, accounts, limit, known, balance, known_limit, tuple(past_due))
        for product, accounts, limit, known, balance, known_limit, *past_due in rows
    )


def incomes_changed(connection: duckdb.DuckDBPyConnection) -> int:
    """Customers with different incomes on record, by the view ``customers``."""
    ((changed,),) = connection.execute(_INCOMES_CHANGED).fetchall()
    return int(changed)


@dataclass(frozen=True, slots=True)
class DecisionRows:
    """The decisions that stand, one an account, as the table ``decision`` of a connection."""

    connection: duckdb.DuckDBPyConnection

    @classmethod
    def of_batches(
        cls, connection: duckdb.DuckDBPyConnection, batch_ids: Sequence[str]
    ) -> "DecisionRows":
        """Of each account its last row in the view ``decisions``, batches oldest first."""
        connection.execute(
            "CREATE TEMP TABLE decision AS SELECT account_id, product, grade, action, actions, "
            "from_minor, to_minor, reasons, scenarios, scenario_limits_minor, batch_id, "
            "state_before, state_causes, annual_rate_from "
            f"FROM (SELECT * FROM decisions UNION ALL BY NAME {_LATER_COLUMNS}) "
            "WHERE list_contains($batches, batch_id) QUALIFY row_number() OVER ("
            "PARTITION BY account_id ORDER BY list_position($batches, batch_id) DESC) = 1",
            {"batches": list(batch_ids)},
        )
        return cls(connection)

    def of_batch(self) -> dict[str, int]:
        """How many decisions of each batch stand; a batch without any is left out."""
        return dict(
            self.connection.execute("SELECT batch_id, count(*) FROM decision GROUP BY 1").fetchall()
        )

    def total(self) -> DecisionGroup:
        """All decisions as one group."""
        groups = self._groups("'all accounts'")
        return groups[0] if groups else DecisionGroup("all accounts", _by_action({}), 0, 0)

    def by_product(self) -> tuple[DecisionGroup, ...]:
        """A group for each product, the largest first."""
        return tuple(sorted(self._groups("product"), key=lambda group: -group.accounts))

    def by_grade(self) -> tuple[DecisionGroup, ...]:
        """A group for each grade, the safest first."""
        return self._groups("grade")

    def scenario_shares(self) -> tuple[ScenarioShares, ...]:
        """Share of the limit that each use may take, by grade and, last, over all grades.

        Pay-later decisions that have sub-limits; a frozen account counts with sub-limits of 0.
        """
        used = ", ".join(
            f"coalesce(sum(scenario_limits_minor[list_position(scenarios, '{scenario}')]), 0)"
            for scenario in Scenario
        )
        rows = self.connection.execute(
            f"SELECT coalesce(grade, 'All'), count(*), sum(to_minor), {used} FROM decision "
            f"WHERE product = '{Product.PAY_LATER}' AND len(scenarios) > 0 "
            "GROUP BY GROUPING SETS ((grade), ()) HAVING count(*) > 0 "
            "ORDER BY grouping(grade), grade"
        ).fetchall()
        return tuple(
            ScenarioShares(
                grade,
                accounts,
                tuple(
                    (str(scenario), amount / limit if limit else 0.0)
                    for scenario, amount in zip(Scenario, amounts, strict=True)
                ),
            )
            for grade, accounts, limit, *amounts in rows
        )

    def states_and_rates(self) -> tuple[int, int, int, int]:
        """Accounts frozen before, those of them without a cause, closed before, with a rate."""
        frozen = f"state_before = '{AccountStatus.FROZEN}'"
        ((*counts,),) = self.connection.execute(
            f"SELECT count(*) FILTER ({frozen}), "
            f"count(*) FILTER ({frozen} AND coalesce(len(state_causes), 0) = 0), "
            f"count(*) FILTER (state_before = '{AccountStatus.INCREASES_CLOSED}'), "
            "count(annual_rate_from) FROM decision"
        ).fetchall()
        frozen_before, without_cause, closed, rates = map(int, counts)
        return frozen_before, without_cause, closed, rates

    def largest_moves(self, action_sign: int, sentence: Callable[[str], str]) -> tuple[Move, ...]:
        """The largest increases (``action_sign`` 1) or decreases (-1), by the amount moved."""
        rows = self.connection.execute(
            "SELECT account_id, product, grade, from_minor, to_minor, reasons[1] FROM decision "
            "WHERE sign(to_minor - from_minor) = ? "
            "ORDER BY abs(to_minor - from_minor) DESC, account_id LIMIT ?",
            [action_sign, _MOVES_SHOWN],
        ).fetchall()
        return tuple(
            Move(account, product, grade, before, after, sentence(reason))
            for account, product, grade, before, after, reason in rows
        )

    def bands(self) -> tuple[LimitBand, ...]:
        """Accounts by limit before and after, without the empty bands at both ends."""
        counts = [
            f"count(*) FILTER (WHERE {column} >= {low}{_below(column, high)})"
            for low, high in _band_bounds()
            for column in ("from_minor", "to_minor")
        ]
        row = self.connection.execute(f"SELECT {', '.join(counts)} FROM decision").fetchone() or ()
        bands = [
            LimitBand(low, high, before, after)
            for (low, high), before, after in zip(_band_bounds(), row[::2], row[1::2], strict=True)
        ]
        used = [index for index, band in enumerate(bands) if band.before or band.after]
        return tuple(bands[used[0] : used[-1] + 1]) if used else ()

    def reasons(self, sentence: Callable[[str], str]) -> tuple[ReasonCount, ...]:
        """Reasons by how often they were given first, then by how often at all."""
        rows = self.connection.execute(
            "SELECT reason, count(*) FILTER (WHERE place = 1) AS first, count(*) AS anywhere "
            "FROM (SELECT unnest(reasons) AS reason, generate_subscripts(reasons, 1) AS place "
            "FROM decision) GROUP BY reason ORDER BY first DESC, anywhere DESC, reason"
        ).fetchall()
        return tuple(
            ReasonCount(code, sentence(code), first, anywhere) for code, first, anywhere in rows
        )

    def _groups(self, key: str) -> tuple[DecisionGroup, ...]:
        rows = self.connection.execute(
            f"SELECT {key} AS name, action, count(*), sum(from_minor), sum(to_minor) "
            "FROM decision GROUP BY ALL ORDER BY name, action"
        ).fetchall()
        done = self.connection.execute(
            f"SELECT {key} AS name, action, count(*) "
            "FROM (SELECT * REPLACE (unnest(actions) AS action) FROM decision) GROUP BY ALL"
        ).fetchall()
        names = dict.fromkeys(row[0] for row in rows)
        return tuple(
            _group(
                name,
                [row for row in rows if row[0] == name],
                {action: count for group, action, count in done if group == name},
            )
            for name in names
        )


def _group(
    name: str, rows: Sequence[tuple[str, str, int, int, int]], done: dict[str, int]
) -> DecisionGroup:
    counts = {action: count for _, action, count, _, _ in rows}
    return DecisionGroup(
        name,
        _by_action(counts),
        sum(row[3] for row in rows),
        sum(row[4] for row in rows),
        tuple((action.value, done.get(action.value, 0)) for action in BESIDE_THE_LIMIT),
    )


def _by_action(counts: dict[str, int]) -> tuple[tuple[str, int], ...]:
    return tuple((action.value, counts.get(action.value, 0)) for action in Action)


def _band_bounds() -> Iterable[tuple[int, int | None]]:
    return zip(BAND_EDGES_MINOR, (*BAND_EDGES_MINOR[1:], None), strict=True)


def _below(column: str, high: int | None) -> str:
    return "" if high is None else f" AND {column} < {high}"
