"""What the tests of decisions share: one lender with a certified champion, and its first batch."""

import pytest

from tests.lender_platforms import copied, lender_with_champion
from tests.promotion_samples import AS_OF
from tidegate.operations.adjust_limits import AdjustLimitsRequest, adjust_limits
from tidegate.operations.platform import Platform


@pytest.fixture(scope="session")
def lender(tmp_path_factory: pytest.TempPathFactory) -> Platform:
    """A champion and no decisions; only ever to be copied."""
    return lender_with_champion(tmp_path_factory.mktemp("lender"))


@pytest.fixture(scope="session")
def decided(lender: Platform, tmp_path_factory: pytest.TempPathFactory) -> Platform:
    """The same with the decisions of one day; only ever to be read and copied."""
    opened = copied(lender, tmp_path_factory.mktemp("decided"))
    adjust_limits(opened, AdjustLimitsRequest(as_of=AS_OF))
    return opened
