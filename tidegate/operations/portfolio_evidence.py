"""Evidence on the portfolio and on welfare, from the decisions that the candidate would make."""

import numpy as np

from credit_limits.gates.decision_evidence import (
    AddedLimit,
    CapHeld,
    PortfolioEvidence,
    WelfareEvidence,
)
from credit_limits.policy.portfolio import Flags, Portfolio
from tidegate.operations.candidate import Candidate
from tidegate.operations.decided_portfolio import DecidedPortfolio

_MOST_MONTHS = 0.5


def welfare_evidence(candidate: Candidate) -> WelfareEvidence:
    """Where the candidate's added limit goes, and where the champion's would on these accounts."""
    champion, portfolio = candidate.champion_decided, candidate.decided.portfolio
    return WelfareEvidence(
        accounts=len(portfolio),
        limit_minor=int(portfolio.limit_minor.sum()),
        revolver_limit_minor=int(portfolio.limit_minor[revolving(portfolio)].sum()),
        candidate=added_limit(candidate.decided),
        champion=None if champion is None else added_limit(champion),
    )


def portfolio_evidence(candidate: Candidate) -> PortfolioEvidence:
    """Caps, gap, expected loss and margin of the candidate's decisions."""
    batch = candidate.decided.batch
    loss = float(batch.expected_loss_minor.sum())
    return PortfolioEvidence(
        accounts=len(candidate.decided.portfolio),
        caps=tuple(CapHeld(cap.name, cap.bound, cap.used) for cap in batch.certificate.caps),
        gap=batch.certificate.gap,
        exposure_minor=float(batch.exposure_minor.sum()),
        expected_loss_minor=loss,
        margin_minor=float(batch.expected_profit_minor.sum()) + loss,
    )


def added_limit(decided: DecidedPortfolio) -> AddedLimit:
    """The limit that decisions add, and what of it goes to debt."""
    added = decided.added_minor
    return AddedLimit(
        added_minor=int(added.sum()),
        revolver_minor=int(added[revolving(decided.portfolio)].sum()),
        persistent_debt_minor=int(added[decided.in_persistent_debt].sum()),
    )


def revolving(portfolio: Portfolio) -> Flags:
    """Who carried a balance in half of the months or more; not known counts as such."""
    return np.asarray(~(portfolio.features.revolving_share_12m < _MOST_MONTHS))
