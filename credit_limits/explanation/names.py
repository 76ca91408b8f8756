"""Products, segments, states and kinds of link in words, in English and Chinese."""

from credit_limits.domain.account import AccountStatus, LinkKind, Product, Segment

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
