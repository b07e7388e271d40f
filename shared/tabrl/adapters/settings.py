"""All settings of all services, read from `TABRL_…` environment variables."""

from __future__ import annotations

from ipaddress import ip_network
from pathlib import Path
from typing import Annotated, Literal, TypeAlias

from pydantic import Field, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from tabrl.adapters.web.address import is_loopback

LogIn: TypeAlias = Literal["none", "token", "proxy"]
Limit: TypeAlias = Annotated[int | None, Field(ge=0)]


class Settings(BaseSettings):
    """Where the parts are and how jobs are held. Empty URLs point into the data directory."""

    model_config = SettingsConfigDict(env_prefix="TABRL_", frozen=True, extra="ignore")

    data: Path = Field(default=Path("var"), description="Directory for everything kept on disk.")
    database_url: str = Field(
        default="", description="`sqlite:///…` or `postgresql+psycopg://…`; empty: in the data dir."
    )
    redis_url: str = Field(
        default="redis://127.0.0.1:6379/0",
        description="`redis://…`, `unix:///socket` or `redis+socket:///socket`.",
    )
    blob_url: str = Field(
        default="",
        description="`file:///…`, `s3://bucket[/prefix]` or `memory://`; empty: data dir.",
    )

    host: str = Field(default="127.0.0.1", description="Address the servers bind to.")
    port: int = Field(default=8400, description="Port of the api.")
    inference_port: int = Field(default=8401, description="Port of the inference server.")
    inference_url: str = Field(
        default="",
        description="Public `ws://` base of inference, or several, separated by commas, among "
        "which models are shared out; empty: 127.0.0.1 and its port.",
    )
    exporter_port: int = Field(default=8403, description="Port of the exporter.")
    exporter_url: str = Field(
        default="",
        description="`http://` address of the exporter; empty: 127.0.0.1 and its port.",
    )
    allowed_origins: Annotated[tuple[str, ...], NoDecode] = Field(
        default=(), description="Comma-separated origins allowed beside the server's own."
    )
    allowed_hosts: Annotated[tuple[str, ...], NoDecode] = Field(
        default=(), description="Comma-separated host names allowed beside loopback; `*`: any."
    )
    auth: Literal["auto", "none", "token", "proxy"] = Field(
        default="auto",
        description="Who logs in: `none`: nobody; `token`: everybody, with a token; `proxy`: a "
        "trusted proxy says who it is; `auto`: `none` on loopback, `token` on other addresses.",
    )
    trusted_proxies: Annotated[tuple[str, ...], NoDecode] = Field(
        default=(), description="Comma-separated addresses or networks of proxies in front."
    )
    proxy_user_header: str = Field(
        default="X-Forwarded-Email", description="Header in which a trusted proxy says who it is."
    )

    # Unset: a default where people log in (`tabrl.adapters.owner_limits`), none elsewhere.
    limit_requests: Limit = Field(default=None, description="Requests a minute of one owner.")
    limit_jobs: Limit = Field(default=None, description="Jobs of one owner that wait or run.")
    limit_models: Limit = Field(default=None, description="Stored models of one owner.")
    limit_llm_usd: Annotated[float | None, Field(ge=0.0)] = Field(
        default=None, description="Dollars a day (UTC) for language models, of one owner."
    )
    limit_connections: Limit = Field(
        default=None, description="Inference connections of one owner or address at a time."
    )
    limit_messages: Limit = Field(
        default=None, description="States a second that inference reads of one owner or address."
    )

    metrics_port: int | None = Field(
        default=None, description="Port of a worker's /metrics, /healthz and /readyz; unset: none."
    )
    web_dist: Path = Field(default=Path("web/dist"), description="The built page.")

    # The registry reads these two itself, and so does every program that is no service.
    robots: str = Field(
        default="", description="Folders with robots of your own, separated by `:`."
    )
    embodiments: str = Field(
        default="", description="Python packages of your own kinds of robot, separated by commas."
    )

    llm_model: str = Field(default="", description="litellm model; empty: the offline composer.")
    llm_api_base: str = Field(default="", description="Address of an OpenAI-compatible server.")

    simulator: Literal["auto", "cpu", "mjx", "warp"] = Field(
        default="auto",
        description="Physics of a training: `cpu`, `mjx`, `warp`; `auto`: `mjx` on a GPU.",
    )

    keep_days: int = Field(
        default=90, ge=0, description="Days until an unused task without a star goes; 0: never."
    )
    compiled_mb: int = Field(
        default=4096, ge=0, description="Room for compiled graphs in megabytes; 0: no limit."
    )

    lease_s: float = Field(
        default=15.0, gt=0.0, description="How long a silent worker holds a job."
    )
    heartbeat_s: float = Field(default=3.0, gt=0.0, description="How often a lease is extended.")
    stall_s: float = Field(
        default=30.0,
        gt=0.0,
        description="How long a job may show no progress; longer while it compiles or measures.",
    )
    deadline_floor_s: float = Field(
        default=900.0,
        gt=0.0,
        description="A job may take three times what such jobs took lately, or this if it is more.",
    )
    price_per_hour: float | None = Field(
        default=None,
        ge=0.0,
        description="US dollars for an hour of a trainer, for quotes; unset: not known.",
    )
    max_attempts: int = Field(default=5, ge=1, description="Claims before a job is given up.")

    @field_validator("allowed_origins", "allowed_hosts", "trusted_proxies", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        if isinstance(value, str):
            return tuple(part.strip().rstrip("/") for part in value.split(",") if part.strip())
        return value

    @field_validator("auth", mode="before")
    @classmethod
    def _unset(cls, value: object) -> object:
        return value or "auto"  # as compose files leave what nobody set

    @field_validator("trusted_proxies")
    @classmethod
    def _networks(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for part in value:
            ip_network(part, strict=False)  # or raise ValueError
        return value

    @property
    def log_in(self) -> LogIn:
        """How people log in."""
        if self.auth == "auto":
            return "none" if is_loopback(self.host) else "token"
        return self.auth

    @property
    def database(self) -> str:
        """URL of the database."""
        return self.database_url or f"sqlite:///{(self.data / 'tabrl.db').absolute()}"

    @property
    def blobs(self) -> str:
        """URL of the object store."""
        return self.blob_url or (self.data / "objects").absolute().as_uri()

    @property
    def exporter(self) -> str:
        """Where the api asks for exports."""
        return self.exporter_url or f"http://127.0.0.1:{self.exporter_port}"

    @property
    def inference(self) -> tuple[str, ...]:
        """Base URLs under which browsers reach inference servers, without trailing slashes."""
        given = (one.strip().rstrip("/") for one in self.inference_url.split(","))
        return tuple(one for one in given if one) or (f"ws://127.0.0.1:{self.inference_port}",)
