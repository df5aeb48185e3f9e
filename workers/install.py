"""`analytics init`: from an empty database to the first right answer, and on to new versions."""

from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from datetime import datetime

import structlog
from psycopg import Error, IsolationLevel, OperationalError, errors, sql
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from shared.database import Connection, flags, one, run, watched
from shared.errors import ConfigurationError, ServerUnavailableError
from shared.registry import FAMILIES, STEPS
from shared.settings import Settings
from workers import before, comparison, definitions, kept, mentorhub, mirror, timezone
from workers.definitions import Statement
from workers.fold import fold_as_of
from workers.mirrored import MIRRORED
from workers.rebuild import Progress as RebuildProgress
from workers.rebuild import reporting, restate, settings_differ
from workers.recounts import hold_recounts
from workers.series import keep_series, kept_days

_READ = "Somebody reads what the version before has stored"

log = structlog.get_logger("analytics")


def install(settings: Settings) -> None:
    """Create or upgrade everything that analytics needs, and calculate it; idempotent, resumable.

    Shows progress on the terminal. Raises ConfigurationError saying what is in the way.
    """
    with (
        watched(settings.analytics_url(), options=flags(mirror.BOUNDS)) as ours,
        mentorhub.reach(settings.source_url()) as source,
        _said_in_a_sentence(ours, source),
        _progress() as bars,
    ):
        timezone.check(ours, settings.timezone)
        sentence = timezone.difference(ours, settings.timezone)
        if sentence:
            log.warning("Analytics: %s", sentence)
        hold_recounts(ours)
        names = mentorhub.names_of(settings.mapping)
        for sentence in mentorhub.unread(source, names):
            log.warning("Analytics: %s", sentence)
        mirror.prepare(ours, source, settings.source_url(), names)
        names = names.without(mirror.missing(ours))
        comparing = bars.add_task(
            "Comparing with MentorHub", total=sum(mentorhub.estimated_rows(source, names).values())
        )
        as_of, proven = comparison.settle(
            ours, source, names, lambda rows: bars.advance(comparing, rows)
        )
        bars.remove_task(comparing)
        described = mirror.described(source, settings.source_url())

        def prove() -> None:
            mirror.remember_source(ours, described)
            for table, witness in proven.items():
                comparison.store(ours, table, witness)

        install_schemas(ours, settings, as_of, bars, prove)
        # what the comparison brought waited for the proof
        fold_as_of(ours, as_of)
        for table, reason, _, ids in run(ours, "status/unusable"):
            sentence = mentorhub.as_bytes(table, reason, ids, names)
            if sentence:
                log.warning("Analytics: %s", sentence)


@contextmanager
def _said_in_a_sentence(ours: Connection, source: Connection) -> Generator[None]:
    """A server that goes away meanwhile, or somebody's lock on what is ours."""
    try:
        yield
    except errors.LockNotAvailable:
        raise ConfigurationError(
            "Somebody has locked our tables for a minute: `analytics status` says who. "
            "Then run `analytics init` again."
        ) from None
    except OperationalError:
        servers = {"MentorHub's": source, "The analytics": ours}
        away = [name for name, connection in servers.items() if not _answers(connection)]
        if not away:
            raise
        raise ServerUnavailableError(
            f"{away[0]} server went away: run `analytics init` again when it is back, "
            "and it goes on from there."
        ) from None


def _answers(connection: Connection) -> bool:
    try:
        connection.execute("SELECT")
    except OperationalError:
        return False
    except Error:
        return True  # that it is in a transaction that failed
    return True


