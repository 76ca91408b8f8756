"""Reasons and features as sentences for the customer, in English and Chinese."""

from collections.abc import Sequence
from enum import StrEnum

from credit_limits.domain.decision import Action, ReasonCode
from credit_limits.domain.money import format_yuan
from credit_limits.explanation.feature_phrases import FEATURE_PHRASES


class Language(StrEnum):
    """Languages that a customer is answered in."""

    ENGLISH = "en"
    CHINESE = "zh"


REASON_SENTENCES: dict[ReasonCode, tuple[str, str]] = {
    ReasonCode.PROFITABLE_INCREASE: (
        "The account is used and repaid so that a higher limit fits it.",
        "账户使用和还款情况良好，适合更高的额度。",
    ),
    ReasonCode.LOSS_EXCEEDS_REVENUE: (
        "At the limit of today the expected loss is higher than what the account earns.",
        "在现有额度下，预计损失高于账户收益。",
    ),
    ReasonCode.OVERDUE: (
        "The latest bill is past due.",
        "最近一期账单已逾期。",
    ),
    ReasonCode.SERIOUSLY_OVERDUE: (
        "Bills are past due for a long time.",
        "账单已长时间逾期。",
    ),
    ReasonCode.ACCOUNT_NOT_OPEN: (
        "The account is frozen.",
        "账户处于冻结状态。",
    ),
    ReasonCode.INCREASES_CLOSED: (
        "Increases are closed on this account for the time being.",
        "该账户目前已关闭提额。",
    ),
    ReasonCode.DECLINES_INCREASES: (
        "You asked us not to raise your limit.",
        "您已选择不接受提额。",
    ),
    ReasonCode.OBSERVATION_TOO_SHORT: (
        "The account has not been observed for long enough yet.",
        "账户的观察期尚短。",
    ),
    ReasonCode.ON_TIME_STREAK_TOO_SHORT: (
        "Too few bills in a row have been paid on time.",
        "连续按时还款的期数不足。",
    ),
    ReasonCode.COOL_OFF: (
        "The limit was changed recently.",
        "额度近期刚有调整。",
    ),
    ReasonCode.INACTIVE: (
        "The account has not been used of late.",
        "账户近期没有使用。",
    ),
    ReasonCode.LOAN_APPLICATION_BURST: (
        "Many loans were applied for within a short time.",
        "短期内贷款申请次数较多。",
    ),
    ReasonCode.DEVICE_CHANGE_BURST: (
        "The device was changed several times within a short time.",
        "短期内多次更换设备。",
    ),
    ReasonCode.LINKED_RISK: (
        "Several accounts linked to this one are past due.",
        "多个关联账户存在逾期。",
    ),
    ReasonCode.LOGIN_ANOMALY: (
        "The account was signed in to far more often than it usually is.",
        "账户登录频率远高于平时。",
    ),
    ReasonCode.SPENDING_ANOMALY: (
        "Nearly all of the last quarter's spending fell into the last month.",
        "近一季度的消费几乎集中在最近一个月。",
    ),
    ReasonCode.PERSISTENT_DEBT: (
        "The line has been nearly full for a year and is paid back only slowly; a higher limit "
        "would add to the debt.",
        "额度长期接近用满且还款缓慢，提额会加重债务负担。",
    ),
    ReasonCode.REVOLVING_DEBT: (
        "A large part of the line has been carried from bill to bill for a year.",
        "一年来大部分额度逐期循环未还清。",
    ),
    ReasonCode.THIN_FILE: (
        "Little is known of your credit history yet; the limit grows with bills paid on time.",
        "您的信用记录尚少，额度将随按时还款逐步提高。",
    ),
    ReasonCode.SPENDING_TOO_SMALL: (
        "The line is used too rarely or too little to need a higher limit.",
        "额度使用次数或金额较少，暂无提额需要。",
    ),
    ReasonCode.SPENDING_CONCENTRATED: (
        "Nearly all spending goes to one purpose.",
        "消费几乎全部集中于单一用途。",
    ),
    ReasonCode.HARDSHIP: (
        "Your income fell and a bill is past due, so you get more time at a lower limit.",
        "您的收入下降且账单逾期，因此延长还款期限并调低额度。",
    ),
    ReasonCode.RISK_TOO_HIGH: (
        "The assessed risk of late payment is too high for an increase.",
        "评估的逾期风险偏高，暂不能提额。",
    ),
    ReasonCode.LIMIT_AT_CAP: (
        "The limit is already the highest that may be given on this account.",
        "额度已达到该账户可授予的上限。",
    ),
    ReasonCode.CUSTOMER_CAP: (
        "Your limits together have reached the highest total for one customer.",
        "您名下的总额度已达到单一客户上限。",
    ),
    ReasonCode.AFFORDABILITY: (
        "With all lines fully used, the payments would take too much of your income.",
        "若额度全部使用，还款额占收入的比例过高。",
    ),
    ReasonCode.NOT_PROFITABLE: (
        "The way the account is used does not call for a higher limit.",
        "按目前的使用情况，无需更高的额度。",
    ),
    ReasonCode.PORTFOLIO_CAP: (
        "The total that can be lent at present is used up.",
        "当前整体授信规模已用完。",
    ),
    ReasonCode.BRAKE_NO_INCREASES: (
        "At present no limit of this product is raised.",
        "该产品目前暂停提额。",
    ),
    ReasonCode.BRAKE_TIGHTEN_GRADES: (
        "At present a higher limit asks for a lower risk than before.",
        "目前提额对风险等级的要求更为严格。",
    ),
    ReasonCode.BRAKE_SLOW_INCREASES: (
        "At present limits are raised in small steps, and the next step is too small for this one.",
        "目前仅小幅提额，该额度的可提幅度不足一档。",
    ),
    ReasonCode.RATE_ABOVE_LEGAL: (
        "The annual cost of this account is above what the law allows for a higher limit.",
        "该账户的年化综合成本高于法规允许提额的水平。",
    ),
    ReasonCode.CONSENT_MISSING: (
        "You have not agreed to a higher limit, and without your consent it is not raised.",
        "未取得您对提额的明确同意，因此不予提额。",
    ),
    ReasonCode.PARTNER_LIMIT: (
        "What may be lent together with partners is used up.",
        "与合作机构共同放贷的额度已达监管上限。",
    ),
    ReasonCode.RULE_NOT_EVALUATED: (
        "What the law asks us to know before a limit is raised is not known of this account.",
        "提额前依法须了解的信息尚不完整。",
    ),
    ReasonCode.HUMAN_REVIEW_ONLY: (
        "Changes of this limit are decided by a person on your request.",
        "应您的要求，该额度的调整由人工审核决定。",
    ),
    ReasonCode.ALREADY_BEST: (
        "The limit of today already fits the account.",
        "现有额度已适合该账户。",
    ),
    ReasonCode.ACCOUNT_TAKEOVER: (
        "A transaction is disputed and the account is used unlike before; somebody else may be "
        "using it.",
        "存在争议交易且账户使用异常，可能被他人盗用。",
    ),
    ReasonCode.CAUSE_GONE: (
        "What led to the restriction is over.",
        "导致限制的原因已消除。",
    ),
    ReasonCode.INITIAL_LIMIT: (
        "This is the first limit of the account.",
        "这是该账户的首次授信额度。",
    ),
    ReasonCode.INITIAL_LIMIT_THIN_FILE: (
        "Little is known of your credit history yet, so the limit starts small.",
        "您的信用记录尚少，首次额度从小额开始。",
    ),
    ReasonCode.INITIAL_LIMIT_INCOME_UNKNOWN: (
        "Your income is not known to us, so the limit starts lower.",
        "我们尚不了解您的收入，首次额度相应较低。",
    ),
    ReasonCode.INITIAL_LIMIT_NOT_COVERED: (
        "At present a first limit would not cover its cost and risk.",
        "目前首次授信的预期收益不足以覆盖其成本和风险。",
    ),
    ReasonCode.BACKUP_REPAYMENT_SOURCE: (
        "A second source of repayment is known, so the account is not frozen yet.",
        "已知备用还款来源，账户暂不冻结。",
    ),
    ReasonCode.RATE_OF_GRADE: (
        "The annual rate is brought to that of accounts of the same assessed risk.",
        "年利率调整至同等风险账户的水平。",
    ),
    ReasonCode.FREEZE_EXPIRED: (
        "The account has been frozen for long and a person looks at it now.",
        "账户冻结时间较长，现转人工复核。",
    ),
    ReasonCode.FREEZE_CONFLICT: (
        "The account was frozen and opened again elsewhere, so a person looks at it.",
        "账户冻结后在其他渠道被解除，现转人工复核。",
    ),
}
"""English and Chinese sentence of every reason."""

