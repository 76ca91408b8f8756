"""The order of validation: the whole first, then rows, then what rows say of each other.

Whoever runs the rules stands behind :class:`RunsRules`; Great Expectations does, and in tests a
plain loop over rows does too.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from credit_limits.ingestion.batch import Refusal, Refused
from credit_limits.ingestion.contracts import TableContract
from credit_limits.ingestion.incoming import Incoming, relation
from credit_limits.ingestion.mapping import BatchLimits
from credit_limits.ingestion.profile import (
    Profile,
    figure_rules,
    figures_of,
    file_rules,
    goes_on,
    medians_of,
)
from credit_limits.ingestion.rules import (
    Rule,
    RuleResult,
    contract_rules,
    reference_rules,
    with_null_ceilings,
)

_AS_READ, _ACCEPTED = "as read", "accepted"
_ADVICE = {
    "file_volume": "Look for a delivery that was cut or doubled; if the portfolio really changed, "
    "widen volume_ratio_floor and volume_ratio_ceiling in the mapping; of a file whose rows are "
    "changes, say holds_changes there",
    "gap": "Look for a delivery that did not come and ingest it first; if there was none, raise "
    "maximum_gap_days in the mapping",
    "freshness": "Look whether an old delivery was handed in again; if it is meant, raise "
    "maximum_age_days in the mapping",
    "unit": "Look at the unit of the column in the file and in the mapping",
    "null_ceiling": "Ask the lender for the column, or raise its null ceiling in the mapping",
    "row_floor": "Look whether the file is whole",
}


class RunsRules(Protocol):
    """Something that can run rules over a relation of the batch's connection."""

    def validate(
        self, subject: str, relation: str, rules: Sequence[Rule], stage: str
    ) -> Sequence[RuleResult]:
        """One result a rule, in the order of the rules."""
        ...


@dataclass(frozen=True, slots=True)
class Checked:
    """A rule that a batch was held against.

    ``passed`` is said of what is accepted, ``offending`` counts rows as they were read.
    """

    subject: str
    rule: Rule
    passed: bool
    offending: int
    observed: str


@dataclass(frozen=True, slots=True)
class Validation:
    """What validation found: every rule, and the batch's figures."""

    checked: tuple[Checked, ...]
    profile: Profile


