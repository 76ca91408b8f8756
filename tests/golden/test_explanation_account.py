"""A whole explanation word for word, and no code without words, in English and Chinese."""

import re
import string
from dataclasses import replace
from datetime import date

import pytest

from credit_limits.domain.account import AccountStatus, LinkKind, Product, Scenario, Segment
from credit_limits.domain.decision import Action, ReasonCode
from credit_limits.domain.past_due_link import PastDueLink
from credit_limits.explanation.account_lines import LINES
from credit_limits.explanation.account_text import (
    CapPrice,
    ExplainedDecision,
    StateTold,
    explanation_lines,
)
from credit_limits.explanation.names import (
    LINK_KIND_NAMES,
    MEASURE_NAMES,
    PRODUCT_NAMES,
    SEGMENT_NAMES,
    STATE_NAMES,
)
from credit_limits.explanation.reasons import BESIDE_THE_LIMIT
from credit_limits.explanation.recourse_sentences import (
    GOAL_SENTENCES,
    STEP_SENTENCES,
    recourse_sentences,
)
from credit_limits.explanation.sentences import BESIDE_SENTENCES, REASON_SENTENCES, Language
from credit_limits.explanation.state_exits import EXIT_SENTENCES, StateHeld, state_exit
from credit_limits.explanation.ways_out import Change, Goal, Recourse, Step
from credit_limits.policy.account_changes import STATE_CAUSES
from credit_limits.policy.portfolio_caps import Measure
from credit_limits.policy.ratio_rows import AveragedMeasure
from tests.decision_samples import shipped_policy

HAN = re.compile(r"[\u4e00-\u9fff]")
TABLES = {
    "lines": (LINES, None),
    "products": (PRODUCT_NAMES, Product),
    "segments": (SEGMENT_NAMES, Segment),
    "measures": (MEASURE_NAMES, (*Measure, *AveragedMeasure)),
    "steps": (STEP_SENTENCES, Step),
    "goals": (GOAL_SENTENCES, Goal),
    "reasons": (REASON_SENTENCES, ReasonCode),
    "links": (LINK_KIND_NAMES, LinkKind),
    "exits": (EXIT_SENTENCES, STATE_CAUSES),
    "states": (STATE_NAMES, AccountStatus),
    "beside": (BESIDE_SENTENCES, BESIDE_THE_LIMIT),
}
HELD = ExplainedDecision(
    decision_id="4f1c8d2e9a0b7c6d5e3f",
    account_id="A00017",
    as_of=date(2024, 1, 31),
    product=Product.PAY_LATER,
    action=Action.HOLD,
    beside=(),
    from_minor=1_000_000,
    to_minor=1_000_000,
    reasons=(ReasonCode.PORTFOLIO_CAP,),
    change_reasons=(),
    state=StateTold(
        AccountStatus.OPEN, AccountStatus.OPEN, date(2020, 5, 4), (), 0, (), None, 0, 0.18, None
    ),
    rules=(),
    features=(),
    contributions=(),
    next_limit_minor=1_150_000,
    missed_by_minor=1_250,
    prices=(CapPrice("exposure", Measure.EXPOSURE, 0.0123),),
    default_probability=0.0214,
    model_probability=0.0214,
    overlay_version="overlay/2005-01-01",
    grade="B",
    expected_profit_minor=12_345,
    expected_loss_minor=6_789,
    exposure_minor=580_000,
    closed_until=None,
    model_name="default_risk",
    model_version="3",
    certificate_digest="e1" * 32,
    policy_version="limits/2005-01-01",
    rulebook_version="rulebook/CN-bank/2023-07-01",
    brakes=(),
    batch_id="limits-2024-01-31-0123456789ab",
    entry_sequence=9,
    merkle_root="c2" * 32,
    recourse=None,
    recourse_known=True,
    scenario_limits=((Scenario.RETAIL, 1_000_000), (Scenario.CASH, 40_000)),
)
CLOSED = replace(
    HELD,
    segment=Segment.MICRO_MERCHANT,
    product=Product.CASH_LOAN,
    scenario_limits=(),
    action=Action.CLOSE_INCREASES,
    reasons=(ReasonCode.OVERDUE, ReasonCode.RISK_TOO_HIGH),
    rules=("cn-past-due: days_past_due_latest",),
    features=("days_past_due_latest", "utilization_ratio_1m"),
    contributions=(0.8312, 0.24),
    next_limit_minor=None,
    missed_by_minor=None,
    closed_until=date(2024, 4, 30),
    brakes=("no increases of cash_loan since 2024-01-15: first missed payments rose",),
    recourse=Recourse(
        Goal.RAISED, 4, (Change(Step.PAY_OVERDUE), Change(Step.PAY_ON_TIME, 4)), 1_150_000
    ),
)

