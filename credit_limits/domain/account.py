"""What an account is, its product and its state, and what is seen of its customer."""

from enum import StrEnum


class Product(StrEnum):
    """The two revolving lines a customer may have."""

    PAY_LATER = "pay_later"
    CASH_LOAN = "cash_loan"


class AccountStatus(StrEnum):
    """States of an account; ``increases_closed`` forbids a raise and nothing else."""

    OPEN = "open"
    INCREASES_CLOSED = "increases_closed"
    FROZEN = "frozen"
    CLOSED = "closed"


class Segment(StrEnum):
    """Who the customer is to the lender."""

    CONSUMER = "consumer"
    MICRO_MERCHANT = "micro_merchant"


class Scenario(StrEnum):
    """What a transaction was for."""

    RETAIL = "retail"
    CATERING = "catering"
    TRAVEL = "travel"
    EDUCATION = "education"
    MEDICAL = "medical"
    ELECTRONICS = "electronics"
    TRANSFER = "transfer"
    CASH = "cash"
    BUSINESS = "business"


class ActivityKind(StrEnum):
    """What a customer did in the app, other than paying."""

    LOGIN = "login"
    LOAN_APPLICATION = "loan_application"
    DEVICE_CHANGE = "device_change"
    WEALTH_MANAGEMENT = "wealth_management"
    DISPUTED_TRANSACTION = "disputed_transaction"


class LinkKind(StrEnum):
    """How two customers are linked."""

    DEVICE = "device"
    TRANSFER = "transfer"
    CONTACT = "contact"


class BureauStatus(StrEnum):
    """Worst state of a customer's lines elsewhere, mildest first."""

    CURRENT = "current"
    DPD_30 = "dpd_30"
    DPD_60 = "dpd_60"
    DPD_90 = "dpd_90"
    CHARGED_OFF = "charged_off"
