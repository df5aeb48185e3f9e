"""What an installation may choose: environment first, then `.env`, then the running stack."""

import re
from collections.abc import Callable
from dataclasses import dataclass, fields
from pathlib import Path
from typing import cast
from urllib.parse import urlsplit

from environs import Env, EnvError

from shared import money, timezones
from shared.errors import ConfigurationError
from shared.home import running_stack

SHORTEST_KEY = 32
"""Bytes of a key for HS256, as many as its hash has."""

_Lookup = Callable[[str], str | None]


@dataclass(frozen=True, kw_only=True)
class Settings:
    """One process's configuration; URLs are None where nothing names a server.

    `minor_units` is what `shared.money.units` reads.
    """

    analytics_database_url: str | None
    source_database_url: str | None
    read_database_url: str | None
    redis_url: str | None
    cache_url: str | None
    jwt_secret_key: str | None
    jwt_previous_keys: tuple[str, ...]
    jwt_jwks: str | None
    jwt_audience: str
    jwt_issuer: str
    jwt_leeway: int
    rate_limit_per_user: str
    rate_limit_per_address: str
    trusted_proxies: int
    cors_origins: tuple[str, ...]
    connections_per_address: int
    request_letters: int
    request_items: int
    exports_at_once: int
    metrics_token: str | None
    webhook_secret: str | None
    webhook_private: bool
    line_protocol_url: str | None
    line_protocol_token: str | None
    otel_exporter_otlp_endpoint: str | None
    timezone: str
    currency: str
    minor_units: str
    keep_hours: int
    keep_minutes: int
    mapping: Path | None
    home: Path
    log_format: str
    log_level: str

    def environment(self) -> dict[str, str]:
        """What another process reads the same settings from; empty is what nothing is set to."""
        return {name(each.name): _told(getattr(self, each.name)) for each in fields(self)}

    def analytics_url(self) -> str:
        """The analytics database; raises ConfigurationError where none is named."""
        return _needed(self.analytics_database_url, "ANALYTICS_DATABASE_URL")

    def source_url(self) -> str:
        """MentorHub's database; raises ConfigurationError where none is named."""
        return _needed(self.source_database_url, "SOURCE_DATABASE_URL")

    def broker_url(self) -> str:
        """Celery's Redis; raises ConfigurationError where none is named."""
        return _needed(self.redis_url, "REDIS_URL")

    def answers_url(self) -> str | None:
        """The Redis that answers are shared in: by default another database of Celery's."""
        return self.cache_url or _beside(self.redis_url)

    def signing_key(self) -> str:
        """MentorHub's SECRET_KEY; raises ConfigurationError where it is missing."""
        if not self.jwt_secret_key:
            raise ConfigurationError(
                "JWT_SECRET_KEY is not set: give it the value of MentorHub's SECRET_KEY "
                "(only `analytics up --demo` makes a key of its own)."
            )
        return self.jwt_secret_key

    def secret_keys(self) -> list[str]:
        """What MentorHub signs with, and what it used to; none where JWT_JWKS names public keys.

        Raises ConfigurationError where nothing names a key, and for one that can be guessed.
        """
        current = self.jwt_secret_key if self.jwt_jwks else self.signing_key()
        named = {"JWT_SECRET_KEY": [current], "JWT_PREVIOUS_KEYS": self.jwt_previous_keys}
        return [_strong(name, key) for name, keys in named.items() for key in keys if key]


_OF_OURS = {
    *("read_database_url", "cache_url", "timezone", "currency", "minor_units", "mapping", "home"),
    *("keep_hours", "keep_minutes", "line_protocol_url", "line_protocol_token"),
}


def name(attribute: str) -> str:
    """Of the variable that an attribute of Settings is read from."""
    return f"{'ANALYTICS_' if attribute in _OF_OURS else ''}{attribute}".upper()


def _told(value: object) -> str:
    if isinstance(value, tuple):
        return ",".join(cast("tuple[str, ...]", value))
    if isinstance(value, bool):
        return str(int(value))
    return "" if value is None else str(value)


def _strong(name: str, key: str) -> str:
    length = len(key.encode())
    if length < SHORTEST_KEY:
        raise ConfigurationError(
            f"{name} holds a key of {length} bytes: HS256 needs {SHORTEST_KEY} or more (RFC 7518), "
            "or its tokens can be forged. Give MentorHub a longer SECRET_KEY."
        )
    return key