FROZEN = replace(
    HELD,
    action=Action.DECREASE,
    beside=(Action.FREEZE, Action.EXTEND_TERM, Action.CHANGE_RATE),
    to_minor=850_000,
    reasons=(ReasonCode.LINKED_RISK,),
    change_reasons=(ReasonCode.LINKED_RISK, ReasonCode.HARDSHIP, ReasonCode.RATE_ABOVE_LEGAL),
    state=StateTold(
        AccountStatus.OPEN,
        AccountStatus.FROZEN,
        date(2024, 1, 31),
        (ReasonCode.LINKED_RISK,),
        3,
        (
            PastDueLink("C00012", (LinkKind.CONTACT, LinkKind.DEVICE)),
            PastDueLink("C00044", (LinkKind.TRANSFER,)),
        ),
        state_exit(
            StateHeld(AccountStatus.FROZEN, date(2024, 1, 31), (ReasonCode.LINKED_RISK,), None),
            shipped_policy(),
        ),
        6,
        0.26,
        0.24,
    ),
)

HELD_IN_ENGLISH = """\
Decision 4f1c8d2e9a0b7c6d5e3f of account A00017 (pay-later line), 2024-01-31
Your limit stays at 10,000 yuan. The total that can be lent at present is used up.
Reasons, strongest first:
- The total that can be lent at present is used up. [portfolio_cap]
  The portfolio's price of exposure was 0.0123 a yuan.
The next higher limit, 11,500 yuan, missed by 12.50 yuan a year.
Figures: probability of default 2.14% (grade B); a year, expected profit 123.45 yuan, \
expected loss 67.89 yuan; exposure at default 5,800 yuan
Of the limit may be owed for: cash 400 yuan; for anything else, all of it.
Decided with: default_risk version 3, certificate e1e1e1e1e1e1; policy limits/2005-01-01; \
rule book rulebook/CN-bank/2023-07-01
Brakes: none
What you can do: nothing was found that would change this decision by itself.
Recorded in batch limits-2024-01-31-0123456789ab, ledger entry 9, Merkle root {root}
Prove it: tidegate ledger prove 4f1c8d2e9a0b7c6d5e3f --out proof.json
Make it again: tidegate replay 4f1c8d2e9a0b7c6d5e3f""".format(root="c2" * 32)

