"""What a deployment chooses, read once from the environment, typed, and refused where a combination is unsafe."""

import hashlib
import ipaddress
import os
import secrets
from datetime import datetime
from pathlib import Path
from typing import Annotated, Literal, Self
from urllib.parse import parse_qs, unquote, urlsplit

from pydantic import Field, field_validator, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from core.addresses import parse_networks

ROOT = Path(__file__).resolve().parent.parent
PROVIDERS = ("kite", "icici", "yahoo", "simulated", "replay")
ISCORE_SOURCES = ("feeds", "wikipedia", "yahoo")
Names = Annotated[tuple[str, ...], NoDecode]


class Config(BaseSettings):
    """Every setting of the platform. Names, meaning and defaults are listed in ``docs/settings.md``."""

    model_config = SettingsConfigDict(env_prefix="", case_sensitive=False, frozen=True, hide_input_in_errors=True)

    host: str = "127.0.0.1"
    port: int = Field(default=8000, ge=1, le=65535)
    base_url: str = ""
    state_dir: Path = ROOT / "var"
    database_url: str = ""
    redis_url: str = ""
    secret_key: str = ""
    credentials_keys: Names = ()
    email_url: str = ""
    support_email: str = Field(default="", pattern=r"^([^@\s<>\"]+@[^@\s<>\"]+)?$", max_length=254)
    admin_require_totp: bool = False
    kite_login_root: str = "https://kite.zerodha.com"
    market_providers: Names = ("simulated",)
    simulated_market_hours: Literal["always", "exchange"] = "always"
    simulated_seed: int = Field(default=195, ge=0, lt=2**32)
    licensed_realtime: bool = False
    sebi_registration: str = ""
    public_reads_per_minute: int = Field(default=600, ge=0)
    trusted_proxies: Names = ()
    webhook_allow_nets: Names = ()
    yahoo_api_root: str = ""
    iscore_sources: Names = ()
    news_feeds: Names = ()
    wikipedia_api_root: str = ""
    replay_dir: Path | None = None
    replay_start: datetime | None = None
    replay_speed: float = Field(default=1.0, gt=0, le=100_000)
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"
    clock_start: datetime | None = None

    @field_validator(
        "credentials_keys", "market_providers", "trusted_proxies", "webhook_allow_nets", "iscore_sources", "news_feeds",
        mode="before",
    )  # fmt: skip
    @classmethod
    def _split(cls, value: object) -> object:
        return tuple(part.strip() for part in value.split(",") if part.strip()) if isinstance(value, str) else value

    @field_validator("market_providers")
    @classmethod
    def _known_providers(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        unknown = [name for name in names if name not in PROVIDERS]
        if unknown or not names or len(set(names)) != len(names):
            raise ValueError(f"must be distinct names out of {', '.join(PROVIDERS)}; was {', '.join(names) or 'empty'}")
        return names

    @field_validator("iscore_sources")
    @classmethod
    def _known_sources(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        if unknown := [name for name in names if name not in ISCORE_SOURCES]:
            raise ValueError(f"must be names out of {', '.join(ISCORE_SOURCES)}; was {', '.join(unknown)}")
        return names

    @field_validator("trusted_proxies")
    @classmethod
    def _real_proxies(cls, nets: tuple[str, ...]) -> tuple[str, ...]:
        for net in nets:
            if ipaddress.ip_network(net, strict=False).prefixlen == 0:
                raise ValueError(f"{net} would let every client choose its own address")
        return nets

    @field_validator("webhook_allow_nets")
    @classmethod
    def _real_nets(cls, nets: tuple[str, ...]) -> tuple[str, ...]:
        parse_networks(nets)
        return nets

    @field_validator("credentials_keys")
    @classmethod
    def _long_keys(cls, keys: tuple[str, ...]) -> tuple[str, ...]:
        if any(len(key) < 32 for key in keys) or len(set(keys)) != len(keys):
            raise ValueError("must be distinct keys of at least 32 characters each")
        return keys

    @field_validator("email_url")
    @classmethod
    def _known_mail_server(cls, value: str) -> str:
        if value:
            mail_settings(value)
        return value

    @field_validator("kite_login_root")
    @classmethod
    def _bare_root(cls, value: str) -> str:
        parts = urlsplit(value)
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.path.strip("/") or parts.query:
            raise ValueError("must be scheme, host and port without a path")
        return value.rstrip("/")

    @field_validator("clock_start", "replay_start")
    @classmethod
    def _aware(cls, value: datetime | None) -> datetime | None:
        if value is not None and value.tzinfo is None:
            raise ValueError("must carry a zone, as in 2027-01-04T04:00:00Z")
        return value

    @model_validator(mode="after")
    def _safe_together(self) -> Self:
        if not self.on_loopback or self.database_url:
            if len(self.secret_key) < 50:
                raise ValueError(
                    "SECRET_KEY must have at least 50 characters when HOST is not loopback or DATABASE_URL is set"
                )
            if self.clock_start:
                raise ValueError("CLOCK_START is for trying things out on loopback with the embedded database")
        if self.redis_url and not self.database_url:
            raise ValueError("REDIS_URL without DATABASE_URL: several processes would share one SQLite file")
        host = urlsplit(self.base_url).hostname or "" if self.base_url else ""
        if self.base_url.startswith("http://") and not is_loopback(host):
            raise ValueError(f"BASE_URL must be https:// for {host}: the session cookie would travel in the clear")
        return self

    @property
    def on_loopback(self) -> bool:
        return is_loopback(self.host)

    @property
    def embedded(self) -> bool:
        """One process with in-memory broker and channel layer."""
        return not self.redis_url

    @property
    def demo(self) -> bool:
        """Demo identities exist only on the embedded default that nobody else can reach."""
        return self.on_loopback and not self.database_url and not self.redis_url

    @property
    def public_url(self) -> str:
        return (self.base_url or f"http://{self.host}:{self.port}").rstrip("/")

    @property
    def secure(self) -> bool:
        return self.public_url.startswith("https://")

    @property
    def allowed_hosts(self) -> list[str]:
        names = {"localhost", "127.0.0.1", "[::1]"}
        if self.base_url:
            names.add(urlsplit(self.base_url).hostname or "")
        return sorted(names - {""})

    def secret(self) -> str:
        """Return the signing key: the given one, or the one the embedded server made and keeps in its state."""
        return self.secret_key or kept_secret(self.state_dir / "secret_key")

    def credential_keys(self) -> tuple[str, ...]:
        """Return the keys of stored broker credentials, the one that encrypts first.

        Without the setting: the embedded server keeps one of its own in its state; several processes on one
        database derive theirs from ``SECRET_KEY``, which they share.
        """
        if self.credentials_keys:
            return self.credentials_keys
        if self.database_url:
            return (hashlib.sha256(b"credentials:" + self.secret_key.encode()).hexdigest(),)
        return (kept_secret(self.state_dir / "credentials_key"),)


def kept_secret(path: Path) -> str:
    """Return the secret in ``path`` (0600), making it on the first call, whichever process comes first."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if not path.exists():
        draft = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(secrets.token_urlsafe(64))
        try:
            os.link(draft, path)
        except FileExistsError:
            pass
        finally:
            draft.unlink()
    return path.read_text()


def mail_settings(url: str) -> dict[str, object]:
    """Return Django's ``EMAIL_*`` settings of ``smtp[s]://user:password@host:port?from=address``.

    ``smtps`` speaks TLS from the start (port 465), ``smtp+tls`` after STARTTLS (587), ``smtp`` not at all (25);
    ``consolemail:`` prints. User and password are percent-encoded. Raises ValueError without repeating the URL.
    """
    parts = urlsplit(url)
    if parts.scheme == "consolemail":
        return {"EMAIL_BACKEND": "django.core.mail.backends.console.EmailBackend"}
    ports = {"smtp": 25, "smtp+tls": 587, "smtps": 465}
    if parts.scheme not in ports or not parts.hostname:
        raise ValueError("must look like smtp+tls://user:password@host:587 (or smtps://, smtp://, consolemail:)")
    result: dict[str, object] = {
        "EMAIL_BACKEND": "django.core.mail.backends.smtp.EmailBackend",
        "EMAIL_HOST": parts.hostname,
        "EMAIL_PORT": parts.port or ports[parts.scheme],
        "EMAIL_HOST_USER": unquote(parts.username or ""),
        "EMAIL_HOST_PASSWORD": unquote(parts.password or ""),
        "EMAIL_USE_TLS": parts.scheme == "smtp+tls",
        "EMAIL_USE_SSL": parts.scheme == "smtps",
        "EMAIL_TIMEOUT": 10,
    }
    if sender := parse_qs(parts.query).get("from"):
        result["DEFAULT_FROM_EMAIL"] = sender[0]
    return result


def is_loopback(host: str) -> bool:
    """Return whether ``host`` can only be reached from this machine."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False
