"""Every setting of the process: its variable, its unit, its default, its reason.

What staff change at run time (capacity, service level, targets, mail) is not here: it lives in
the app database (`data_access/state/preferences.py`).
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import Field, SecretStr, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """Read from the environment and `.env`; what cannot be used is refused at start."""

    # The prefix keeps a field's own name (as in `Settings(home=…)`) from being looked up bare in
    # the environment, where HOME, HOST and PORT mean something else.
    model_config = SettingsConfigDict(
        env_file=".env", env_prefix="SHOPSIGHT_", extra="ignore", populate_by_name=True
    )

    home: Path = Field(
        Path("var"),
        validation_alias="SHOPSIGHT_HOME",
        description="Folder of everything that is kept; two homes never meet.",
    )
    shop_database_url: str | None = Field(
        None,
        validation_alias="SHOP_DATABASE_URL",
        description="The shop's own database (SQLite or PostgreSQL), read only. "
        "Default: shop.db in the home.",
    )
    app_database_url: str | None = Field(
        None,
        validation_alias="APP_DATABASE_URL",
        description="Users, decisions, audit, jobs and models (SQLite or PostgreSQL). "
        "Default: app.db, jobs.db and models.db in the home.",
    )
    artifact_url: str | None = Field(
        None,
        validation_alias="ARTIFACT_URL",
        description="Folder of snapshots, forecasts and model files, shared by all processes. "
        "Default: artifacts/ in the home.",
    )
    currency: str = Field(
        "EUR",
        validation_alias="SHOP_CURRENCY",
        pattern="^[A-Z]{3}$",
        description="Currency of all money in the shop, ISO 4217.",
    )
    time_zone: str = Field(
        "Europe/Berlin",
        validation_alias="SHOP_TIME_ZONE",
        description="Zone of the shop's days and weeks, IANA name.",
    )
    country: str = Field(
        "DE",
        validation_alias="SHOP_COUNTRY",
        description="Country whose public holidays are marked, ISO 3166-1 alpha-2.",
    )
    host: str = Field(
        "127.0.0.1", validation_alias="SHOPSIGHT_HOST", description="Address that the web binds to."
    )
    port: int = Field(
        8501,
        validation_alias="SHOPSIGHT_PORT",
        ge=0,
        le=65535,
        description="Port of the web; 0 takes any free one and says which.",
    )
    hash_key: SecretStr | None = Field(
        None,
        validation_alias="SHOPSIGHT_HASH_KEY",
        description="Key of the hashes that stand for personal data in snapshots. "
        "Default: made once and kept in the home.",
    )
    secure_cookie: bool = Field(
        False,
        validation_alias="SHOPSIGHT_SECURE_COOKIE",
        description="Mark the session cookie Secure; set it behind HTTPS.",
    )
    session_hours: float = Field(
        12.0,
        validation_alias="SHOPSIGHT_SESSION_HOURS",
        gt=0,
        description="Hours after which a login ends.",
    )
    worker_slot: str = Field(
        "worker-1",
        validation_alias="SHOPSIGHT_WORKER_SLOT",
        description="Fixed name of this worker; a name in use is refused.",
    )
    refresh_minutes: float = Field(
        60.0,
        validation_alias="SHOPSIGHT_REFRESH_MINUTES",
        gt=0,
        description="Minutes between two scheduled refreshes of the snapshot.",
    )
    duckdb_memory_mb: int = Field(
        2048,
        validation_alias="SHOPSIGHT_DUCKDB_MEMORY_MB",
        ge=256,
        description="Memory limit of the analytics engine in one process, MiB.",
    )
    duckdb_threads: int = Field(
        2,
        validation_alias="SHOPSIGHT_DUCKDB_THREADS",
        ge=1,
        description="Threads of the analytics engine in one process.",
    )
    job_memory_mb: int = Field(
        6144,
        validation_alias="SHOPSIGHT_JOB_MEMORY_MB",
        ge=512,
        description="Memory limit of one job, MiB.",
    )
    log_level: str = Field(
        "INFO",
        validation_alias="SHOPSIGHT_LOG_LEVEL",
        description="Least severe message that is logged.",
    )

    @field_validator("time_zone")
    @classmethod
    def _zone_exists(cls, value: str) -> str:
        try:
            ZoneInfo(value)
        except (ZoneInfoNotFoundError, ValueError) as error:
            raise ValueError(f"there is no time zone called {value!r}") from error
        return value

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.time_zone)

    @property
    def shop_url(self) -> str:
        return self.shop_database_url or _sqlite(self.home / "shop.db")

    @property
    def app_url(self) -> str:
        return self.app_database_url or _sqlite(self.home / "app.db")

    @property
    def jobs_url(self) -> str:
        """Where DBOS keeps its tables: a file of its own, or the schema `dbos`."""
        return self.app_database_url or _sqlite(self.home / "jobs.db")

    @property
    def models_url(self) -> str:
        """Where MLflow keeps its tables: a file of its own, or the schema `mlflow`."""
        return self.app_database_url or _sqlite(self.home / "models.db")

    @property
    def artifacts(self) -> Path:
        return Path(self.artifact_url) if self.artifact_url else self.home / "artifacts"

    @property
    def embedded(self) -> bool:
        """True where the app database is the embedded default."""
        return self.app_database_url is None


def _sqlite(path: Path) -> str:
    return f"sqlite:///{path.resolve()}"


@lru_cache(maxsize=1)
def get_settings() -> Settings:
    """The settings of this process, read once."""
    return Settings()
