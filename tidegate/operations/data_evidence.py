"""Evidence on data and time, taken from the lake itself at the versions that the model saw."""

from collections.abc import Sequence
from datetime import date

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from credit_limits.domain.periods import add_months, end_of_day
from credit_limits.gates.evidence import DataEvidence, TableSeen, TimeEvidence
from credit_limits.ledger.entry import EntryKind
from monitoring.drift import SCORE
from tidegate.adapters.snapshots import compute_view
from tidegate.operations.candidate import Candidate
from tidegate.operations.scored_rows import label_window_months, with_features

_ROWS_A_COHORT = 2_000
_SEED = 7
_RELATIVE_TOLERANCE = 1e-9
_DEFAULT_DAYS_PAST_DUE = 90


def data_evidence(candidate: Candidate) -> DataEvidence:
    """Rows of each table the model saw, and those whose batch the ledger has not accepted.

    The ledger's word is taken for a batch; which batch a row is of is read from the row.
    """
    platform, lineage = candidate.platform, candidate.lineage
    accepted = {entry.key for entry in platform.ledger.entries(EntryKind.BATCH_ACCEPTED)}
    with platform.lake.connect(lineage) as connection:
        batches = {
            table: connection.execute(
                f"SELECT batch_id, count(*) FROM {table} GROUP BY batch_id"
            ).fetchall()
            for table in lineage
        }
    return DataEvidence(
        tuple(
            TableSeen(
                table,
                lineage[table],
                sum(rows for _, rows in counted),
                sum(rows for batch, rows in counted if batch not in accepted),
            )
            for table, counted in batches.items()
        )
    )


def time_evidence(candidate: Candidate) -> TimeEvidence:
    """Features of training rows computed again as of their day, and labels that came too late.

    Of the first cohort, the first that was tested and the last, at most 2,000 rows each: every
    feature is computed from the lake as it was known at the cohort, through the views' own SQL,
    and compared with what the feature store serves; for tested rows, so is the model's score of
    the recomputed features with the score that training stored. Values may differ by 1e-9 of
    themselves, which is the order in which a sum was taken. Labels are looked up again for all
    rows.
    """
    # asked of the feature store at once: a question costs it the same for one row and for thousands
    served = with_features(candidate.platform, _drawn(candidate), candidate.service.name)
    differing = [
        _differing(candidate, pd.Timestamp(str(cohort)).date(), rows)
        for cohort, rows in served.groupby("as_of")
    ]
    return TimeEvidence(
        recomputed_rows=len(served),
        differing_rows=sum(int(each.sum()) for each in differing),
        labels=len(candidate.training_rows),
        labels_known_late=labels_known_late(candidate),
    )


def _drawn(candidate: Candidate) -> pd.DataFrame:
    rows, tested = candidate.training_rows, candidate.sample[["account_id", "as_of", SCORE]]
    scored = rows.merge(tested, on=["account_id", "as_of"], how="left")
    cohorts = {rows["as_of"].min(), tested["as_of"].min(), rows["as_of"].max()}
    of_cohort = (scored[scored["as_of"] == cohort] for cohort in sorted(cohorts))
    drawn: pd.DataFrame = pd.concat(
        each.sample(min(_ROWS_A_COHORT, len(each)), random_state=_SEED) for each in of_cohort
    )
    return drawn


def _differing(candidate: Candidate, cohort: date, served: pd.DataFrame) -> NDArray[np.bool_]:
    """Whether each row is other than what the lake, as it was known, gives."""
    names = list(candidate.service.feature_names)
    again = _recomputed(candidate, cohort, served["account_id"].tolist())
    score = candidate.loaded.model.score(again, threads=candidate.platform.settings.threads)
    stored = served[SCORE].to_numpy(np.float64)
    same = _close(served[names].to_numpy(np.float64), again.to_numpy(np.float64)).all(axis=1)
    differing: NDArray[np.bool_] = ~(same & (np.isnan(stored) | _close(score, stored)))
    return differing


def _close(left: NDArray[np.float64], right: NDArray[np.float64]) -> NDArray[np.bool_]:
    close: NDArray[np.bool_] = np.isclose(
        left, right, rtol=_RELATIVE_TOLERANCE, atol=0.0, equal_nan=True
    )
    return close


def _recomputed(candidate: Candidate, cohort: date, accounts: Sequence[str]) -> pd.DataFrame:
    """The service's features of these accounts, in this order, null where there is no row."""
    names = list(candidate.service.feature_names)
    found: list[pd.DataFrame] = []
    with candidate.platform.lake.connect(candidate.lineage, known_at=cohort) as connection:
        for view in candidate.service.views:
            rows = compute_view(connection, view, cohort).to_pandas().set_index("account_id")
            found.append(rows.reindex(accounts))
    return pd.concat(found, axis="columns").reset_index(drop=True)[names]


def labels_known_late(candidate: Candidate) -> int:
    """Training rows whose label is not what was known when the model was trained.

    Looked up again in the lake as it was known on the day of the training: an outcome of the
    cohort's month where the lender delivers outcomes, else statements of the label window. A
    default needs its statement of 90 days past due; a good end needs a window that is over.
    """
    trained, months = candidate.trained_on, label_window_months(candidate.loaded)
    training = candidate.training_rows
    rows = pa.table(
        {
            "account_id": pa.array(training["account_id"], pa.string()),
            "cohort": pa.array(pd.to_datetime(training["as_of"]).dt.date, pa.date32()),
            "label": pa.array(training["label"]),
        }
    )
    cohorts = pa.Table.from_pylist(
        [_window(cohort, months, trained) for cohort in pc.unique(rows["cohort"]).to_pylist()]
    )
    source = "outcomes" if "outcomes" in candidate.lineage else "statements"
    with candidate.platform.lake.connect(
        candidate.lineage, known_at=trained, tables=[source]
    ) as connection:
        connection.register("labelled", rows)
        connection.register("label_window", cohorts)
        found = connection.execute(_LATE_SQL[source]).fetchone()
    return int(found[0]) if found else len(training)


_LATE_SQL = {
    "outcomes": """
        SELECT count(*) FILTER (t.label IS DISTINCT FROM o.defaulted)
        FROM labelled t
        LEFT JOIN (
            SELECT account_id, w.cohort, arg_max(defaulted, event_timestamp) AS defaulted
            FROM outcomes JOIN label_window w
              ON event_timestamp > w.month_before AND event_timestamp <= w.opens
            WHERE known_at <= w.trained
            GROUP BY ALL
        ) o USING (account_id, cohort)
    """,
    "statements": f"""
        SELECT count(*) FILTER (
            CASE WHEN t.label THEN d.account_id IS NULL
                 ELSE d.account_id IS NOT NULL OR w.closes > w.trained END
        )
        FROM labelled t
        JOIN label_window w USING (cohort)
        LEFT JOIN (
            SELECT DISTINCT account_id, w.cohort
            FROM statements JOIN label_window w
              ON event_timestamp > w.opens AND event_timestamp <= w.closes
            WHERE days_past_due >= {_DEFAULT_DAYS_PAST_DUE}
        ) d USING (account_id, cohort)
    """,
}


def _window(cohort: date, months: int, trained: date) -> dict[str, object]:
    return {
        "cohort": cohort,
        "month_before": end_of_day(add_months(cohort, -1)),
        "opens": end_of_day(cohort),
        "closes": end_of_day(add_months(cohort, months)),
        "trained": end_of_day(trained),
    }
