"""Labelled rows: what a training sees, one row an account and cohort."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
import pandas as pd

from credit_limits.domain.errors import ModelError

Floats: TypeAlias = npt.NDArray[np.float64]
Flags: TypeAlias = npt.NDArray[np.bool_]
Indices: TypeAlias = npt.NDArray[np.intp]

KEYS = ("account_id", "customer_id", "as_of", "label", "label_known_at")


@dataclass(frozen=True, slots=True)
class LabelledRows:
    """Features known at a cohort's date, and what became of the account.

    ``frame`` has ``account_id``, ``customer_id`` (rows of one customer are not independent),
    ``as_of`` (the cohort's date, datetime64 without zone), ``label`` (bool, true for a default),
    ``label_known_at`` (UTC), and each of ``feature_names`` as float64 with NaN for "not known".
    It is not written to after it was handed over.

    Raises :class:`ModelError` where a column is absent or of another type, or an account stands
    twice in a cohort.
    """

    frame: pd.DataFrame
    feature_names: tuple[str, ...]

    def __post_init__(self) -> None:
        if absent := [name for name in (*KEYS, *self.feature_names) if name not in self.frame]:
            raise ModelError(f"training rows without the columns {absent}")
        types = self.frame.dtypes
        wrong = [name for name in self.feature_names if types[name] != np.float64]
        wrong += [] if types["label"] == np.bool_ else ["label"]
        wrong += [] if types["as_of"].kind == "M" else ["as_of"]
        if wrong:
            raise ModelError(f"training rows whose columns {wrong} are not of their type")
        if self.frame.duplicated(["account_id", "as_of"]).any():
            raise ModelError("training rows that hold an account twice in one cohort")

    def __len__(self) -> int:
        """Number of rows."""
        return len(self.frame)

    @property
    def features(self) -> Floats:
        """float64 ``[rows, features]``, in the order of ``feature_names``."""
        return self.frame[list(self.feature_names)].to_numpy(dtype=np.float64)

    @property
    def labels(self) -> Flags:
        """True for a default."""
        return self.frame["label"].to_numpy(dtype=np.bool_)

    @property
    def customers(self) -> Indices:
        """A number for each customer, ``0`` to their count, the same on all rows of one."""
        return pd.factorize(self.frame["customer_id"])[0].astype(np.intp)

    @property
    def cohorts(self) -> tuple[date, ...]:
        """The dates of the cohorts there are, oldest first."""
        return tuple(sorted(stamp.date() for stamp in self.frame["as_of"].unique()))

    def in_cohorts(self, cohorts: Iterable[date]) -> Flags:
        """Whether each row is of one of these cohorts."""
        wanted = pd.to_datetime(list(cohorts))
        return np.asarray(self.frame["as_of"].isin(wanted), dtype=np.bool_)

    def take(self, indices: Indices) -> "LabelledRows":
        """These rows, in this order."""
        return LabelledRows(self.frame.iloc[indices].reset_index(drop=True), self.feature_names)