@dataclass(frozen=True)
class BatchValidation:
    """One validation of one batch.

    ``incoming`` loses its bad lines to quarantine. Beyond ``limits`` the whole batch is refused.
    By ``batch_id`` the rows of an earlier attempt are told from those of ``earlier`` batches, whose
    figures stand oldest first. ``on_table`` is told of each table once its rows are validated: its
    name and its rows.
    """

    incoming: Incoming
    quality: RunsRules
    limits: BatchLimits
    batch_id: str
    earlier: Sequence[Profile] = ()
    on_table: Callable[[str, int], None] = lambda *_: None

    def run(self) -> Validation:
        """Validate, and set aside the lines that are not fit.

        Raises:
            Refused: the batch as a whole is not fit.
        """
        figures, checked = self._figures()
        checked = [*self._files(figures), *checked]
        _refuse_broken(checked)
        tables = [with_null_ceilings(table, self.limits) for table in self.incoming.tables]
        rules = {
            table.name: contract_rules(table, self.incoming.known(table, self.batch_id))
            for table in tables
        }
        for table in tables:
            checked += self._rows(table, rules[table.name], _AS_READ)
            self.on_table(table.name, self.incoming.rows(table).read)
        _refuse_broken(checked)
        if self._set_aside_until_stable(tables):
            for table in tables:
                if self.incoming.rows(table).accepted:
                    self._confirm(table, rules[table.name])
        medians = (medians_of(table, figures) for table in self.incoming.tables)
        every = {name: value for each in medians for name, value in each.items()}
        return Validation(tuple(checked), Profile(self._file_lines(), every))

    def _files(self, figures: Mapping[str, object]) -> list[Checked]:
        new = {table.name for table in self.incoming.tables if goes_on(table, figures)}
        return [
            _checked(file.name, result)
            for file in self.incoming.files
            for result in self.quality.validate(
                file.name,
                file.relation,
                file_rules(
                    file.kind, self.limits, self.earlier, goes_on=bool(new & set(file.kind.tables))
                ),
                _AS_READ,
            )
        ]

    def _figures(self) -> tuple[dict[str, object], list[Checked]]:
        """One row of figures over all tables, and the rules it was held against."""
        columns = [
            figure
            for table in self.incoming.tables
            for figure in figures_of(
                table,
                relation(table),
                self.incoming.newest_earlier_event(table, self.batch_id),
                self.limits,
            )
        ]
        row = self.incoming.create_row("figures", f"SELECT {', '.join(columns)}")
        kinds = [file.kind for file in self.incoming.files]
        steady = {name for kind in kinds if not kind.holds_changes for name in kind.tables}
        asked = [
            (table.name, rule)
            for table in self.incoming.tables
            for rule in figure_rules(table, self.limits, self.earlier, steady=table.name in steady)
        ]
        rules = [rule for _, rule in asked]
        results = self.quality.validate("figures", "figures", rules, _AS_READ)
        pairs = zip(asked, results, strict=True)
        return row, [_checked(subject, result) for (subject, _), result in pairs]

    def _rows(self, table: TableContract, rules: Sequence[Rule], stage: str) -> list[Checked]:
        results = self.quality.validate(table.name, relation(table), rules, stage)
        for result in results:
            if result.offending_rows is not None:
                named = self.incoming.add_findings(table, result.rule, result.offending_rows)
                if named != result.offending:
                    raise AssertionError(f"{result.offending} rows are bad, {named} were named")
        return [_checked(table.name, result) for result in results]

    def _set_aside_until_stable(self, tables: Sequence[TableContract]) -> int:
        """Set aside lines, then those that refer to them, and so on; the number of lines."""
        lines, before, look = self.incoming.set_aside(), 0, 2
        while lines > before:
            _refuse_share(self.incoming, self.limits)
            for table in tables:
                rules = reference_rules(table, self.incoming.known(table, self.batch_id))
                if rules:
                    self._rows(table, rules, f"references, look {look}")
            before, lines, look = lines, self.incoming.set_aside(), look + 1
        return lines

    def _confirm(self, table: TableContract, rules: Sequence[Rule]) -> None:
        results = self.quality.validate(table.name, relation(table), rules, _ACCEPTED)
        if broken := [result.rule.name for result in results if not result.passed]:
            raise Refused(
                Refusal(
                    table.name,
                    f"what was left after the quarantine still breaks {broken}",
                    "Look at its Data Docs",
                )
            )

    def _file_lines(self) -> dict[str, list[int]]:
        lines: dict[str, list[int]] = {}
        for file in self.incoming.files:
            lines.setdefault(file.kind.name, []).append(file.lines)
        return lines


def _refuse_broken(checked: Sequence[Checked]) -> None:
    refusals = [
        Refusal(
            ".".join((check.subject, *check.rule.columns)),
            f"{check.rule.message} (seen: {check.observed or 'none'})",
            _ADVICE.get(check.rule.name, "Export it again and ingest it anew"),
        )
        for check in checked
        if not check.passed
    ]
    if refusals:
        raise Refused(*refusals)


def _refuse_share(incoming: Incoming, limits: BatchLimits) -> None:
    lines = incoming.lines()
    if lines.accepted and lines.quarantined <= limits.quarantine_share_ceiling * lines.read:
        return
    most = "; ".join(
        f"{subject} {columns}: {rule} ({count} lines)"
        for subject, columns, rule, count in incoming.rules_broken()[:3]
    )
    raise Refused(
        Refusal(
            ", ".join(file.name for file in incoming.files),
            f"{lines.quarantined} of {lines.read} lines would go to quarantine, more than "
            f"{limits.quarantine_share_ceiling:.1%} ({most})",
            "Mend the file or its mapping",
        )
    )


def _checked(subject: str, result: RuleResult) -> Checked:
    """A rule about rows passes for what is accepted, since what breaks it is set aside."""
    return Checked(
        subject,
        result.rule,
        result.passed or result.offending_rows is not None,
        result.offending,
        result.observed,
    )
