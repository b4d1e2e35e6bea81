"""Settings from the environment (prefix GOALCOVER_, or the usual names of OpenAI and Azure), read when asked for."""

import re
from pathlib import Path
from typing import Any, Literal, get_args

from goalcover.agent.errors import InputError
from platformdirs import user_cache_path
from pydantic import AliasChoices, Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

Role = Literal[
    "clarifier", "decomposer", "judge", "analyst", "advisor", "generator", "discriminator", "companion", "embedding"
]
CHAT_ROLES: tuple[Role, ...] = get_args(Role)[:-1]
SHORT_KEY = 8
"""Characters; a shorter key, as servers of one's own are given, is also a word that people and samples say."""


class Settings(BaseSettings):
    """Everything a person may set outside a command's own options."""

    model_config = SettingsConfigDict(
        env_prefix="GOALCOVER_", frozen=True, env_ignore_empty=True, populate_by_name=True, hide_input_in_errors=True
    )

    cache_dir: Path = Field(default_factory=lambda: user_cache_path("goalcover", appauthor=False))
    """Where text vectors, and what was found out about models, are kept between runs; safe to delete."""

    checkpoints_url: SecretStr | None = None
    """A Postgres database that keeps the chats' state, `postgresql://user:password@host/name`; None: a file."""

    chroma_url: str | None = Field(default=None, pattern=r"^https?://[^/\s]+", repr=False)
    """A Chroma server that keeps the explanations of runs, `http://host:8000`; None: in each run's directory. What the
    server asks for by way of a login is set by Chroma's own variables, CHROMA_CLIENT_AUTH_*."""

    api_key: SecretStr | None = Field(default=None, validation_alias="OPENAI_API_KEY")
    base_url: str | None = Field(
        default=None, repr=False, validation_alias=AliasChoices("OPENAI_BASE_URL", "OPENAI_API_BASE")
    )
    """Of any OpenAI-compatible server, e.g. http://localhost:11434/v1; None: OpenAI's own."""
    azure_api_key: SecretStr | None = Field(default=None, validation_alias="AZURE_OPENAI_API_KEY")
    azure_endpoint: str | None = Field(default=None, repr=False, validation_alias="AZURE_OPENAI_ENDPOINT")
    """Given, the models are Azure deployments of these names."""
    azure_api_version: str | None = Field(default=None, validation_alias="OPENAI_API_VERSION")

    model: str | None = None
    """Plays every role that has no model of its own."""
    clarifier_model: str | None = None
    decomposer_model: str | None = None
    judge_model: str | None = None
    analyst_model: str | None = None
    advisor_model: str | None = None
    generator_model: str | None = None
    discriminator_model: str | None = None
    companion_model: str | None = None
    embedding_model: str | None = None
    """A model of the server's embeddings endpoint; without it the embedder of the extra `local` is used."""

    temperature: float | None = 0.0
    """Of every role but the generator; left out where a model does not take one."""
    generator_temperature: float | None = 0.8
    seed: int | None = 0
    """Left out where a server does not take one."""
    timeout: float = Field(default=120.0, gt=0)
    """Seconds for one answer, the whole of it."""
    attempts: int = Field(default=7, ge=1)
    """How often one call is tried when the server is busy or broken."""
    max_output_tokens: int | None = Field(default=None, ge=1)
    """A limit on one answer; None: the server's own."""
    context_length: int | None = Field(default=None, ge=1)
    """Tokens of a question and its answer, instead of what the server tells: for one that cuts what is longer without
    a word, as Ollama does at its `num_ctx`. None: as the server tells, if it does."""
    concurrency: int = Field(default=64, ge=1)
    """Most calls in flight while judging."""
    requests_per_minute: int | None = Field(default=None, ge=1)
    tokens_per_minute: int | None = Field(default=None, ge=1)
    price_prompt: float | None = Field(default=None, ge=0)
    """USD for a million prompt tokens, where the price library does not know the model."""
    price_cached: float | None = Field(default=None, ge=0)
    price_completion: float | None = Field(default=None, ge=0)

    @field_validator("base_url", "azure_endpoint")
    @classmethod
    def _is_an_address(cls, address: str | None) -> str | None:
        if address is None:
            return None
        if not re.match(r"https?://[^/\s]", address):
            raise ValueError("an address begins with http:// or https://")
        if re.match(r"[^/]*//[^/]*@", address):
            raise ValueError("a user and password do not belong in an address: OPENAI_API_KEY is what is sent")
        return address

    def __init__(self, **given: Any) -> None:
        """Raises InputError that names the variable which cannot be used."""
        try:
            super().__init__(**given)
        except ValidationError as error:
            fault = error.errors(include_input=False, include_url=False)[0]
            name = str(fault["loc"][0])
            variable = name if name.isupper() else f"GOALCOVER_{name.upper()}"
            raise InputError(
                f"the setting {variable} cannot be used: {fault['msg'].removeprefix('Value error, ')}"
            ) from error

    def model_for(self, role: Role) -> str | None:
        """The name of the model that plays a role; None when nobody named one. No embeddings model is ever guessed."""
        own: str | None = getattr(self, f"{role}_model")
        return own or (None if role == "embedding" else self.model)

    @property
    def has_server(self) -> bool:
        """Whether a key or a server is configured."""
        return bool(self.api_key or self.base_url or self.azure_endpoint)

    @property
    def has_key(self) -> bool:
        """Whether a key is configured."""
        return bool(self.azure_api_key or self.api_key)

    @property
    def key_name(self) -> str:
        """The variable that the key belongs in."""
        return "AZURE_OPENAI_API_KEY" if self.azure_endpoint else "OPENAI_API_KEY"

    @property
    def keys(self) -> tuple[str, ...]:
        """Every configured key, as it is."""
        given = (key.get_secret_value() for key in (self.api_key, self.azure_api_key) if key)
        return tuple(key for key in given if key)

    def without_keys(self, text: str) -> str:
        """The text with every configured key struck out."""
        for key in self.keys:
            found = re.escape(key) if len(key) >= SHORT_KEY else rf"(?<!\w){re.escape(key)}(?!\w)"
            text = re.sub(found, "***", text)
        return text
