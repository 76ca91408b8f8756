"""A cycle of decisions before it is made: what decides, with what, and about whom."""

from dataclasses import dataclass, replace
from datetime import date

import numpy as np

from credit_limits.domain.account import Product
from credit_limits.domain.digest import digest_of
from credit_limits.domain.errors import PolicyError
from credit_limits.launch.canary import in_canary
from credit_limits.policy.limit_policy import LimitPolicy, parse_limit_policy
from credit_limits.policy.portfolio import PRODUCTS, Flags, Portfolio
from monitoring.drift import SCORE
from tidegate.adapters.dated_policies import DatedFile, load_dated
from tidegate.operations.brakes import Brake, in_force, open_brakes
from tidegate.operations.champion import CertifiedChampion
from tidegate.operations.decision_inputs import DecisionInputs, model_inputs
from tidegate.operations.decision_rows import Identity, Lineage, identify
from tidegate.operations.limit_state import read_portfolio
from tidegate.operations.macro_overlay import OverlayInForce, overlay_at
from tidegate.operations.past_due_links import feature_versions, past_due_links
from tidegate.operations.platform import Platform
from tidegate.operations.rule_book import rule_book_at
from tidegate.operations.scored_rows import label_window_months, portfolio_scored
from tidegate.operations.source_digests import deciding_code_digest, solver_digest

_NOT_INPUTS = ("decisions", "shadow_decisions", "outbox", "quarantine", "protected")


@dataclass(frozen=True, slots=True)
class DecisionCycle:
    """What is decided with, and the accounts to decide.

    ``key`` is the content of the whole request: what decides, and every row asked about, also
    those that another batch has decided. ``certified`` is the version that decides, ``brakes``
    are those that name a product of the accounts, ``overlay`` moved their probabilities.
    """

    key: str
    certified: CertifiedChampion
    brakes: tuple[Brake, ...]
    lineage: Lineage
    inputs: DecisionInputs
    identity: Identity
    overlay: OverlayInForce

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
    as_of = asked.as_of
    file = load_dated(platform.policies("limits"), as_of)
    policy = parsed_limit_policy(file)
    rulebook = rule_book_at(platform, as_of)
    scored = portfolio_scored(platform, certified.loaded, as_of)
    overlay = overlay_at(platform, as_of)
    portfolio = overlay.applied(read_portfolio(platform.lake, as_of, scored, SCORE))
    portfolio = portfolio.where(asked.chosen(portfolio))
    if not len(portfolio):
        return None
    brakes = _brakes(platform, portfolio)
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
        rulebook_version=rulebook.version,
        rulebook_digest=rulebook.digest,
        brakes=in_force(brakes),
        overlay_version=overlay.version,
        overlay_digest=overlay.digest,
    )
    model = certified.loaded.model
    inputs = DecisionInputs(
        portfolio=portfolio,
        features=model_inputs(scored, portfolio, model),
        links=past_due_links(
            platform.lake,
            portfolio,
            feature_versions(
                platform.ledger, certified.loaded.feature_service, as_of, lineage.data_versions
            ),
        ),
        model=model,
        policy=policy,
        brakes=lineage.brakes,
        rulebook=rulebook,
        label_window_months=label_window_months(certified.loaded),
    )
    identity = identify(portfolio, inputs.features, lineage)
    key = digest_of({"certificate": lineage.certificate_digest, "decisions": identity.ids})
    return DecisionCycle(key, certified, brakes, lineage, inputs, identity, overlay)


def _brakes(platform: Platform, portfolio: Portfolio) -> tuple[Brake, ...]:
    """The open brakes that name a product which the portfolio holds."""
    held = {PRODUCTS[place] for place in np.unique(portfolio.product)}
    brakes = open_brakes(platform, portfolio.as_of)
    return tuple(brake for brake in brakes if held & set(brake.order.products))


def parsed_limit_policy(file: DatedFile) -> LimitPolicy:
    """The limit policy of a file; :class:`PolicyError` names the file that cannot be used."""
    try:
        return parse_limit_policy(file.content)
    except PolicyError as error:
        raise PolicyError(f"{file.version}: {error}") from error
