"""The platform: the core's tools, opened once from the settings and handed to every operation."""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import BaseModel

from credit_limits.ledger.entry import Entry, EntryKind
from tidegate.adapters.clock import Clock, SystemClock
from tidegate.adapters.control_db import Ledger, open_control_db
from tidegate.adapters.lake import Lake
from tidegate.adapters.settings import Settings, load_settings

if TYPE_CHECKING:
    from tidegate.adapters.feature_store import FeatureStore
    from tidegate.adapters.registry import Registry


@dataclass(frozen=True)
class Platform:
    """Settings, clock and tools. Each tool is opened when it is first used, since some are slow."""

    settings: Settings
    clock: Clock

    @cached_property
    def lake(self) -> Lake:
        """The Delta tables."""
        return Lake(self.settings.lake_dir, self.settings.protected_dir, self.settings.threads)

    @cached_property
    def ledger(self) -> Ledger:
        """The hash-chained ledger in the control database."""
        return Ledger(open_control_db(self.settings.control_db), self.clock)

    @cached_property
    def feature_store(self) -> "FeatureStore":
        """Feast, over the feature snapshots."""
        from tidegate.adapters.feature_store import FeatureStore

        return FeatureStore(self.settings)

    @cached_property
    def registry(self) -> "Registry":
        """MLflow's model registry."""
        from tidegate.adapters.registry import Registry

        return Registry(self.settings)

    def record(self, kind: EntryKind, value: BaseModel, *, key: str) -> Entry:
        """The value as an entry of the ledger, by whom the settings name; a key is one entry."""
        payload = value.model_dump(mode="json")
        return self.ledger.append(kind, self.settings.actor, payload, key=key)

    def at_entry(self, sequence: int) -> "Platform":
        """The same platform, whose ledger ends with this entry: for questions about the past."""
        past = Platform(self.settings, self.clock)
        past.__dict__["ledger"] = self.ledger.up_to(sequence)  # what cached_property would fill in
        return past

    def policies(self, *parts: str) -> Path:
        """The folder of a kind of policy, for instance ``policies("gates", "default_risk")``."""
        return self.settings.policies_dir.joinpath(*parts)


def open_platform(settings: Settings | None = None) -> Platform:
    """The platform of these settings, or of those in the environment."""
    return Platform(settings or load_settings(), SystemClock())