_ACTION_SENTENCES: dict[Action, tuple[str, str]] = {
    Action.INCREASE: (
        "Your limit rises from {before} to {after} yuan.",
        "您的额度由{before}元提高至{after}元。",
    ),
    Action.DECREASE: (
        "Your limit falls from {before} to {after} yuan.",
        "您的额度由{before}元调整至{after}元。",
    ),
    Action.HOLD: (
        "Your limit stays at {after} yuan.",
        "您的额度保持{after}元不变。",
    ),
    Action.CLOSE_INCREASES: (
        "Your limit stays at {after} yuan and is not raised for the time being.",
        "您的额度保持{after}元，暂时关闭提额。",
    ),
}
_STAYS = ("Your limit stays at {after} yuan.", "您的额度保持{after}元不变。")
BESIDE_SENTENCES: dict[Action, tuple[str, str]] = {
    Action.REFER: ("A person looks at your account.", "您的账户将由人工审核。"),
    Action.FREEZE: (
        "The account is frozen from now on: nothing more can be drawn.",
        "账户即日起冻结，暂不能继续使用。",
    ),
    Action.UNFREEZE: ("The account can be used again.", "账户已解除冻结，可继续使用。"),
    Action.EXTEND_TERM: (
        "You get more time to repay, with a lower minimum payment.",
        "延长您的还款期限，并降低最低还款额。",
    ),
    Action.CLOSE_INCREASES: (
        "The limit is not raised for the time being.",
        "额度暂时关闭提额。",
    ),
    Action.REOPEN_INCREASES: (
        "The account is open to increases again.",
        "账户已重新开放提额。",
    ),
    Action.CHANGE_RATE: ("The annual rate of the account changes.", "账户年利率有所调整。"),
}
"""English and Chinese sentence of what is done beside the limit."""