def install_schemas(
    ours: Connection,
    settings: Settings,
    as_of: datetime,
    bars: Progress | None = None,
    prove: Callable[[], object] = lambda: None,
) -> None:
    """Make the schemas above an existing mirror what this version defines, and calculate them.

    In one transaction: until it commits, readers see what was there before, and wait for nobody.
    `as_of`: every change committed at MentorHub up to then has arrived. `prove`: writes into the
    schemas what the mirror is proven under: without it, nobody is taken for an admin.
    """
    bars = bars or Progress(disable=True)
    hold_recounts(ours)
    kept.migrate(settings, bounds=mirror.BOUNDS)
    ours.isolation_level = IsolationLevel.REPEATABLE_READ
    task = bars.add_task("Calculating", total=None)

    def show(step: str, done: int, steps: int) -> None:
        bars.update(task, description=f"Calculating {step}", completed=done, total=steps)

    made = list(definitions.statements(settings.mapping, _timescale(ours)))
    is_anew = _installed(ours) != definitions.digest(made)
    if is_anew:
        if not before.drop(ours):
            raise ConfigurationError(f"{_READ}: `analytics status` says who.")
        _make_roles(ours)
        _install_anew(ours, settings, made, as_of, prove, show)
        run(ours, "install/analyze")
    elif settings_differ(ours, settings):
        restate(ours, settings, show)
    else:
        fold_as_of(ours, as_of)
    keep_series(ours, settings)
    # what is written from here on may have been written by a fold a moment ago
    ours.isolation_level = None
    if not is_anew:
        prove()
    if not before.drop(ours):
        log.warning("Analytics: %s: the guard drops it when nobody does", _READ)
    bars.remove_task(task)


def _install_anew(  # noqa: PLR0913, PLR0917 - what it makes, of what, and what it tells
    ours: Connection,
    settings: Settings,
    made: Sequence[Statement],
    as_of: datetime,
    prove: Callable[[], object],
    progress: RebuildProgress,
) -> None:
    has_turns = one(ours, "SELECT to_regclass('control.turn') IS NOT NULL")
    with ours.transaction():
        _hold_off_changes(ours, folds=has_turns)
        before.put_aside(ours)
        definitions.execute(ours, made)
        one(ours, "SELECT control.report_in(%s, %s, %s)", reporting(settings))
        one(ours, "SELECT control.keep_series(%s)", [kept_days(settings)])
        rows = 0
        for done, (step, family) in enumerate(STEPS.items()):
            progress(step, done, len(STEPS))
            if step in family.views:
                ours.execute("SELECT control.refresh(%s)", [step])
            else:
                rows += one(ours, "SELECT control.refill(%s)", [step])
        ours.execute("SELECT control.publish(%s, %s)", [as_of, list(FAMILIES)])
        ours.execute("DELETE FROM control.repair")
        ours.execute(
            "INSERT INTO control.run (id, families, reason, started_at, finished_at, rows_changed)"
            " VALUES (gen_random_uuid(), %s, 'install', now(), clock_timestamp(), %s)",
            [list(FAMILIES), rows],
        )
        prove()


def _hold_off_changes(ours: Connection, *, folds: bool) -> None:
    """Let no change come between the snapshot and the triggers that capture changes.

    A lock is taken without a snapshot. Replication, and a fold of the version before, come first:
    `folds`, where there was one.
    """
    if folds:
        ours.execute("LOCK TABLE control.turn IN EXCLUSIVE MODE")
    for table in MIRRORED:
        ours.execute(
            sql.SQL("LOCK TABLE public.{} IN SHARE ROW EXCLUSIVE MODE").format(
                sql.Identifier(table)
            )
        )


def _make_roles(ours: Connection) -> None:
    try:
        run(ours, "install/roles")
        # A superuser may act as them anyhow, whoever created them may not.
        ours.execute("GRANT analytics_reader, analytics_worker TO current_user")
    except errors.InsufficientPrivilege:
        role = one(ours, "SELECT quote_ident(current_user)")
        raise ConfigurationError(
            f"The roles analytics_reader and analytics_worker are not ours to grant: run `GRANT "
            f"analytics_reader, analytics_worker TO {role} WITH ADMIN OPTION` "
            "in the analytics server."
        ) from None


def _timescale(ours: Connection) -> str | None:
    """Where the functions of TimescaleDB are, if our database has it."""
    rows = ours.execute(
        "SELECT extnamespace::regnamespace::text FROM pg_extension WHERE extname = 'timescaledb'"
    )
    return next((schema for (schema,) in rows), None)


def _installed(ours: Connection) -> str | None:
    # whoever restores a backup drops schema kept before, and with it what looks at it
    there = one(
        ours,
        "SELECT to_regclass('control.installation') IS NOT NULL"
        " AND to_regclass('analytics.note') IS NOT NULL",
    )
    return one(ours, "SELECT definitions FROM control.installation") if there else None


def _progress() -> Progress:
    return Progress(
        TextColumn("{task.description:<24}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=Console(stderr=True),
    )
