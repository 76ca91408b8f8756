"""A decision of one account in words: what, why, on which figures, by what, and what now."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from credit_limits.domain.account import AccountStatus, Product, Scenario, Segment
from credit_limits.domain.decision import Action, ReasonCode
from credit_limits.domain.money import format_yuan
from credit_limits.domain.past_due_link import PastDueLink
from credit_limits.explanation.account_lines import LINES
from credit_limits.explanation.names import (
    LINK_KIND_NAMES,
    MEASURE_NAMES,
    PRODUCT_NAMES,
    SEGMENT_NAMES,
    STATE_NAMES,
)
from credit_limits.explanation.notices import told_reasons
from credit_limits.explanation.recourse_sentences import recourse_sentences
from credit_limits.explanation.response_text import ResponseTold, response_lines
from credit_limits.explanation.scenario_text import sub_limit_lines
from credit_limits.explanation.sentences import (
    Language,
    feature_phrase,
    notice,
    reason_sentence,
)
from credit_limits.explanation.state_exits import StateExit
from credit_limits.explanation.ways_out import Recourse
from credit_limits.policy.portfolio_caps import Measure
from credit_limits.policy.ratio_rows import AveragedMeasure

_LANGUAGES = tuple(Language)


@dataclass(frozen=True, slots=True)
class CapPrice:
    """What one more unit of a row's measure would bring, in profit a year.

    The unit is a minor unit of money, or one change.
    """

    name: str
    measure: Measure | AveragedMeasure
    price: float


@dataclass(frozen=True, slots=True)
class StateTold:
    """State, term and rate of a decision: before and after it; ``None`` is not known, or as it was.

    ``causes`` is what the state rests on, ``linked_past_due`` how many linked customers were past
    due, ``links`` the first few of them. ``exit`` is how the state ends, ``None`` for one that does
    not, and where the policy of the day is not there unchanged.
    """

    before: AccountStatus
    after: AccountStatus
    since: date | None
    causes: tuple[ReasonCode, ...]
    linked_past_due: int | None
    links: tuple[PastDueLink, ...]
    exit: StateExit | None
    extension_months: int
    annual_rate_from: float | None
    annual_rate_to: float | None


@dataclass(frozen=True, slots=True)
class ExplainedDecision:
    """A recorded decision and all that is told of it. Amounts in minor units.

    ``beside`` is what is done beside ``action``, ``change_reasons`` are those of what is done
    beside the limit, of which ``state`` tells.

    ``next_limit_minor`` and ``missed_by_minor`` are ``None`` where no higher limit was permitted.
    ``contributions`` belong to ``features``. ``prices`` are those above 0 that the account paid.
    ``rules`` names each rule of the rule book that touched it, with the columns that decided.
    ``model_probability`` is the model's own, before the overlay of ``overlay_version``.
    ``recourse_known`` is false where the inputs of the day are no longer there.
    ``segment`` is the customer's, ``scenario_limits`` are the sub-limits of a pay-later line.
    ``response`` is ``None`` for a decision of before it was recorded.
    """

    decision_id: str
    account_id: str
    as_of: date
    product: Product
    action: Action
    beside: tuple[Action, ...]
    from_minor: int
    to_minor: int
    reasons: tuple[ReasonCode, ...]
    change_reasons: tuple[ReasonCode, ...]
    state: StateTold
    rules: tuple[str, ...]
    features: tuple[str, ...]
    contributions: tuple[float, ...]
    next_limit_minor: int | None
    missed_by_minor: int | None
    prices: tuple[CapPrice, ...]
    default_probability: float
    model_probability: float
    overlay_version: str
    grade: str
    expected_profit_minor: int
    expected_loss_minor: int
    exposure_minor: int
    closed_until: date | None
    model_name: str
    model_version: str
    certificate_digest: str
    policy_version: str
    rulebook_version: str
    brakes: tuple[str, ...]
    batch_id: str
    entry_sequence: int
    merkle_root: str
    recourse: Recourse | None
    recourse_known: bool
    segment: Segment | None = None
    scenario_limits: tuple[tuple[Scenario, int], ...] = ()
    response: ResponseTold | None = None


def explanation_lines(
    decision: ExplainedDecision, language: Language = Language.ENGLISH
) -> tuple[str, ...]:
    """The whole explanation; the second line is the notice that a customer is sent."""
    speak = _Speaker(language)
    told = notice(
        decision.action,
        decision.from_minor,
        decision.to_minor,
        reasons=told_reasons(decision.action, decision.reasons, decision.change_reasons),
        beside=decision.beside,
        features=decision.features,
        language=language,
    )
    return (
        speak(
            "head",
            decision_id=decision.decision_id,
            account_id=decision.account_id,
            product=PRODUCT_NAMES[decision.product][speak.place],
            as_of=decision.as_of,
        ),
        told,
        *_reason_lines(decision, speak),
        *_figure_lines(decision, speak),
        *_recourse_lines(decision, speak),
        speak(
            "proof",
            batch_id=decision.batch_id,
            sequence=decision.entry_sequence,
            root=decision.merkle_root,
        ),
        speak("prove", decision_id=decision.decision_id),
        speak("replay", decision_id=decision.decision_id),
    )


class _Speaker:
    """Says a line of :data:`LINES` in its language."""

    def __init__(self, language: Language) -> None:
        self.language, self.place = language, _LANGUAGES.index(language)

    def __call__(self, line: str, **values: object) -> str:
        return LINES[line][self.place].format(**values)

    def listed(self, names: Iterable[str]) -> str:
        """Names one after the other."""
        return ("、" if self.language is Language.CHINESE else ", ").join(names)


def _all_reasons(decision: ExplainedDecision) -> tuple[ReasonCode, ...]:
    """The reasons of the limit, then those of the rest, each once."""
    return tuple(dict.fromkeys((*decision.reasons, *decision.change_reasons)))


def _reason_lines(decision: ExplainedDecision, speak: _Speaker) -> Sequence[str]:
    lines = [speak("reasons")]
    for code in _all_reasons(decision):
        lines.append(f"- {reason_sentence(code, speak.language)} [{code}]")
        if code is ReasonCode.PORTFOLIO_CAP:
            lines += [f"  {line}" for line in _price_lines(decision, speak)]
    lines += [speak("rule", rule=rule) for rule in decision.rules]
    missed = decision.missed_by_minor
    if decision.next_limit_minor is not None and missed is not None and missed > 0:
        lines.append(
            speak(
                "missed", limit=format_yuan(decision.next_limit_minor), amount=format_yuan(missed)
            )
        )
    if decision.features:
        lines.append(speak("features"))
    lines += [
        speak("feature", feature=feature_phrase(name, speak.language), contribution=contribution)
        for name, contribution in zip(decision.features, decision.contributions, strict=True)
    ]
    return lines


def _price_lines(decision: ExplainedDecision, speak: _Speaker) -> list[str]:
    lines = []
    for cap in decision.prices:
        name = MEASURE_NAMES[cap.measure][speak.place]
        if cap.measure is Measure.CHANGES:
            lines.append(speak("price_of_one", measure=name, price=format_yuan(round(cap.price))))
        else:
            lines.append(speak("price", measure=name, price=cap.price))
    return lines


def _figure_lines(decision: ExplainedDecision, speak: _Speaker) -> Sequence[str]:
    closed, brakes = decision.closed_until, decision.brakes
    return (
        speak(
            "figures",
            probability=decision.default_probability,
            grade=decision.grade,
            profit=format_yuan(decision.expected_profit_minor),
            loss=format_yuan(decision.expected_loss_minor),
            exposure=format_yuan(decision.exposure_minor),
        ),
        *_overlay_lines(decision, speak),
        *response_lines(decision.response, speak.language),
        *_segment_lines(decision, speak),
        *sub_limit_lines(
            decision.scenario_limits,
            decision.to_minor,
            frozen=decision.state.after is AccountStatus.FROZEN,
            language=speak.language,
        ),
        *_state_lines(decision.state, speak),
        *([] if closed is None else [speak("closed", day=closed)]),
        speak(
            "made_with",
            model=decision.model_name,
            version=decision.model_version,
            certificate=decision.certificate_digest[:12],
            policy=decision.policy_version,
            rulebook=decision.rulebook_version,
        ),
        *([speak("brake", brake=brake) for brake in brakes] or [speak("no_brake")]),
    )


def _overlay_lines(decision: ExplainedDecision, speak: _Speaker) -> Sequence[str]:
    if decision.model_probability == decision.default_probability:
        return ()
    return (speak("overlaid", own=decision.model_probability, overlay=decision.overlay_version),)


def _segment_lines(decision: ExplainedDecision, speak: _Speaker) -> Sequence[str]:
    """The segment, where it is not that of everybody."""
    if decision.segment in (None, Segment.CONSUMER):
        return ()
    return (speak("segment", segment=SEGMENT_NAMES[decision.segment][speak.place]),)


def _state_lines(told: StateTold, speak: _Speaker) -> Sequence[str]:
    """State, term and rate, where there is anything but an open account to tell of."""
    causes = speak("causes", names=speak.listed(told.causes)) if told.causes else ""
    words = {
        "before": STATE_NAMES[told.before][speak.place],
        "state": STATE_NAMES[told.after][speak.place],
        "since": told.since or speak("since_unknown"),
        "causes": causes,
    }
    lines = []
    if told.before is not told.after:
        lines.append(speak("state", **words))
    elif told.after is not AccountStatus.OPEN:
        lines.append(speak("state_stays", **words))
    if told.after is AccountStatus.FROZEN and not told.causes:
        lines.append(speak("theirs"))
    lines += _exit_lines(told.exit, speak)
    if told.linked_past_due:
        lines.append(speak("links", count=told.linked_past_due))
        lines += _link_lines(told.links, told.linked_past_due, speak)
    if told.extension_months:
        lines.append(speak("extension", months=told.extension_months))
    if told.annual_rate_from is not None and told.annual_rate_to is not None:
        lines.append(speak("rate", before=told.annual_rate_from, after=told.annual_rate_to))
    return lines


def _exit_lines(told: StateExit | None, speak: _Speaker) -> Sequence[str]:
    """How a freeze or a closure ends: when at the earliest, and below which bounds."""
    if told is None:
        return ()
    return (
        speak("thaws" if told.state is AccountStatus.FROZEN else "reopens", day=told.earliest),
        *(f"- {texts[speak.place]} [{cause}]" for cause, texts in told.conditions),
        *([speak("person", day=told.person_from)] if told.person_from else []),
    )


def _link_lines(links: Sequence[PastDueLink], count: int, speak: _Speaker) -> Sequence[str]:
    """Who is linked: said to the analyst, and in no line that a customer is sent."""
    if not links:
        return ()
    names = [
        speak(
            "link_id",
            customer_id=link.customer_id,
            kinds=speak.listed(LINK_KIND_NAMES[kind][speak.place] for kind in link.kinds),
        )
        for link in links
    ]
    if count > len(links):
        names.append(speak("links_beyond", count=count - len(links)))
    return (speak("link_ids", names=speak.listed(names)),)


def _recourse_lines(decision: ExplainedDecision, speak: _Speaker) -> Sequence[str]:
    if decision.action is Action.INCREASE:
        return ()
    if not decision.recourse_known:
        return (speak("recourse_unknown", decision_id=decision.decision_id),)
    if decision.recourse is None:
        return (speak("no_recourse"),)
    sentences = recourse_sentences(decision.recourse, decision.as_of, speak.language)
    return (speak("recourse"), *(f"- {sentence}" for sentence in sentences))