CLOSED_IN_CHINESE = """\
账户A00017（现金借款）2024-01-31的决定，编号4f1c8d2e9a0b7c6d5e3f
您的额度保持10,000元，暂时关闭提额。最近一期账单已逾期。评估的逾期风险偏高，暂不能提额。\
主要依据：最近一期账单逾期天数；当前额度使用率。
理由（按重要性排列）：
- 最近一期账单已逾期。 [overdue]
- 评估的逾期风险偏高，暂不能提额。 [risk_too_high]
- 依据法规手册：cn-past-due: days_past_due_latest
对风险评估影响最大的因素：
- 最近一期账单逾期天数：使违约对数几率增加0.83
- 当前额度使用率：使违约对数几率增加0.24
数据：违约概率2.14%（B级）；预期年利润123.45元，预期年损失67.89元；违约风险敞口5,800元
按适用于小微商户的参数决定。
提额关闭至2024-04-30。
依据：模型default_risk版本3，证书e1e1e1e1e1e1；政策limits/2005-01-01；法规手册rulebook/CN-bank/2023-07-01
生效中的制动：no increases of cash_loan since 2024-01-15: first missed payments rose
您可以这样做：
- 还清逾期款项。
- 按时偿还接下来的4期账单，直至2024-05-31。
- 在其他情况不变的前提下，届时额度将提高至11,500元。
记录于批次limits-2024-01-31-0123456789ab，账本第9条，默克尔根{root}
出具证明：tidegate ledger prove 4f1c8d2e9a0b7c6d5e3f --out proof.json
重新计算：tidegate replay 4f1c8d2e9a0b7c6d5e3f""".format(root="c2" * 32)


def test_every_row_tells_its_price_in_its_own_unit():
    prices = (
        CapPrice("moves", Measure.CHANGES, 1_250.0),
        CapPrice("keep_up", AveragedMeasure.INCREASE, 0.0042),
    )
    held = replace(HELD, prices=prices)
    assert [line for line in explanation_lines(held) if "price" in line] == [
        "  The portfolio's price of changes of limits was 12.50 yuan each.",
        "  The portfolio's price of raises in its group was 0.0042 a yuan.",
    ]
    chinese = explanation_lines(held, Language.CHINESE)
    assert "  组合中额度调整的价格为每次12.50元。" in chinese


def test_a_limit_that_the_caps_held_in_english():
    assert "\n".join(explanation_lines(HELD)) == HELD_IN_ENGLISH


def test_a_closure_with_a_way_out_in_chinese():
    assert "\n".join(explanation_lines(CLOSED, Language.CHINESE)) == CLOSED_IN_CHINESE


def test_a_raise_asks_nothing_of_anybody():
    raised = replace(HELD, action=Action.INCREASE, to_minor=1_150_000)
    assert not [line for line in explanation_lines(raised) if "can do" in line]


def test_what_could_not_be_looked_for_is_said():
    unknown = replace(HELD, recourse_known=False)
    assert any("inputs of that day are not there" in line for line in explanation_lines(unknown))
    assert any("无法说明" in line for line in explanation_lines(unknown, Language.CHINESE))


def test_a_notice_has_at_most_four_reasons():
    four = tuple(ReasonCode)[4:8]
    told = explanation_lines(replace(HELD, reasons=four))[1]
    assert told.count(". ") == 4


@pytest.mark.parametrize("name", TABLES)
def test_every_code_has_both_languages_with_the_same_blanks(name):
    table, codes = TABLES[name]
    assert codes is None or set(table) == set(codes)
    for code, (english, chinese) in table.items():
        assert blanks(english) == blanks(chinese), code
        assert not HAN.search(english), code
        assert HAN.search(chinese), code
    for place in range(len(Language)):
        texts = [words[place] for words in table.values()]
        assert len(set(texts)) == len(texts)