_LANGUAGES = tuple(Language)


def reason_sentence(reason: ReasonCode, language: Language = Language.ENGLISH) -> str:
    """A reason as a whole sentence.

    >>> reason_sentence(ReasonCode.COOL_OFF)
    'The limit was changed recently.'
    """
    return REASON_SENTENCES[reason][_LANGUAGES.index(language)]


def feature_phrase(feature: str, language: Language = Language.ENGLISH) -> str:
    """A feature in words; ``KeyError`` for a name that is not in the catalogue.

    >>> feature_phrase("utilization_ratio_1m")
    'share of the limit in use'
    """
    return FEATURE_PHRASES[feature][_LANGUAGES.index(language)]


def notice(
    action: Action,
    from_minor: int,
    to_minor: int,
    *,
    reasons: Sequence[ReasonCode],
    features: Sequence[str] = (),
    beside: Sequence[Action] = (),
    language: Language = Language.ENGLISH,
) -> str:
    """What a customer is told of a decision: what happens, why, and what weighed most.

    Args:
        action: what the decision is known by.
        from_minor: limit before, in minor units.
        to_minor: limit after, in minor units.
        reasons: the decision's reasons, strongest first.
        features: names of the features behind the assessed risk, strongest first.
        beside: what else is done, beside ``action``.
        language: of the text.
    """
    place = _LANGUAGES.index(language)
    amounts = {"before": format_yuan(from_minor), "after": format_yuan(to_minor)}
    told = _ACTION_SENTENCES.get(action, _STAYS)
    also = [action, *beside] if action not in _ACTION_SENTENCES else beside
    sentences = [
        told[place].format(**amounts),
        *(BESIDE_SENTENCES[each][place] for each in also),
        *(reason_sentence(reason, language) for reason in reasons),
    ]
    phrases = [feature_phrase(name, language) for name in features]
    if phrases and language is Language.ENGLISH:
        sentences.append(f"What weighed most: {'; '.join(phrases)}.")
    elif phrases:
        sentences.append(f"主要依据：{'；'.join(phrases)}。")
    return (" " if language is Language.ENGLISH else "").join(sentences)
