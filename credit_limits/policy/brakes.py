"""Brakes: standing orders that stop something for a whole product, whatever an account deserves."""

from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from credit_limits.domain.account import Product
from credit_limits.policy.portfolio import PRODUCTS, Flags, Integers


class BrakeMeasure(StrEnum):
    """What a brake stops."""

    NO_INCREASES = "no_increases"


@dataclass(frozen=True, slots=True)
class Brakes:
    """What is stopped when limits are decided.

    ``no_increases``: products none of whose limits is raised. Cuts and closures go on.
    """

    no_increases: frozenset[Product] = frozenset()

    def measures(self, product: Product) -> tuple[BrakeMeasure, ...]:
        """The measures that hold for a product, in order of their name; empty for none.

        >>> Brakes(frozenset({Product.CASH_LOAN})).measures(Product.CASH_LOAN)
        (<BrakeMeasure.NO_INCREASES: 'no_increases'>,)
        """
        return (BrakeMeasure.NO_INCREASES,) if product in self.no_increases else ()

    def stops_increases(self, product: Integers) -> Flags:
        """Which accounts may not be raised; ``product`` are places in ``PRODUCTS``."""
        stopped = [PRODUCTS.index(each) for each in sorted(self.no_increases)]
        return np.isin(product, np.array(stopped, dtype=np.int64))


NO_BRAKES = Brakes()
"""Nothing is stopped."""
