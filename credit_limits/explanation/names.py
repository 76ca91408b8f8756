"""Products, segments, uses, states, kinds of link and measures in words, in English and Chinese."""

from credit_limits.domain.account import AccountStatus, LinkKind, Product, Scenario, Segment
from credit_limits.policy.portfolio_caps import Measure
from credit_limits.policy.ratio_rows import AveragedMeasure

PRODUCT_NAMES: dict[Product, tuple[str, str]] = {
    Product.PAY_LATER: ("pay-later line", "先享后付"),
    Product.CASH_LOAN: ("cash-loan line", "现金借款"),
}
"""English and Chinese name of every product."""

SEGMENT_NAMES: dict[Segment, tuple[str, str]] = {
    Segment.CONSUMER: ("consumers", "个人消费者"),
    Segment.MICRO_MERCHANT: ("micro-merchants", "小微商户"),
}
"""English and Chinese name of every segment."""

STATE_NAMES: dict[AccountStatus, tuple[str, str]] = {
    AccountStatus.OPEN: ("open", "正常"),
    AccountStatus.INCREASES_CLOSED: ("closed to increases", "关闭提额"),
    AccountStatus.FROZEN: ("frozen", "冻结"),
    AccountStatus.CLOSED: ("closed", "已销户"),
}
"""English and Chinese name of every state."""

LINK_KIND_NAMES: dict[LinkKind, tuple[str, str]] = {
    LinkKind.DEVICE: ("device", "设备"),
    LinkKind.TRANSFER: ("transfer", "转账"),
    LinkKind.CONTACT: ("contact", "联系人"),
}
"""English and Chinese name of every kind of link."""

MEASURE_NAMES: dict[Measure | AveragedMeasure, tuple[str, str]] = {
    Measure.LIMIT: ("limits", "授信额度"),
    Measure.EXPOSURE: ("exposure", "违约风险敞口"),
    Measure.EXPECTED_LOSS: ("expected loss", "预期损失"),
    Measure.PROVISION: ("provisions", "拨备"),
    Measure.FUNDED_BALANCE: ("the lender's own funds", "自有资金"),
    Measure.CHANGES: ("changes of limits", "额度调整"),
    AveragedMeasure.INCREASE: ("raises in its group", "所在客群提额"),
    AveragedMeasure.LIMIT_CHANGE: ("changes of limits in its group", "所在客群额度变动"),
}
"""English and Chinese name of what a cap adds up, or a ratio row averages."""

SCENARIO_NAMES: dict[Scenario, tuple[str, str]] = {
    Scenario.RETAIL: ("shopping", "日常购物"),
    Scenario.CATERING: ("restaurants", "餐饮"),
    Scenario.TRAVEL: ("travel", "旅行出行"),
    Scenario.EDUCATION: ("education", "教育"),
    Scenario.MEDICAL: ("medical care", "医疗"),
    Scenario.ELECTRONICS: ("electronics", "数码电子"),
    Scenario.TRANSFER: ("transfers", "转账"),
    Scenario.CASH: ("cash", "取现"),
    Scenario.BUSINESS: ("business", "经营"),
}
"""English and Chinese name of what a transaction is for."""
