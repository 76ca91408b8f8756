"""The worked numbers of the page on a higher limit are what the code computes."""

import numpy as np

from credit_limits.allocation.economics import (
    balance_at_limit_minor,
    default_probability_at_limit,
    log_limit_ratio,
)
from credit_limits.domain.money import yuan
from tests.conftest import ROOT
from tidegate.operations.decision_rows import Lineage
from tidegate.operations.remade_decisions import Part

TEXT = (ROOT / "docs" / "explanation" / "limit-response.md").read_text(encoding="utf-8")
PAGE = " ".join(TEXT.split())
RATIO = log_limit_ratio(np.array([15_000.0]), np.array([10_000.0]))


def owed(elasticity: float) -> str:
    owed_minor = np.array([float(yuan(4_000))])
    found = balance_at_limit_minor(owed_minor, np.array([float(yuan(15_000))]), RATIO, elasticity)
    return f"{found[0] / 100:,.0f}".replace(",", "{,}")


def whole(text: str) -> int:
    return int(text.replace("{,}", ""))


def test_the_balances():
    assert f"= {owed(0.5)}$ yuan" in PAGE
    assert f"= {owed(0.35)}$" in PAGE
    assert "289 yuan" in PAGE
    assert whole(owed(0.5)) - whole(owed(0.35)) == 289


def test_the_probability():
    found = default_probability_at_limit(np.array([0.02]), RATIO, 0.25)[0]
    assert f"$p(L) = {found:.4f}$" in PAGE
    assert f"odds ${np.exp(0.25 * RATIO[0]):.3f}$ times" in PAGE
    assert f"= {RATIO[0]:.3f}$" in PAGE


def test_the_names_are_those_of_the_code():
    for name in ("limit_response_version", "limit_response_digest"):
        assert f"`{name}`" in PAGE
        assert name in Lineage.__slots__
    assert f"says `{Part.LIMIT_RESPONSE}`" in PAGE
