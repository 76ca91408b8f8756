"""Every reason and feature in both languages, and whole notices word for word."""

import re

import pytest

from credit_limits.domain.decision import Action, ReasonCode
from credit_limits.domain.features import FEATURES
from credit_limits.domain.money import yuan
from credit_limits.explanation.feature_phrases import FEATURE_PHRASES
from credit_limits.explanation.sentences import (
    BESIDE_SENTENCES,
    REASON_SENTENCES,
    Language,
    feature_phrase,
    notice,
    reason_sentence,
)

HAN = re.compile(r"[\u4e00-\u9fff]")


def test_no_reason_and_no_feature_is_without_words():
    assert set(REASON_SENTENCES) == set(ReasonCode)
    assert list(FEATURE_PHRASES) == [feature.name for feature in FEATURES]


@pytest.mark.parametrize("reason", ReasonCode)
def test_a_reason_is_one_sentence_in_each_language(reason):
    english, chinese = (reason_sentence(reason, language) for language in Language)
    assert english[0].isupper()
    assert english.endswith(".")
    assert not HAN.search(english)
    assert chinese.endswith("。")
    assert HAN.search(chinese)


@pytest.mark.parametrize("name", sorted(FEATURE_PHRASES))
def test_a_feature_is_a_phrase_in_each_language(name):
    english, chinese = (feature_phrase(name, language) for language in Language)
    assert english[0].islower()
    assert not HAN.search(english)
    assert "_" not in english
    assert HAN.search(chinese)


def test_no_two_say_the_same():
    for place in range(len(Language)):
        for table in (REASON_SENTENCES, FEATURE_PHRASES):
            texts = [words[place] for words in table.values()]
            assert len(set(texts)) == len(texts)


def test_an_unknown_feature_has_no_phrase():
    with pytest.raises(KeyError):
        feature_phrase("shoe_size")


NOTICES = [
    (
        (Action.INCREASE, 10_000, 13_000, [ReasonCode.PROFITABLE_INCREASE], []),
        "Your limit rises from 10,000 to 13,000 yuan. "
        "The account is used and repaid so that a higher limit fits it.",
        "您的额度由10,000元提高至13,000元。账户使用和还款情况良好，适合更高的额度。",
    ),
    (
        (
            Action.DECREASE,
            20_000,
            14_000,
            [ReasonCode.SERIOUSLY_OVERDUE, ReasonCode.RISK_TOO_HIGH],
            ["days_past_due_latest", "utilization_ratio_1m"],
        ),
        "Your limit falls from 20,000 to 14,000 yuan. Bills are past due for a long time. "
        "The assessed risk of late payment is too high for an increase. "
        "What weighed most: days past due on the latest bill; share of the limit in use.",
        "您的额度由20,000元调整至14,000元。账单已长时间逾期。评估的逾期风险偏高，暂不能提额。"
        "主要依据：最近一期账单逾期天数；当前额度使用率。",
    ),
    (
        (Action.HOLD, 5_000, 5_000, [ReasonCode.COOL_OFF], []),
        "Your limit stays at 5,000 yuan. The limit was changed recently.",
        "您的额度保持5,000元不变。额度近期刚有调整。",
    ),
    (
        (Action.HOLD, 5_000, 5_000, [ReasonCode.BRAKE_NO_INCREASES], []),
        "Your limit stays at 5,000 yuan. At present no limit of this product is raised.",
        "您的额度保持5,000元不变。该产品目前暂停提额。",
    ),
    (
        (Action.CLOSE_INCREASES, 5_000, 5_000, [ReasonCode.LOAN_APPLICATION_BURST], []),
        "Your limit stays at 5,000 yuan and is not raised for the time being. "
        "Many loans were applied for within a short time.",
        "您的额度保持5,000元，暂时关闭提额。短期内贷款申请次数较多。",
    ),
    *(
        (
            (action, 5_000, 5_000, [reason], []),
            f"Your limit stays at 5,000 yuan. {english} {REASON_SENTENCES[reason][0]}",
            f"您的额度保持5,000元不变。{chinese}{REASON_SENTENCES[reason][1]}",
        )
        for action, (english, chinese) in BESIDE_SENTENCES.items()
        if action is not Action.CLOSE_INCREASES
        for reason in (ReasonCode.CAUSE_GONE,)
    ),
]


@pytest.mark.parametrize(("decision", "english", "chinese"), NOTICES)
def test_a_notice_word_for_word(decision, english, chinese):
    action, before, after, reasons, features = decision
    for language, text in zip(Language, (english, chinese), strict=True):
        assert text == notice(
            action,
            yuan(before),
            yuan(after),
            reasons=reasons,
            features=features,
            language=language,
        )


def test_what_is_done_beside_is_told_after_the_limit():
    told = notice(
        Action.DECREASE,
        yuan(10_000),
        yuan(8_500),
        reasons=[ReasonCode.HARDSHIP],
        beside=[Action.EXTEND_TERM, Action.CLOSE_INCREASES],
    )
    assert told == (
        "Your limit falls from 10,000 to 8,500 yuan. "
        "You get more time to repay, with a lower minimum payment. "
        "The limit is not raised for the time being. "
        "Your income fell and a bill is past due, so you get more time at a lower limit."
    )


def test_every_action_has_a_notice():
    assert {decision[0] for decision, _, _ in NOTICES} == set(Action)
