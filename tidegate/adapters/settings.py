"""The one settings object: where a run keeps its things and which servers it talks to.

Read from environment variables with the prefix ``TIDEGATE_``. What decides about credit is never
a setting: it stands in the dated files under ``policies/``.
"""

import getpass
from pathlib import Path

from pydantic import Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from credit_limits.domain.errors import SettingsError


class Settings(BaseSettings):
    """Everything that differs between one installation and another."""

    model_config = SettingsConfigDict(env_prefix="TIDEGATE_", frozen=True, extra="forbid")

    var_dir: Path = Field(Path("var"), description="folder that holds everything a run writes")
    policies_dir: Path = Field(Path("policies"), description="folder of the dated policy files")
    control_db_url: str = Field(
        "", description="SQLAlchemy address of the control database; SQLite under var_dir if empty"
    )
    mlflow_tracking_uri: str = Field(
        "", description="MLflow's tracking address; SQLite under var_dir if empty"
    )
    actor: str = Field(
        default_factory=getpass.getuser, description="who asks, as the ledger records it"
    )
    prefect_port: int = Field(4200, ge=1024, le=65535, description="port of the Prefect UI")
    mlflow_port: int = Field(5000, ge=1024, le=65535, description="port of the MLflow UI")
    notify_webhook_url: str = Field(
        "", description="http(s) address that notices are posted to; they are only logged if empty"
    )
    notify_webhook_secret: SecretStr = Field(
        SecretStr(""),
        description="key of the signature (HMAC-SHA256) under a posted notice; an address needs it",
    )
    threads: int = Field(2, ge=1, le=1024, description="threads for training and SQL")

    @property
    def root(self) -> Path:
        """``var_dir`` made absolute."""
        return self.var_dir.resolve()

    @property
    def lake_dir(self) -> Path:
        """Delta tables."""
        return self.root / "lake"

    @property
    def protected_dir(self) -> Path:
        """Delta tables that only fairness checks may read."""
        return self.root / "lake_protected"

    @property
    def features_dir(self) -> Path:
        """Feature snapshots, a folder a view."""
        return self.root / "features"

    @property
    def quality_dir(self) -> Path:
        """Data Docs, a folder a batch."""
        return self.root / "quality"

    @property
    def reports_dir(self) -> Path:
        """Cycle and drift reports."""
        return self.root / "reports"

    @property
    def mlflow_dir(self) -> Path:
        """MLflow's database and artefacts."""
        return self.root / "mlflow"

    @property
    def prefect_dir(self) -> Path:
        """Prefect's home."""
        return self.root / "prefect"

    @property
    def keys_dir(self) -> Path:
        """The platform's own signing key, and the public key that its ledger began with."""
        return self.root / "keys"

    @property
    def logs_dir(self) -> Path:
        """What the servers print."""
        return self.root / "logs"

    @property
    def control_db(self) -> str:
        """Address of the control database, the default resolved."""
        return self.control_db_url or f"sqlite:///{self.root / 'control.db'}"

    @property
    def mlflow_uri(self) -> str:
        """Address of MLflow's tracking store, the default resolved."""
        return self.mlflow_tracking_uri or f"sqlite:///{self.mlflow_dir / 'mlflow.db'}"


def load_settings() -> Settings:
    """Settings from the environment; :class:`SettingsError` names each variable that is wrong."""
    try:
        return Settings()
    except ValidationError as error:
        problems = "; ".join(
            f"TIDEGATE_{'_'.join(str(part) for part in item['loc']).upper()}: {item['msg']}"
            for item in error.errors()
        )
        raise SettingsError(f"settings cannot be used: {problems}") from error
