"""A cycle of decisions before it is made: what decides, with what, and about whom."""

from dataclasses import dataclass, replace
from datetime import date

import numpy as np

from credit_limits.domain.account import Product
from credit_limits.domain.digest import digest_of
from credit_limits.launch.canary import in_canary
from credit_limits.policy.portfolio import PRODUCTS, Flags, Portfolio
from credit_limits.portfolio_problem import accounts_of_day
from tidegate.operations.brakes import Brake, in_force
from tidegate.operations.champion import CertifiedChampion
from tidegate.operations.decision_inputs import DecisionInputs, model_inputs
from tidegate.operations.decision_rows import Identity, Lineage, identify
from tidegate.operations.limit_response_row import LimitResponseRow
from tidegate.operations.macro_overlay import OverlayInForce
from tidegate.operations.past_due_links import feature_versions, past_due_links
from tidegate.operations.platform import Platform
from tidegate.operations.source_digests import deciding_code_digest, solver_digest
from tidegate.operations.undecided_day import read_day

_NOT_INPUTS = ("decisions", "shadow_decisions", "outbox", "quarantine", "protected")


@dataclass(frozen=True, slots=True)
class DecisionCycle:
    """What is decided with, and the accounts to decide.

    ``key`` is the content of the whole request: what decides, and every row asked about, also
    those that another batch has decided. ``certified`` is the version that decides, ``brakes``
    are those that name a product of the accounts, ``overlay`` moved their probabilities,
    ``response`` is how balance and default answer to the limit.
    """

    key: str
    certified: CertifiedChampion
    brakes: tuple[Brake, ...]
    lineage: Lineage
    inputs: DecisionInputs
    identity: Identity
    overlay: OverlayInForce
    response: LimitResponseRow

    @property
    def as_of(self) -> date:
        """The day that is decided for."""
        return self.inputs.portfolio.as_of

    @property
    def batch_id(self) -> str:
        """Name of the batch in the lake."""
        return f"limits-{self.as_of}-{self.key[:12]}"

    def without(self, decided: Flags) -> "DecisionCycle":
        """The accounts whose flag is not set."""
        if not decided.any():
            return self
        return replace(
            self, inputs=self.inputs.where(~decided), identity=self.identity.where(~decided)
        )


@dataclass(frozen=True, slots=True)
class Asked:
    """Which accounts are asked for: of a ``product``, and of one side of a launch's canary.

    ``launch`` is the launch's key, ``share`` that of the canary; the canary's own accounts where
    ``inside``, else the others.
    """

    as_of: date
    product: Product | None = None
    launch: str = ""
    share: float = 0.0
    inside: bool = False

    def chosen(self, portfolio: Portfolio) -> Flags:
        """Whether each account is asked for.

        A portfolio so small that nobody would be left on one side has no canary.
        """
        chosen = np.ones(len(portfolio), dtype=np.bool_)
        if self.product is not None:
            chosen = portfolio.product == PRODUCTS.index(self.product)
        if not self.share:
            return chosen
        canary = chosen & in_canary(portfolio.account_id.tolist(), self.launch, self.share)
        if not canary.any() or (canary == chosen).all():
            canary[:] = False
        return canary if self.inside else chosen & ~canary


def open_cycle(
    platform: Platform, certified: CertifiedChampion, asked: Asked
) -> DecisionCycle | None:
    """Everything that a version decides with at a date; None where no account is asked for.

    Raises:
        DataMissing: the features of the day were not computed, or the overlay asks for macro
            figures that the lake does not have.
        PolicyError: the limit policy, the overlay or the rule book of the day cannot be used.
    """
    day = read_day(platform, certified.loaded, asked.as_of, response=certified.response)
    whole, file, overlay = day.undecided, day.policy_file, day.overlay
    portfolio = whole.portfolio.where(asked.chosen(whole.portfolio))
    if not len(portfolio):
        return None
    brakes = _naming(portfolio, day.brakes)
    versions = platform.lake.versions()
    lineage = Lineage(
        model_version=certified.version,
        artefact_digest=certified.certificate.artefact_digest,
        certificate_digest=certified.certificate.digest,
        policy_version=file.version,
        policy_digest=file.digest,
        data_versions={name: at for name, at in versions.items() if name not in _NOT_INPUTS},
        code_digest=deciding_code_digest(),
        solver_digest=solver_digest(),
        rulebook_version=whole.rulebook.version,
        rulebook_digest=whole.rulebook.digest,
        brakes=in_force(brakes),
        overlay_version=overlay.version,
        overlay_digest=overlay.digest,
        limit_response_version=day.response.version,
        limit_response_digest=day.response.digest,
    )
    model, service = certified.loaded.model, certified.loaded.feature_service
    read_at = feature_versions(platform.ledger, service, asked.as_of, lineage.data_versions)
    inputs = DecisionInputs(
        portfolio=portfolio,
        policy=whole.policy,
        brakes=lineage.brakes,
        rulebook=whole.rulebook,
        label_window_months=whole.label_window_months,
        features=model_inputs(day.scored, portfolio, model),
        links=past_due_links(platform.lake, portfolio, read_at),
        model=model,
        day=accounts_of_day(whole.portfolio, whole.policy),
    )
    identity = identify(portfolio, inputs.features, lineage)
    key = digest_of({"certificate": lineage.certificate_digest, "decisions": identity.ids})
    return DecisionCycle(key, certified, brakes, lineage, inputs, identity, overlay, day.response)


def _naming(portfolio: Portfolio, brakes: tuple[Brake, ...]) -> tuple[Brake, ...]:
    """The brakes that name a product which the portfolio holds."""
    held = {PRODUCTS[place] for place in np.unique(portfolio.product)}
    return tuple(brake for brake in brakes if held & set(brake.order.products))
