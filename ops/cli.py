"""The command `analytics`. Exit codes: 0 done, 1 the answer is no, 2 usage or configuration."""

import json
import os
import re
import sys
from collections.abc import Callable
from datetime import timedelta
from functools import wraps
from pathlib import Path
from typing import Any, ClassVar

import click
from rich.console import Console

from ops.tokens import ROLES, sign
from shared.errors import ConfigurationError
from shared.logs import configure
from shared.settings import Settings, load


def main() -> None:
    """Run the command line; a mistake of its user is one sentence and exit code 2."""
    try:
        cli.main()
    except ConfigurationError as error:
        click.echo(f"analytics: {error}", err=True)
        sys.exit(2)


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def cli() -> None:
    """Analytics for MentorHub: every number calculated ahead, and served over HTTP."""


_USERS = click.IntRange(20, 10_000_000)


class Duration(click.ParamType[timedelta]):
    """`30m`, `1h`, `7d`."""

    name = "duration"
    _units: ClassVar = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}

    def convert(
        self, value: str | timedelta, param: click.Parameter | None, ctx: click.Context | None
    ) -> timedelta:
        if isinstance(value, timedelta):
            return value
        found = re.fullmatch(r"(\d{1,6})([smhd])", value, re.ASCII)
        if not found:
            self.fail(f"{value!r} is no duration: write 30m, 1h or 7d", param, ctx)
        return timedelta(**{self._units[found[2]]: int(found[1])})


