"""Settings from the environment (prefix GOALCOVER_), read when asked for and never at import."""

from pathlib import Path

from platformdirs import user_cache_path
from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """Everything a person may set outside a command's own options."""

    model_config = SettingsConfigDict(env_prefix="GOALCOVER_", frozen=True)

    cache_dir: Path = Field(default_factory=lambda: user_cache_path("goalcover", appauthor=False))
    """Where text vectors are kept between runs; safe to delete."""