def blanks(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


@pytest.mark.parametrize("step", Step)
@pytest.mark.parametrize("language", Language)
def test_every_step_and_goal_is_said_whole(step, language):
    change = Change(step, months=6, amount_minor=250_000, share=0.1)
    for goal in Goal:
        said = recourse_sentences(
            Recourse(goal, 6, (change,), 1_200_000), date(2024, 1, 31), language
        )
        assert len(said) == 2
        assert all("{" not in text for text in said)


def test_steps_name_their_day_amount_and_share():
    way = Recourse(
        Goal.RAISED,
        6,
        (
            Change(Step.PAY_MORE_OF_THE_BILL, 6, share=0.1),
            Change(Step.REPAY_ELSEWHERE, amount_minor=250_000),
        ),
        1_200_000,
    )
    assert recourse_sentences(way, date(2024, 1, 31)) == (
        "Pay at least 10% of every bill until 2024-07-31.",
        "Repay 2,500 yuan of what you owe to other lenders.",
        "Everything else being as it is, the limit would then be raised to 12,000 yuan.",
    )


def test_what_the_overlay_moved_is_told_with_the_models_own():
    moved = replace(HELD, default_probability=0.0412)
    english, chinese = (explanation_lines(moved, language) for language in Language)
    assert (
        "The model's own probability was 2.14%; the macro overlay overlay/2005-01-01 moved it."
    ) in english
    assert "模型的违约概率为2.14%，经宏观调整overlay/2005-01-01修正。" in chinese
    assert not any("overlay" in line for line in explanation_lines(HELD))


def test_state_term_and_rate_are_told_in_both_languages():
    english = explanation_lines(FROZEN)
    for line in (
        "State: open, from now on frozen since 2024-01-31, for linked_risk",
        "It thaws into closed increases with the first decision from 2024-03-01 on that finds each "
        "cause gone:",
        "- fewer than 1 linked customers 30 or more days past due [linked_risk]",
        "If it is still frozen from 2024-07-01 on, a person decides.",
        "Linked customers past due, by the links that were active: 3",
        "- for the analyst alone, and never for the customer: customer C00012 "
        "(contact, device), customer C00044 (transfer), 1 more",
        "The term is extended by 6 months.",
        "The annual rate changes from 26.00% to 24.00%.",
    ):
        assert line in english
    assert "frozen from now on: nothing more can be drawn. You get more time" in english[1]
    assert sum("Several accounts linked" in line for line in english[2:]) == 1
    chinese = explanation_lines(FROZEN, Language.CHINESE)
    assert "状态：原为正常，现为冻结，自2024-01-31起，原因：linked_risk" in chinese
    assert "还款期限延长6个月。" in chinese
    assert "- 逾期30天及以上的关联客户少于1个 [linked_risk]" in chinese
    assert "若自2024-07-01起仍处于冻结状态，则转人工处理。" in chinese
    named = (
        "- 仅供分析人员查阅，不得告知客户：客户C00012（联系人、设备）、客户C00044（转账）、另有1个"
    )
    assert named in chinese


@pytest.mark.parametrize("language", Language)
def test_what_the_customer_is_sent_names_no_other_customer(language):
    told = explanation_lines(FROZEN, language)
    naming = [line for line in told if "C00012" in line or "C00044" in line]
    assert len(naming) == 1
    assert told[1] not in naming


def test_an_account_that_stays_frozen_says_since_when():
    kept = replace(FROZEN.state, before=AccountStatus.FROZEN, since=None, causes=(), exit=None)
    lines = explanation_lines(replace(FROZEN, state=kept))
    assert "State: frozen since a day that is not known" in lines
    assert "The lender's own books froze the account, and they end it." in lines
    assert not [line for line in explanation_lines(FROZEN) if "own books" in line]


def test_a_closure_says_from_which_day_on_and_below_which_bounds_it_reopens():
    closed = StateHeld(
        AccountStatus.INCREASES_CLOSED,
        date(2024, 1, 31),
        (ReasonCode.OVERDUE, ReasonCode.LOAN_APPLICATION_BURST),
        date(2024, 4, 30),
    )
    told = replace(
        HELD.state,
        after=AccountStatus.INCREASES_CLOSED,
        exit=state_exit(closed, shipped_policy()),
    )
    lines = explanation_lines(replace(HELD, state=told))
    start = lines.index(
        "Increases reopen with the first decision from 2024-05-01 on that finds each cause gone:"
    )
    assert lines[start + 1 : start + 3] == (
        "- the latest bill less than 1 day past due [overdue]",
        "- fewer than 2 applications for loans in 7 days and fewer than 3 in 30 "
        "[loan_application_burst]",
    )
