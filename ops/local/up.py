"""`analytics up`: everything in the foreground until Ctrl-C."""

import errno
import shutil
import signal
import socket
import sys
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from types import FrameType
from typing import NoReturn

from rich.console import Console
from rich.markup import escape

from ops.demo import an_admin, someone
from ops.local.home import Home
from ops.local.leash import Leash
from ops.local.processes import rotate
from ops.local.stack import HOST, NotReadyError, Stack
from ops.local.supervisor import Supervisor
from ops.tokens import sign
from shared.errors import ConfigurationError
from shared.settings import Settings

_DAY = timedelta(days=1)

_console = Console(soft_wrap=True, highlight=False)


def up(settings: Settings, *, port: int | None, demo: bool, users: int = 20_000) -> None:
    """Run the stack of `settings.home` until SIGINT or SIGTERM.

    `port`: of the API, 0 for any; None for 8000 unless it is taken.
    Raises ConfigurationError for what its user can mend; exits with 1 when a child won't stay up.
    """
    _check_databases(settings)
    home = Home(settings.home)
    with home.locked(), _until_asked_to_stop():
        settings = _with_signing_key(settings, home, demo=demo)
        usual = port is None
        port = _usual_port() if port is None else _checked(port)
        demo_users = users if demo else None
        try:
            with Leash() as leash, Supervisor(_say) as supervisor:
                stack = Stack(settings, supervisor, leash, port=port, demo_users=demo_users)
                _run(stack, supervisor, home, taken=usual and not port)
        except NotReadyError as error:
            sys.exit(f"analytics: {error} See {settings.home / 'log'}.")
        except OSError as error:
            if error.errno != errno.ENOSPC:
                raise
            raise ConfigurationError(f"The disk of {settings.home} is full.") from None


def _run(stack: Stack, supervisor: Supervisor, home: Home, *, taken: bool) -> NoReturn:
    try:
        stack.start()
        home.publish(stack.description())
        _summarise(stack, home, taken=taken)
        supervisor.watch(_Housekeeping(home.folder))
    except KeyboardInterrupt:
        # whoever starts another stack meanwhile would take our servers for theirs
        home.withdraw()
        _say("Stopping.")
        raise


class _Housekeeping:
    """Logs stay small, and a disk that is full is said, once."""

    def __init__(self, home: Path) -> None:
        self._home = home
        self._said = False

    def __call__(self) -> None:
        rotate(self._home / "log")
        free = shutil.disk_usage(self._home).free
        if free < _TOO_LITTLE and not self._said:
            _say(f"The disk of {self._home} is full: what is written may fail until it has space.")
        self._said = free < _TOO_LITTLE


_TOO_LITTLE = 64 * 2**20
"""Bytes: less than a few files of WAL."""


def _summarise(stack: Stack, home: Home, *, taken: bool) -> None:
    _console.print("\n[bold green]Analytics is running.[/] Ctrl-C stops everything.\n")
    people = _people(stack, home)
    note = f"  (port {USUAL_PORT} is taken)" if taken else ""
    tokens = {
        f"{name} token": sign(stack.settings, user_id=people[role], role=role, expires=_DAY)
        for name, role in (("Admin", "admin"), ("Learner", "student"))
        if role in people
    }
    lines = {"API": f"{stack.api_url()}{note}"}
    lines |= _dashboards(f"{stack.api_url()}/dashboard/", tokens) | tokens
    if "Admin token" in lines:
        address = f"{stack.api_url()}/api/v1/analytics/platform"
        lines["Try"] = f"curl -H 'Authorization: Bearer {lines['Admin token']}' {address}"
    if not stack.demo_users and home.signs(stack.settings):
        lines["Tokens"] = "only those of here, until JWT_SECRET_KEY is MentorHub's SECRET_KEY"
    lines["Data and logs"] = str(stack.settings.home)
    for name, value in lines.items():
        _console.print(f"[bold]{name:<13}[/]  {escape(value)}")
    _console.print()


def _people(stack: Stack, home: Home) -> dict[str, int]:
    """Whose tokens are printed: of real people only such as MentorHub itself would refuse."""
    if stack.demo_users:
        return someone(stack.settings.source_url())
    return an_admin(stack.settings.analytics_url()) if home.signs(stack.settings) else {}


def _dashboards(address: str, tokens: Mapping[str, str]) -> dict[str, str]:
    """Addresses that sign in; what is behind # is sent to no server, and so logged by none."""
    admin, learner = tokens.get("Admin token"), tokens.get("Learner token")
    lines = {"Dashboard": f"{address}#token={admin}" if admin else address}
    return lines | ({"As a learner": f"{address}#token={learner}"} if learner else {})


def _say(sentence: str) -> None:
    _console.print(sentence, markup=False)


def _check_databases(settings: Settings) -> None:
    if settings.analytics_database_url and not settings.source_database_url:
        raise ConfigurationError(
            "ANALYTICS_DATABASE_URL says where the numbers are to be, and nothing of what: set "
            "SOURCE_DATABASE_URL to MentorHub's database, too."
        )


def _with_signing_key(settings: Settings, home: Home, *, demo: bool) -> Settings:
    if (demo or _is_trial(settings)) and not settings.jwt_secret_key:
        return replace(settings, jwt_secret_key=home.secret())
    settings.secret_keys()
    return settings


def _is_trial(settings: Settings) -> bool:
    """Somebody's own MentorHub beside servers of ours, and nobody's tokens to believe yet."""
    is_beside = settings.source_database_url and not settings.analytics_database_url
    return bool(is_beside and not settings.jwt_jwks)


USUAL_PORT = 8000


def _usual_port() -> int:
    try:
        return _checked(USUAL_PORT)
    except ConfigurationError:
        return 0


def _checked(port: int) -> int:
    with socket.socket() as probe:
        # As servers do: connections that only just ended don't keep it busy.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except (OSError, OverflowError) as error:
            reason = error.strerror if isinstance(error, OSError) else "they end at 65535"
            raise ConfigurationError(
                f"Port {port} can't be used ({reason}): choose another with --port, "
                "0 for any that is free."
            ) from None
    return port


@contextmanager
def _until_asked_to_stop() -> Generator[None]:
    """SIGTERM and a closed terminal are Ctrl-C too; a second one can't break the end."""
    signals = [signal.SIGINT, signal.SIGTERM]
    if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:  # as nohup wants it
        signals.append(signal.SIGHUP)

    def stop(_number: int, _frame: FrameType | None) -> NoReturn:
        for number in signals:
            signal.signal(number, signal.SIG_IGN)
        raise KeyboardInterrupt

    before = {number: signal.signal(number, stop) for number in signals}
    try:
        yield
    except KeyboardInterrupt:
        _console.print("Everything is stopped.")
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
