"""Money is whole minor units (fen, one hundredth of a yuan), never a float.

Columns and names that hold money end in ``_minor``.
"""

MINOR_PER_YUAN = 100


def yuan(amount: int) -> int:
    """Minor units of a whole amount of yuan.

    >>> yuan(50)
    5000
    """
    return amount * MINOR_PER_YUAN


def format_yuan(amount_minor: int) -> str:
    """A readable amount: thousands separated, fen only where there are any.

    >>> format_yuan(30_000_000), format_yuan(-123_456)
    ('300,000', '-1,234.56')
    """
    sign = "-" if amount_minor < 0 else ""
    whole, minor = divmod(abs(amount_minor), MINOR_PER_YUAN)
    return f"{sign}{whole:,}.{minor:02d}" if minor else f"{sign}{whole:,}"
