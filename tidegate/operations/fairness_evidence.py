"""Evidence on fairness: the one place that reads protected attributes.

They are read here, to judge decisions already made, and reach no model, feature or report; what
leaves is counts and means of groups.
"""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from credit_limits.domain.errors import DataMissing
from credit_limits.gates.decision_evidence import FairnessEvidence
from credit_limits.gates.fairness_figures import DecidedCustomers, measure_fairness
from tidegate.operations.candidate import Candidate
from tidegate.operations.rule_book import lender_at
from tidegate.operations.thresholds_history import judging_day

ATTRIBUTES = ("sex", "ethnicity", "marital_status", "education")
PROTECTED = "protected"
_LATEST = f"""
SELECT * FROM {PROTECTED}
QUALIFY row_number() OVER (PARTITION BY customer_id ORDER BY event_timestamp DESC) = 1
"""


def fairness_evidence(candidate: Candidate) -> FairnessEvidence:
    """What the candidate would decide today, by every protected attribute of the customers.

    Raises:
        DataMissing: the lender knows no protected attribute of any customer.
        PolicyError: nothing says in which jurisdiction the lender is on the day.
    """
    customers, attributes = _customers(candidate), _attributes(candidate)
    found = measure_fairness(*_aligned(customers, attributes))
    if not found.attributes:
        raise DataMissing(
            f"the table {PROTECTED} says nothing of any customer with an open account; ingest "
            "what is known of them, or dispense with the check in the thresholds file"
        )
    day = judging_day(candidate.platform, candidate.as_of)
    lender = lender_at(candidate.platform, day)
    return replace(found, jurisdiction=lender.jurisdiction.value)


def _customers(candidate: Candidate) -> pd.DataFrame:
    """A row a customer: added limit, known good, and means of score and inputs over accounts."""
    decided, names = candidate.decided, list(candidate.service.feature_names)
    scored = candidate.portfolio.set_index("account_id")
    accounts = scored.loc[decided.portfolio.account_id.tolist(), names].reset_index(drop=True)
    accounts["customer_id"] = decided.portfolio.customer_id
    accounts["_score"] = decided.portfolio.default_probability
    accounts["_added"] = decided.added_minor
    label = _latest_labels(candidate).reindex(decided.portfolio.account_id)
    accounts["_bad"] = (label == 1.0).to_numpy()
    accounts["_known"] = label.notna().to_numpy()
    by_customer = accounts.groupby("customer_id", sort=True)
    rows = by_customer[[*names, "_score"]].mean()
    rows["_added"] = by_customer["_added"].sum()
    rows["_good"] = by_customer["_known"].any() & ~by_customer["_bad"].any()
    return rows


def _latest_labels(candidate: Candidate) -> "pd.Series[float]":
    """1 for an account whose latest known label is a default, 0 where it is none."""
    rows = candidate.training_rows.sort_values("as_of", kind="stable")
    latest = rows.drop_duplicates("account_id", keep="last").set_index("account_id")
    return latest["label"].astype(float)


def _attributes(candidate: Candidate) -> pd.DataFrame:
    """The latest known attributes of each customer, as they were known at the day."""
    lake = candidate.platform.lake
    if not lake.exists(PROTECTED):
        raise DataMissing(
            f"the lake has no table {PROTECTED}: what the lender knows of sex, ethnicity, marital "
            "status or education; ingest it, or dispense with the check in the thresholds file"
        )
    with lake.connect(known_at=candidate.as_of, tables=[PROTECTED]) as connection:
        return connection.execute(_LATEST).df().set_index("customer_id")


def _aligned(
    customers: pd.DataFrame, attributes: pd.DataFrame
) -> tuple[DecidedCustomers, Mapping[str, NDArray[np.object_]]]:
    inputs = customers.drop(columns=["_score", "_added", "_good"])
    decided = DecidedCustomers(
        added_minor=customers["_added"].to_numpy(np.float64),
        good=customers["_good"].to_numpy(np.bool_),
        score=customers["_score"].to_numpy(np.float64),
        inputs=inputs.to_numpy(np.float64),
    )
    known = attributes.reindex(customers.index)
    return decided, {
        name: np.array([None if pd.isna(group) else str(group) for group in known[name]], object)
        for name in ATTRIBUTES
        if name in known
    }
