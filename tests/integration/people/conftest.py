"""What the tests of people who sign share: one small lender with three who may approve."""

from pathlib import Path

import pytest

from tests.people_samples import PEOPLE, new_lender
from tidegate.adapters.signing import Signer, make_key
from tidegate.operations.platform import Platform


@pytest.fixture(scope="session")
def people_keys(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Files with private keys: three approvers and one who is none."""
    folder = tmp_path_factory.mktemp("people")
    return {name: folder / f"{name}.pem" for name in (*PEOPLE, "Stranger")}


@pytest.fixture(scope="session")
def people_signers(people_keys: dict[str, Path]) -> dict[str, Signer]:
    """The keys themselves."""
    return {name: make_key(path) for name, path in people_keys.items()}


@pytest.fixture(scope="session")
def people_lender(
    tmp_path_factory: pytest.TempPathFactory, people_signers: dict[str, Signer]
) -> Platform:
    """Version 1 is champion, 2 is registered; only ever to be copied."""
    return new_lender(tmp_path_factory.mktemp("lender"), people_signers)
