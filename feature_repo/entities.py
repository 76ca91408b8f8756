"""The one entity: a feature belongs to an account, also where it tells of the customer."""

from feature_repo.unchecked import Entity, ValueType


def account() -> Entity:
    """The account, joined by ``account_id``."""
    return Entity(
        name="account",
        join_keys=["account_id"],
        value_type=ValueType.STRING,
        description="a revolving line of one customer",
    )
