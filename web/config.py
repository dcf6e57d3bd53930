"""Settings, read from the environment (``XUNCHA_…``); ``docs/settings.md`` has a row for each."""

from __future__ import annotations

import ipaddress
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Literal
from zoneinfo import ZoneInfo, available_timezones

from pydantic import Field, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

LOCALES = ("zh", "en")
MEGABYTE = 1024 * 1024


class Settings(BaseSettings):
    """How one process of the application is set up. Every field has a default that is right on a laptop."""

    model_config = SettingsConfigDict(env_prefix="XUNCHA_", extra="ignore", frozen=True)

    title: str = Field(default="Xuncha", description="Name of the installation, shown in the head of every page.")
    state: Path = Field(
        default=Path("state"),
        description="Folder for the SQLite database and the keys; readable by its owner only.",
    )
    database_url: str = Field(
        default="",
        description="SQLAlchemy URL, such as postgresql+psycopg://user@host/name; empty: SQLite in the state folder.",
    )
    synchronous: Literal["full", "normal"] = Field(
        default="full",
        description="SQLite: full: what was acknowledged outlives a loss of power; normal: quicker, and may lose it.",
    )
    database_seconds: float = Field(
        default=30,
        ge=1,
        le=50,
        description="PostgreSQL: how long a statement may take, and a machine be silent in the middle of a command.",
    )
    processes: Path = Field(
        default=Path("processes"), description="Folder whose definitions and policy are released at set-up."
    )
    host: str = Field(
        default="127.0.0.1", description="Address to listen on; a demonstration listens on loopback only."
    )
    port: int = Field(default=8000, ge=0, le=65535, description="Port to listen on.")
    threads: int = Field(default=8, ge=1, le=64, description="Requests answered at the same time by one process.")
    connections: int = Field(
        default=1000,
        ge=10,
        le=20_000,
        description="Connections at the same time; when full, who has asked for nothing longest gives way.",
    )
    head_seconds: float = Field(
        default=10, gt=0, le=300, description="Within this a client has to have said what it wants: a request's head."
    )
    head_bytes: int = Field(default=32_768, ge=4096, le=262_144, description="How long the head of a request may be.")
    keep_alive_seconds: float = Field(
        default=75, gt=0, le=3600, description="A connection is kept this long after an answer, for the next request."
    )
    grace_seconds: float = Field(
        default=20,
        gt=0,
        le=3600,
        description="How long a body or an answer may move more slowly than LEAST_RATE.",
    )
    least_rate: int = Field(
        default=8192, ge=1, le=10**9, description="Bytes a second that a body or an answer has to move at."
    )
    trusted_hosts: str = Field(
        default="",
        description="Host names under which it may be opened, separated by commas; empty: loopback and HOST.",
    )
    proxies: int = Field(
        default=0, ge=0, le=5, description="How many reverse proxies in front set X-Forwarded-For, -Proto and -Host."
    )
    secure: bool | None = Field(
        default=None, description="Cookies over HTTPS only; empty: yes, unless HOST is loopback."
    )
    zone: str = Field(
        default="Asia/Shanghai", description="Time zone in which dates are shown, deadlines counted and timers read."
    )
    locale: str = Field(default="zh", description="Language for people who have chosen none: zh or en.")
    idle_minutes: int = Field(default=30, ge=1, le=720, description="A session ends after this long without a request.")
    session_hours: int = Field(default=12, ge=1, le=24, description="A session ends after this long, used or not.")
    ready_seconds: float = Field(
        default=3, gt=0, le=60, description="How long /ready waits for the database before it answers 503."
    )
    unsent_files: int = Field(
        default=200, ge=1, le=10_000, description="Files that one person may have attached and not handed in."
    )
    unsent_megabytes: int = Field(
        default=500, ge=20, le=100_000, description="Megabytes that these files may have together."
    )
    answer_days: int = Field(
        default=30,
        ge=0,
        le=36_500,
        description="Days for which what is sent twice under one key is done once; 0: for ever.",
    )
    message_days: int = Field(
        default=30,
        ge=0,
        le=36_500,
        description="Days after which messages that have been delivered or have expired are deleted; 0: never.",
    )
    guesses: int = Field(
        default=5, ge=1, le=50, description="Wrong passwords for one account from one address before one rests."
    )
    account_guesses: int = Field(
        default=50,
        ge=1,
        le=10_000,
        description="Wrong passwords for one account in a quarter of an hour, from all addresses new to it.",
    )
    address_guesses: int = Field(
        default=100,
        ge=1,
        le=100_000,
        description="Wrong passwords from one address in a quarter of an hour, for all accounts new to it.",
    )
    log_level: str = Field(default="info", description="debug, info, warning or error.")

    @field_validator("zone")
    @classmethod
    def _known_zone(cls, value: str) -> str:
        if value not in available_timezones():
            raise ValueError("no such time zone; use a name like Asia/Shanghai")
        return value

    @field_validator("locale")
    @classmethod
    def _known_locale(cls, value: str) -> str:
        if value not in LOCALES:
            raise ValueError(f"choose one of {', '.join(LOCALES)}")
        return value

    @field_validator("log_level")
    @classmethod
    def _known_level(cls, value: str) -> str:
        if value.lower() not in ("debug", "info", "warning", "error"):
            raise ValueError("choose one of debug, info, warning, error")
        return value.lower()

    @property
    def url(self) -> str:
        """The database, with the default worked out."""
        return self.database_url or f"sqlite:///{self.state / 'xuncha.db'}"

    @property
    def is_loopback(self) -> bool:
        """Whether only this machine can reach the application."""
        return is_loopback(self.host)

    @property
    def is_secure(self) -> bool:
        """Whether cookies travel over HTTPS only."""
        return not self.is_loopback if self.secure is None else self.secure

    @property
    def hosts(self) -> list[str]:
        """Names under which the application answers."""
        named = [each.strip() for each in self.trusted_hosts.split(",") if each.strip()]
        host = f"[{self.host}]" if ":" in self.host else self.host
        return named or ["localhost", "127.0.0.1", "[::1]", *([] if self.is_loopback else [host])]

    @property
    def zone_info(self) -> ZoneInfo:
        """The zone, ready for use."""
        return ZoneInfo(self.zone)


def is_loopback(host: str) -> bool:
    """Whether an address to listen on is reachable from this machine only."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


@cache
def release_number() -> str:
    """Version of this program."""
    try:
        return version("xuncha")
    except PackageNotFoundError:
        return "0"
