"""One lender with a champion, made once for all that only read it or copy it."""

import pytest

from tests.lender_platforms import lender_with_champion
from tidegate.operations.platform import Platform


@pytest.fixture(scope="session")
def lender(tmp_path_factory: pytest.TempPathFactory) -> Platform:
    """A lender with both products, a champion and no decisions."""
    return lender_with_champion(tmp_path_factory.mktemp("lender"))