def load(home: Path | None = None) -> Settings:
    """Read the settings; `home` overrides ANALYTICS_HOME.

    Raises ConfigurationError with one sentence for the first value that can't be used.
    """
    env = Env()
    _read_dot_env(env)
    try:
        chosen_home = home or Path(env.str("ANALYTICS_HOME", "") or ".analytics")
        stack = (running_stack(chosen_home.resolve()) or {}).get("environment", {})

        def text(name: str) -> str | None:
            return env.str(name, "") or stack.get(name)

        return Settings(
            analytics_database_url=_database_url(text, "ANALYTICS_DATABASE_URL"),
            source_database_url=_database_url(text, "SOURCE_DATABASE_URL"),
            read_database_url=_database_url(text, "ANALYTICS_READ_DATABASE_URL"),
            redis_url=_url(text, "REDIS_URL", _REDIS),
            cache_url=_url(text, "ANALYTICS_CACHE_URL", _REDIS),
            jwt_secret_key=text("JWT_SECRET_KEY"),
            jwt_previous_keys=_listed(env.str("JWT_PREVIOUS_KEYS", "")),
            jwt_jwks=_jwks(env.str("JWT_JWKS", "")),
            jwt_audience=env.str("JWT_AUDIENCE", "") or "mentorhub",
            jwt_issuer=env.str("JWT_ISSUER", "") or "mentorhub-api",
            jwt_leeway=_number(env, "JWT_LEEWAY", 30, most=300),
            rate_limit_per_user=_rate(env, "RATE_LIMIT_PER_USER", "100/second"),
            rate_limit_per_address=_rate(env, "RATE_LIMIT_PER_ADDRESS", "60/minute"),
            trusted_proxies=_proxies(env.str("TRUSTED_PROXIES", "") or "0"),
            cors_origins=_origins(env.str("CORS_ORIGINS", "")),
            connections_per_address=_number(env, "CONNECTIONS_PER_ADDRESS", 200, most=100_000),
            request_letters=_number(env, "REQUEST_LETTERS", 1024, least=256, most=4096),
            request_items=_number(env, "REQUEST_ITEMS", 32, least=16, most=1024),
            exports_at_once=_number(env, "EXPORTS_AT_ONCE", 2, least=1, most=16),
            metrics_token=_metrics_token(env.str("METRICS_TOKEN", "")),
            webhook_secret=env.str("WEBHOOK_SECRET", "") or None,
            webhook_private=_number(env, "WEBHOOK_PRIVATE", 0, most=1) == 1,
            line_protocol_url=_url(text, "ANALYTICS_LINE_PROTOCOL_URL", ("http", "https")),
            line_protocol_token=env.str("ANALYTICS_LINE_PROTOCOL_TOKEN", "") or None,
            otel_exporter_otlp_endpoint=_url(
                text, "OTEL_EXPORTER_OTLP_ENDPOINT", ("http", "https")
            ),
            timezone=_timezone(text("ANALYTICS_TIMEZONE") or "UTC"),
            currency=_currency(text("ANALYTICS_CURRENCY") or "RUB"),
            minor_units=_minor_units(text("ANALYTICS_MINOR_UNITS") or money.ISO4217),
            keep_hours=_number(env, "ANALYTICS_KEEP_HOURS", 400, least=1, most=3650),
            keep_minutes=_number(env, "ANALYTICS_KEEP_MINUTES", 30, least=1, most=3650),
            mapping=_folder(text("ANALYTICS_MAPPING")),
            home=chosen_home.resolve(),
            log_format=_one_of(
                "LOG_FORMAT", env.str("LOG_FORMAT", "") or "console", "console", "json"
            ),
            log_level=_one_of(
                "LOG_LEVEL", (env.str("LOG_LEVEL", "") or "INFO").upper(), *_LOG_LEVELS
            ),
        )
    except EnvError as error:
        raise ConfigurationError(f"{str(error).rstrip('.')}.") from error


def _read_dot_env(env: Env) -> None:
    path = Path.cwd() / ".env"
    try:
        if path.is_file():
            env.read_env(str(path), recurse=False)
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"{path} can't be read: {error}.") from None


_LOG_LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")


