"""Exposure and expected loss of one revolving line (Basel II, paragraphs 308 to 317).

Scalars or numpy arrays; amounts in minor units as floats, probabilities in 0 to 1.
"""

from typing import TypeAlias

import numpy as np
import numpy.typing as npt

Floats: TypeAlias = npt.NDArray[np.float64]


def exposure_at_default_minor(
    balance_minor: Floats, limit_minor: Floats, credit_conversion_factor: Floats | float
) -> Floats:
    """What is owed at default: the balance and the part of the undrawn limit drawn on the way.

    EAD = max(balance, 0) + CCF x max(limit - max(balance, 0), 0).
    A balance of 2,000 under a limit of 10,000 with CCF 0.5: 2,000 + 0.5 x 8,000 = 6,000.

    >>> exposure_at_default_minor(np.array([2000.0]), np.array([10000.0]), 0.5)
    array([6000.])
    """
    drawn = np.maximum(balance_minor, 0.0)
    undrawn = np.maximum(limit_minor - drawn, 0.0)
    return np.asarray(drawn + credit_conversion_factor * undrawn, dtype=np.float64)


def expected_loss_minor(
    default_probability: Floats,
    loss_given_default: Floats | float,
    exposure_at_default_minor: Floats,
) -> Floats:
    """EL = PD x LGD x EAD. With PD 0.02, LGD 0.75, EAD 6,000: 90.

    >>> expected_loss_minor(np.array([0.02]), 0.75, np.array([6000.0]))
    array([90.])
    """
    return np.asarray(
        default_probability * loss_given_default * exposure_at_default_minor, dtype=np.float64
    )