def _with_settings(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command `--home` and the settings that go with it."""

    @wraps(command)
    def run(home: Path | None, **options: Any) -> None:
        if home:
            # also for what the command starts or imports
            os.environ["ANALYTICS_HOME"] = str(home.resolve())
        settings = load()
        configure(settings.log_format, settings.log_level)
        command(settings, **options)

    return click.option(
        "--home",
        type=click.Path(file_okay=False, path_type=Path),
        help="Folder of the embedded stack.  [default: ANALYTICS_HOME or .analytics]",
    )(run)


@cli.command()
@click.option(
    "--port", type=int, help="Of the API; 0 is any free one.  [default: 8000 or, if taken, 0]"
)
@click.option("--demo/--no-demo", help="Fill MentorHub's tables with demo data when empty.")
@click.option("--users", type=_USERS, default=20_000, show_default=True, help="Of the demo data.")
@_with_settings
def up(settings: Settings, port: int | None, users: int, *, demo: bool) -> None:
    """Run everything in the foreground until Ctrl-C: servers, worker, beat and API."""
    from ops.local.up import up as run_stack  # noqa: PLC0415 - other commands start quicker without it

    run_stack(settings, port=port, demo=demo, users=users)


@cli.command()
@click.option("--json", "as_json", is_flag=True, help="For machines.")
@_with_settings
def info(settings: Settings, *, as_json: bool) -> None:
    """Say where the stack of this home runs; exit 1 when it does not."""
    from shared.home import running_stack  # noqa: PLC0415

    stack = running_stack(settings.home)
    if stack is None:
        click.echo(f"No stack runs in {settings.home}: start one with `analytics up`.", err=True)
        sys.exit(1)
    addresses = {
        name: stack[name]
        for name in ("api_url", "database_url", "source_database_url", "redis_url")
    }
    if as_json:
        click.echo(json.dumps(addresses, indent=2))
    else:
        for name, address in addresses.items():
            click.echo(f"{name:<20} {address}")


@cli.command()
@click.option("--user", type=int, required=True, help="users.id at MentorHub.")
@click.option("--role", type=click.Choice(ROLES), default="student", show_default=True)
@click.option("--expires", type=Duration(), default="1h", show_default=True, help="30m, 1h, 7d.")
@_with_settings
def token(settings: Settings, user: int, role: str, expires: timedelta) -> None:
    """Print a token signed as MentorHub signs it."""
    click.echo(sign(settings, user_id=user, role=role, expires=expires))


@cli.command()
@click.option("--print-source-sql", is_flag=True, help="Only print what MentorHub's DBA must run.")
@_with_settings
def init(settings: Settings, *, print_source_sql: bool) -> None:
    """Create or upgrade schemas, mirror and subscription, and calculate everything."""
    from workers.install import install  # noqa: PLC0415
    from workers.mentorhub import by_hand, names_of  # noqa: PLC0415

    if print_source_sql:
        click.echo(by_hand(names_of(settings.mapping)), nl=False)
    else:
        install(settings)
        click.echo("Analytics is installed, and its numbers are calculated.")


@cli.command()
@click.option("--json", "as_json", is_flag=True, help="For machines.")
@_with_settings
def doctor(settings: Settings, *, as_json: bool) -> None:
    """Look at every precondition, and say what mends what is missing; exit 1 where something is."""
    from ops.doctor import examine, is_fine, listed  # noqa: PLC0415

    found = examine(settings)
    if as_json:
        findings = [finding._asdict() for finding in found]
        click.echo(json.dumps({"fine": is_fine(found), "findings": findings}, indent=2))
    else:
        Console(soft_wrap=True, highlight=False).print(listed(found))
    if not is_fine(found):
        sys.exit(1)


@cli.command()
@_with_settings
def relay(settings: Settings) -> None:
    """Wake the workers as changes arrive, in the foreground (`up` runs it)."""
    from workers.relay import relay as run_relay  # noqa: PLC0415

    run_relay(settings)


@cli.command()
@_with_settings
def guard(settings: Settings) -> None:
    """Watch replication for ever, and repair what needs no human."""
    from workers.guard import Guard  # noqa: PLC0415

    with Guard(settings) as on_duty:
        on_duty.run()


@cli.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="0.0.0.0 for all of them.")
@click.option("--port", type=click.IntRange(1, 65535), default=8000, show_default=True)
def serve(host: str, port: int) -> None:
    """Serve the API over HTTP, in the foreground (`up` runs it)."""
    from ops.serve import serve as run_server  # noqa: PLC0415

    run_server(host, port)


@cli.command("demo-data")
@click.option("--users", type=_USERS, required=True, help="About 5 sessions each, over two years.")
@click.option(
    "--seed",
    type=click.IntRange(-(2**63), 2**63 - 1),
    default=1,
    show_default=True,
    help="The same seed gives the same rows.",
)
@_with_settings
def demo_data(settings: Settings, users: int, seed: int) -> None:
    """Fill MentorHub's empty tables with likely rows."""
    from ops.demo import fill  # noqa: PLC0415

    fill(settings.source_url(), users=users, seed=seed)


@cli.command()
@click.option("--json", "as_json", is_flag=True, help="For machines.")
@click.option("--watch", is_flag=True, help="Look again every two seconds, until Ctrl-C.")
@_with_settings
def status(settings: Settings, *, as_json: bool, watch: bool) -> None:
    """Say whether all is well, how fresh each summary is and who is at work; exit 1 if it isn't.

    Exit 2, with what can be known, where our database doesn't answer.
    """
    from ops.status import DatabaseAwayError, collect, display  # noqa: PLC0415

    if watch:
        display.watch(settings)
    try:
        state = collect(settings)
    except DatabaseAwayError as away:
        if as_json:
            click.echo(json.dumps(away.known, indent=2))
        else:
            Console().print(display.listed(away.lines))
        raise
    if as_json:
        click.echo(json.dumps(state, indent=2, default=str))
    else:
        Console().print(display.table(state))
    if not state["verdict"]["fine"]:
        sys.exit(1)


@cli.command()
def alerts() -> None:
    """Print the alarms as alert rules for Prometheus."""
    from ops.alarm_rules import rules  # noqa: PLC0415

    click.echo(rules(), nl=False)


@cli.command()
@_with_settings
def acknowledge(settings: Settings) -> None:
    """Take note of the wrong rows that audits have found: `status` stops to mention them."""
    from ops.servers import database  # noqa: PLC0415
    from shared.database import one  # noqa: PLC0415

    with database(settings) as connection:
        rows = one(connection, "SELECT control.acknowledge()")
    click.echo(f"Acknowledged: {rows:,} wrong rows.")


_DAY = click.DateTime(["%Y-%m-%d"])
_ID = click.IntRange(-(2**63), 2**63 - 1)


def _steering(name: str, text: str) -> Callable[[Callable[..., None]], Callable[..., None]]:
    return click.option(f"--{name}", is_flag=False, flag_value="", metavar="[RUN]", help=text)


@cli.command()
@click.argument("metrics", nargs=-1, metavar="[METRIC]...")
@click.option("--from", "from_day", type=_DAY, help="Only what is kept by day, from this one on.")
@click.option("--to", "to_day", type=_DAY, help="The same, up to this day.")
@click.option("--course", type=_ID, help="Only what is kept by course, of this one.")
@click.option("--user", type=_ID, help="The same of a user (users.id).")
@click.option("--mentor", type=_ID, help="The same of a mentor (mentors.id).")
@click.option("--wait/--no-wait", default=True, show_default=True, help="Ctrl-C detaches.")
@click.option("--dry-run", is_flag=True, help="Say what would be done.")
@_steering("attach", "Watch the newest, or this one.")
@_steering("pause", "Begin no further slice of it.")
@_steering("resume", "Go on with it.")
@_steering("cancel", "End it; what is done stays.")
@_with_settings
def rebuild(settings: Settings, *, wait: bool, dry_run: bool, **options: Any) -> None:
    """Recalculate through the workers: everything, or the metrics, days and ids named."""
    from ops import rebuild as rebuilding  # noqa: PLC0415

    steering = [(verb, run) for verb in rebuilding.VERBS if (run := options.pop(verb)) is not None]
    asked = rebuilding.asked_by_options(**options)
    if len(steering) + bool(asked or dry_run) > 1:
        verbs = ", ".join(f"--{verb}" for verb in rebuilding.VERBS)
        raise ConfigurationError(f"One of {verbs} stands alone, or none of them.")
    if steering:
        verb, run = steering[0]
        run = rebuilding.steer(settings, verb, run)
        if verb == "attach":
            _attach(settings, run)
    elif dry_run:
        Console().print(rebuilding.foreseen(settings, asked))
    else:
        run = rebuilding.request(settings, asked)
        if wait:
            _attach(settings, run)
        else:
            click.echo(f"Asked for: `analytics rebuild --attach {run}` shows how far it is.")


def _attach(settings: Settings, run: str) -> None:
    from ops.rebuild import report, watch  # noqa: PLC0415
    from ops.status import replicated_until  # noqa: PLC0415
    from ops.status.sections import BEHIND  # noqa: PLC0415

    try:
        state = watch(settings, run)
    except KeyboardInterrupt:
        click.echo(f"It goes on: `analytics rebuild --attach {run}` comes back.")
        return
    Console().print(report(settings, state))
    if state["cancelled_by"] or replicated_until(settings) is None:
        if not state["cancelled_by"]:
            click.echo(f"{BEHIND}: the numbers are as of before.", err=True)
        sys.exit(1)


@cli.command()
@click.option("--json", "as_json", is_flag=True, help="For machines.")
@_with_settings
def history(settings: Settings, *, as_json: bool) -> None:
    """Say what was recalculated and audited lately, who asked, how long it took, what it found."""
    from ops.history import history as collect  # noqa: PLC0415
    from ops.history import table  # noqa: PLC0415

    entries = collect(settings)
    if as_json:
        click.echo(json.dumps(entries, indent=2, default=str))
    else:
        Console().print(table(entries))


@cli.command()
@click.argument("name", required=False)
@click.option("--json", "as_json", is_flag=True, help="For machines.")
@_with_settings
def metrics(settings: Settings, name: str | None, *, as_json: bool) -> None:
    """Say which metrics there are, or what one is: its columns, its SELECT, its rows."""
    from ops.metrics import metrics as collect  # noqa: PLC0415
    from ops.metrics import one, table  # noqa: PLC0415

    entries = collect(settings, name)
    if as_json:
        click.echo(json.dumps(entries[0] if name else entries, indent=2, default=str))
    else:
        Console().print(one(entries[0]) if name else table(entries))


@cli.command()
@_with_settings
def refresh(settings: Settings) -> None:
    """Wait until all that MentorHub committed before the call has arrived, and fold it."""
    from ops.refresh import refresh as refresh_now  # noqa: PLC0415
    from ops.status.sections import BEHIND  # noqa: PLC0415

    folded, as_of = refresh_now(settings)
    if as_of is None:
        click.echo(f"{BEHIND}: the numbers are as of before.", err=True)
        sys.exit(1)
    click.echo(f"Changes folded: {folded:,}. Every answer is right as of {as_of}.")


@cli.command()
@click.argument("metrics", nargs=-1, metavar="[METRIC]...")
@click.option("--repair", is_flag=True, help="Put right what is wrong.")
@click.option("--json", "as_json", is_flag=True, help="For machines.")
@_with_settings
def audit(settings: Settings, metrics: tuple[str, ...], *, repair: bool, as_json: bool) -> None:
    """Recount what is stored, and compare the mirror with MentorHub; exit 1 when a row is wrong."""
    from ops.audit import audit as audit_now  # noqa: PLC0415
    from ops.audit import table  # noqa: PLC0415

    found = audit_now(settings, metrics, repair=repair)
    if as_json:
        click.echo(json.dumps(found, indent=2, default=str))
    else:
        Console().print(table(found))
    if found["wrong"]:
        sys.exit(1)
