"""What an installation may choose: environment first, then `.env`, then the running stack."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field, fields, replace
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple, cast
from urllib.parse import urlsplit

from environs import Env

from shared import money, timezones
from shared.errors import ConfigurationError
from shared.home import running_stack

SHORTEST_KEY = 32
"""Bytes of a key for HS256, as many as its hash has."""


class Variable(NamedTuple):
    """Where a setting is read from: `parse` makes its value of name and text, None if not set.

    `is_secret`: only who needs it is told. `is_reporting`: it changes the numbers, so all of a
    stack must have the same.
    """

    name: str
    parse: Callable[[str, str | None], Any]
    is_secret: bool
    is_reporting: bool


def _read(
    name: str,
    parse: Callable[..., Any],
    *,
    secret: bool = False,
    reporting: bool = False,
    **options: Any,
) -> Any:
    """A field of Settings; `options`: what else `parse` needs to know."""
    variable = Variable(name, partial(parse, **options), secret, reporting)
    return field(metadata={"variable": variable})


def _text(_: str, text: str | None, *, default: str | None = None) -> str | None:
    return text or default


def _listed(_: str, text: str | None) -> tuple[str, ...]:
    return tuple(part.strip() for part in (text or "").split(",") if part.strip())


def _number(name: str, text: str | None, *, default: int, least: int = 0, most: int) -> int:
    number = text or str(default)
    if not re.fullmatch("[0-9]{1,9}", number) or not least <= int(number) <= most:
        raise ConfigurationError(f"{name}={number!r} must be a whole number, {least} to {most}.")
    return int(number)


def _is_on(name: str, text: str | None) -> bool:
    return _number(name, text, default=0, most=1) == 1


def _one_of(name: str, text: str | None, *, default: str, choices: tuple[str, ...]) -> str:
    value = text or default
    if value not in choices:
        raise ConfigurationError(f"{name}={value!r} must be one of {', '.join(choices)}.")
    return value


def _level(name: str, text: str | None) -> str:
    levels = ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")
    return _one_of(name, (text or "").upper(), default="INFO", choices=levels)


def _url(name: str, text: str | None, *, schemes: tuple[str, ...]) -> str | None:
    if text and not text.startswith(tuple(f"{scheme}://" for scheme in schemes)):
        raise ConfigurationError(f"{name} must start with {schemes[0]}://.")
    try:
        parts = urlsplit(text or "")
        _ = parts.port
    except ValueError as error:
        raise ConfigurationError(f"{name} can't be read: {error}.") from None
    if parts.scheme in {"http", "https"} and not parts.hostname:
        raise ConfigurationError(f"{name} names no host.")
    return text or None


_database = partial(_url, schemes=("postgresql", "postgres"))

_redis = partial(_url, schemes=("redis", "rediss", "redis+socket"))

_http = partial(_url, schemes=("http", "https"))


def _rate(name: str, text: str | None, *, default: str) -> str:
    notation = default if text is None else text
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


def _jwks(name: str, text: str | None) -> str | None:
    if not text or text.startswith(("https://", "http://")):
        return text or None
    if not Path(text).is_file():
        raise ConfigurationError(f"{name}={text!r} is neither a URL nor a file.")
    return str(Path(text).resolve())


def _proxies(name: str, text: str | None) -> int:
    number = text or "0"
    if not re.fullmatch("[0-9]", number):
        raise ConfigurationError(
            f"{name}={number!r} must be the number of proxies in front of the API, 0 to 9."
        )
    return int(number)


def _origins(name: str, text: str | None) -> tuple[str, ...]:
    origins = _listed(name, text)
    for origin in origins:
        if not re.fullmatch(r"\*|https?://[\w.-]+(:\d+)?", origin, re.ASCII):
            raise ConfigurationError(
                f"{name}: {origin!r} is no origin, which looks like https://mentorhub.example."
            )
    return origins


def _metrics_token(name: str, text: str | None) -> str | None:
    if text and not re.fullmatch(r"[\w.-]{16,256}", text, re.ASCII):
        raise ConfigurationError(
            f"{name} must be 16 to 256 letters, digits, `_`, `.` or `-`: "
            "`openssl rand -hex 24` makes one."
        )
    return text or None


def _timezone(name: str, text: str | None) -> str:
    zone = text or "UTC"
    if not timezones.exists(zone):
        raise ConfigurationError(
            f"{name}={zone!r} is not in the tz database: use a name like Europe/Moscow."
        )
    return zone


def _currency(name: str, text: str | None) -> str:
    code = text or "RUB"
    if not re.fullmatch("[A-Z]{3}", code):
        raise ConfigurationError(
            f"{name}={code!r} is not an ISO 4217 code: use three capitals like RUB."
        )
    return code


def _minor_units(_: str, text: str | None) -> str:
    setting = text or money.ISO4217
    money.units(setting)
    return setting


def _folder(name: str, text: str | None) -> Path | None:
    if text and not Path(text).is_dir():
        raise ConfigurationError(f"{name}={text!r} is not a folder.")
    return Path(text).resolve() if text else None


def _home(_: str, text: str | None) -> Path:
    return Path(text or ".analytics").resolve()


@dataclass(frozen=True, kw_only=True)
class Settings:
    """One process's configuration; URLs are None where nothing names a server.

    `minor_units` is what `shared.money.units` reads.
    """

    analytics_database_url: str | None = _read("ANALYTICS_DATABASE_URL", _database, secret=True)
    source_database_url: str | None = _read("SOURCE_DATABASE_URL", _database, secret=True)
    read_database_url: str | None = _read("ANALYTICS_READ_DATABASE_URL", _database, secret=True)
    redis_url: str | None = _read("REDIS_URL", _redis, secret=True)
    cache_url: str | None = _read("ANALYTICS_CACHE_URL", _redis, secret=True)
    jwt_secret_key: str | None = _read("JWT_SECRET_KEY", _text, secret=True)
    jwt_previous_keys: tuple[str, ...] = _read("JWT_PREVIOUS_KEYS", _listed, secret=True)
    jwt_jwks: str | None = _read("JWT_JWKS", _jwks)
    jwt_audience: str = _read("JWT_AUDIENCE", _text, default="mentorhub")
    jwt_issuer: str = _read("JWT_ISSUER", _text, default="mentorhub-api")
    jwt_leeway: int = _read("JWT_LEEWAY", _number, default=30, most=300)
    rate_limit_per_user: str = _read("RATE_LIMIT_PER_USER", _rate, default="100/second")
    rate_limit_per_address: str = _read("RATE_LIMIT_PER_ADDRESS", _rate, default="60/minute")
    trusted_proxies: int = _read("TRUSTED_PROXIES", _proxies)
    cors_origins: tuple[str, ...] = _read("CORS_ORIGINS", _origins)
    connections_per_address: int = _read(
        "CONNECTIONS_PER_ADDRESS", _number, default=200, most=100_000
    )
    request_letters: int = _read("REQUEST_LETTERS", _number, default=1024, least=256, most=4096)
    request_items: int = _read("REQUEST_ITEMS", _number, default=32, least=16, most=1024)
    exports_at_once: int = _read("EXPORTS_AT_ONCE", _number, default=2, least=1, most=16)
    metrics_token: str | None = _read("METRICS_TOKEN", _metrics_token, secret=True)
    webhook_secret: str | None = _read("WEBHOOK_SECRET", _text, secret=True)
    webhook_private: bool = _read("WEBHOOK_PRIVATE", _is_on)
    line_protocol_url: str | None = _read("ANALYTICS_LINE_PROTOCOL_URL", _http, secret=True)
    line_protocol_token: str | None = _read("ANALYTICS_LINE_PROTOCOL_TOKEN", _text, secret=True)
    otel_exporter_otlp_endpoint: str | None = _read("OTEL_EXPORTER_OTLP_ENDPOINT", _http)
    timezone: str = _read("ANALYTICS_TIMEZONE", _timezone, reporting=True)
    currency: str = _read("ANALYTICS_CURRENCY", _currency, reporting=True)
    minor_units: str = _read("ANALYTICS_MINOR_UNITS", _minor_units, reporting=True)
    keep_hours: int = _read(
        "ANALYTICS_KEEP_HOURS", _number, default=400, least=1, most=3650, reporting=True
    )
    keep_minutes: int = _read(
        "ANALYTICS_KEEP_MINUTES", _number, default=30, least=1, most=3650, reporting=True
    )
    mapping: Path | None = _read("ANALYTICS_MAPPING", _folder, reporting=True)  # noqa: RUF009 - a field
    home: Path = _read("ANALYTICS_HOME", _home)  # noqa: RUF009 - a field
    log_format: str = _read("LOG_FORMAT", _one_of, default="console", choices=("console", "json"))
    log_level: str = _read("LOG_LEVEL", _level)

    def environment(self) -> dict[str, str]:
        """What another process reads the same settings from; empty is what nothing is set to."""
        return {
            variable.name: _told(getattr(self, attribute))
            for attribute, variable in VARIABLES.items()
        }

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


VARIABLES: dict[str, Variable] = {each.name: each.metadata["variable"] for each in fields(Settings)}
"""By the attribute that each becomes."""


def load(home: Path | None = None) -> Settings:
    """Read the settings; `home` overrides ANALYTICS_HOME.

    Raises ConfigurationError with one sentence for the first value that can't be used.
    """
    env = Env()
    _read_dot_env(env)
    chosen = (home or _home("ANALYTICS_HOME", env.str("ANALYTICS_HOME", None))).resolve()
    stack = (running_stack(chosen) or {}).get("environment", {})

    def look_up(name: str) -> str | None:
        given = env.str(name, None)
        return given or stack.get(name, given)

    return replace(made(look_up), home=chosen)


def made(look_up: Callable[[str], str | None]) -> Settings:
    """Of what the variables say; None is not set.

    Raises ConfigurationError with one sentence for the first value that can't be used.
    """
    return Settings(
        **{
            attribute: variable.parse(variable.name, look_up(variable.name))
            for attribute, variable in VARIABLES.items()
        }
    )


def _read_dot_env(env: Env) -> None:
    path = Path.cwd() / ".env"
    try:
        if path.is_file():
            env.read_env(str(path), recurse=False)
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"{path} can't be read: {error}.") from None


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
