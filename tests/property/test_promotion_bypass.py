"""A thousand ways round the gate: whatever is tampered with, no model is handed out."""

import shutil
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy.exc import IntegrityError

from credit_limits.domain.errors import LedgerBroken, NoCertifiedChampion, TidegateError
from credit_limits.ledger.entry import EntryKind
from tests.promotion_samples import (
    MODEL,
    accept_sample,
    ingest_sample,
    open_sample,
    recalibrated,
    train_sample,
)
from tidegate.operations.champion import load_champion
from tidegate.operations.platform import Platform
from tidegate.operations.promote_model import PromoteModelRequest, promote_model


@pytest.fixture(scope="module")
def promoted(tmp_path_factory: pytest.TempPathFactory) -> Platform:
    """Version 1 is champion, 2 was refused, 3 was never judged."""
    opened = open_sample(tmp_path_factory.mktemp("lender"))
    ingest_sample(opened)
    train_sample(opened, "1")
    assert promote_model(opened, PromoteModelRequest()).cleared
    train_sample(opened, "2", intercept=1.0)
    assert not promote_model(opened, PromoteModelRequest()).cleared
    train_sample(opened, "3", rounds=90)
    return opened


def tampered(promoted: Platform, folder: Path) -> Platform:
    """The same state, open to anyone who can write to the registry or the control database."""
    folder.mkdir(exist_ok=True)
    ledger = folder / "control.db"
    shutil.copy(promoted.settings.control_db.removeprefix("sqlite:///"), ledger)
    opened = open_sample(promoted.settings.var_dir, control_db_url=f"sqlite:///{ledger}")
    opened.__dict__["registry"] = promoted.registry.copy()
    opened.__dict__["feature_store"] = promoted.feature_store
    return opened


def alter_ledger(platform: Platform, statement: str) -> None:
    """Alter it, unless the database itself refuses: no two entries have one kind and key."""
    with suppress(IntegrityError), platform.ledger.engine.begin() as connection:
        connection.exec_driver_sql(statement)


def shift_model(platform: Platform, version: str, slope: float) -> None:
    stored = platform.registry.versions[version]
    platform.registry.versions[version] = replace(
        stored, model=recalibrated(stored.model, slope=slope)
    )


def swap_model(platform: Platform, version: str, other: str) -> None:
    """The stored version hands out the model of another, and says it is itself."""
    versions = platform.registry.versions
    versions[version] = replace(versions[version], model=versions[other].model)


def claim_service(platform: Platform, version: str) -> None:
    stored = platform.registry.versions[version]
    platform.registry.versions[version] = replace(stored, feature_service="default_risk_v1")


def forge_promotion(platform: Platform, version: str) -> None:
    """A promotion without its intention, appended as any program could."""
    platform.ledger.append(
        EntryKind.MODEL_PROMOTED,
        "intruder",
        {"model_name": MODEL, "version": version, "certificate_digest": "0" * 64},
        key=f"forged-{version}",
    )


def forge_tags(platform: Platform, version: str) -> None:
    champion = dict(platform.registry.tags["1"])
    platform.registry.tags.setdefault(version, {}).update(champion)


def point_at(platform: Platform, version: str) -> None:
    platform.registry.aliases["champion"] = version


def take_alias(platform: Platform) -> None:
    platform.registry.aliases.pop("champion", None)


other_versions = st.sampled_from(["2", "3", "4", "", "champion"])
stored_versions = st.sampled_from(["2", "3"])
TAMPERING: st.SearchStrategy[Callable[[Platform], None]] = st.one_of(
    other_versions.map(lambda version: lambda platform: point_at(platform, version)),
    st.floats(0.1, 3.0).map(lambda slope: lambda platform: shift_model(platform, "1", slope)),
    stored_versions.map(lambda other: lambda platform: swap_model(platform, "1", other)),
    st.just(lambda platform: claim_service(platform, "1")),
    stored_versions.map(lambda version: lambda platform: forge_promotion(platform, version)),
    st.just(take_alias),
    st.sampled_from(
        [
            "UPDATE ledger_entries SET actor = 'x' WHERE sequence = {}",
            "UPDATE ledger_entries SET key = 'x' WHERE sequence = {}",
            "UPDATE ledger_entries SET kind = 'drift_watched' WHERE sequence = {}",
            "DELETE FROM ledger_entries WHERE sequence = {}",
            "UPDATE ledger_entries SET payload = '{{}}' WHERE sequence = {}",
            "UPDATE ledger_entries SET payload_digest = '0' WHERE sequence = {}",
        ]
    ).flatmap(
        lambda statement: st.integers(1, 4).map(
            lambda entry: lambda platform: alter_ledger(platform, statement.format(entry))
        )
    ),
)


@settings(max_examples=150)
@given(changes=st.lists(TAMPERING, min_size=1, max_size=3))
def test_nothing_but_the_certified_champion_is_ever_handed_out(promoted, tmp_path, changes):
    platform = tampered(promoted, tmp_path)
    for change in changes:
        change(platform)
    try:
        champion = load_champion(platform, MODEL)
    except TidegateError:
        return
    assert champion.version == "1"
    certified = promoted.registry.versions["1"].model.artefact_digest
    assert champion.loaded.model.artefact_digest == certified
    assert champion.certificate.artefact_digest == certified


@pytest.mark.parametrize("version", ["2", "3"])
def test_a_model_with_every_outward_sign_of_a_champion_is_refused(promoted, tmp_path, version):
    platform = tampered(promoted, tmp_path)
    forge_tags(platform, version)
    point_at(platform, version)
    forge_promotion(platform, version)
    with pytest.raises(NoCertifiedChampion, match="champion without a certificate"):
        load_champion(platform, MODEL)


def test_the_certificate_of_one_version_does_not_serve_another(promoted, tmp_path):
    platform = tampered(promoted, tmp_path)
    swap_model(platform, "1", "3")
    with pytest.raises(NoCertifiedChampion, match="artefact_digest is"):
        load_champion(platform, MODEL)


def test_an_entry_put_between_breaks_the_chain(promoted, tmp_path):
    platform = tampered(promoted, tmp_path)
    alter_ledger(platform, "UPDATE ledger_entries SET sequence = 99 WHERE sequence = 2")
    with pytest.raises(LedgerBroken):
        load_champion(platform, MODEL)


def test_untouched_it_is_handed_out(promoted, tmp_path):
    platform = tampered(promoted, tmp_path)
    accept_sample(platform)
    assert load_champion(platform, MODEL).version == "1"