_REDIS = ("redis", "rediss", "redis+socket")


def _beside(broker: str | None) -> str | None:
    """Another database of the broker's Redis: 1, or 0 where the broker has that."""
    if not broker or broker.startswith("redis+socket"):
        return None
    parts = urlsplit(broker)
    return parts._replace(path="/0" if parts.path == "/1" else "/1").geturl()


def _needed(value: str | None, name: str) -> str:
    if value is None:
        raise ConfigurationError(
            f"{name} is not set and no stack runs in this home: set it, or start `analytics up`."
        )
    return value


def _url(text: _Lookup, name: str, schemes: tuple[str, ...]) -> str | None:
    value = text(name)
    if value and not value.startswith(tuple(f"{scheme}://" for scheme in schemes)):
        raise ConfigurationError(f"{name} must start with {schemes[0]}://.")
    try:
        parts = urlsplit(value or "")
        _ = parts.port
    except ValueError as error:
        raise ConfigurationError(f"{name} can't be read: {error}.") from None
    if parts.scheme in {"http", "https"} and not parts.hostname:
        raise ConfigurationError(f"{name} names no host.")
    return value


def _database_url(text: _Lookup, name: str) -> str | None:
    return _url(text, name, ("postgresql", "postgres"))


def _timezone(name: str) -> str:
    if not timezones.exists(name):
        raise ConfigurationError(
            f"ANALYTICS_TIMEZONE={name!r} is not in the tz database: use a name like Europe/Moscow."
        )
    return name


def _currency(code: str) -> str:
    if not re.fullmatch("[A-Z]{3}", code):
        raise ConfigurationError(
            f"ANALYTICS_CURRENCY={code!r} is not an ISO 4217 code: use three capitals like RUB."
        )
    return code


def _minor_units(setting: str) -> str:
    _ = money.units(setting)
    return setting


def _folder(path: str | None) -> Path | None:
    if path and not Path(path).is_dir():
        raise ConfigurationError(f"ANALYTICS_MAPPING={path!r} is not a folder.")
    return Path(path).resolve() if path else None


def _listed(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split(",") if part.strip())


def _jwks(source: str) -> str | None:
    if not source or source.startswith(("https://", "http://")):
        return source or None
    if not Path(source).is_file():
        raise ConfigurationError(f"JWT_JWKS={source!r} is neither a URL nor a file.")
    return str(Path(source).resolve())


def _rate(env: Env, name: str, default: str) -> str:
    notation = env.str(name, default)
    if notation in {"", default}:
        return notation
    from limits import parse_many  # noqa: PLC0415 - a command starts quicker without it

    try:
        parse_many(notation)
    except ValueError:
        raise ConfigurationError(
            f"{name}={notation!r} can't be read: write it like {default}, or empty for no limit."
        ) from None
    return notation


def _number(env: Env, name: str, default: int, *, most: int, least: int = 0) -> int:
    text = env.str(name, "") or str(default)
    if not re.fullmatch("[0-9]{1,9}", text) or not least <= int(text) <= most:
        raise ConfigurationError(f"{name}={text!r} must be a whole number, {least} to {most}.")
    return int(text)


def _metrics_token(text: str) -> str | None:
    if text and not re.fullmatch(r"[\w.-]{16,256}", text, re.ASCII):
        raise ConfigurationError(
            "METRICS_TOKEN must be 16 to 256 letters, digits, `_`, `.` or `-`: "
            "`openssl rand -hex 24` makes one."
        )
    return text or None


def _proxies(number: str) -> int:
    if not re.fullmatch("[0-9]", number):
        raise ConfigurationError(
            f"TRUSTED_PROXIES={number!r} must be the number of proxies in front of the API, 0 to 9."
        )
    return int(number)


def _origins(text: str) -> tuple[str, ...]:
    for origin in _listed(text):
        if not re.fullmatch(r"\*|https?://[\w.-]+(:\d+)?", origin, re.ASCII):
            raise ConfigurationError(
                f"CORS_ORIGINS: {origin!r} is no origin, which looks like https://mentorhub.example."
            )
    return _listed(text)


def _one_of(name: str, value: str, *choices: str) -> str:
    if value not in choices:
        raise ConfigurationError(f"{name}={value!r} must be one of {', '.join(choices)}.")
    return value
