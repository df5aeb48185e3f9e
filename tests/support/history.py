"""MentorHub's history, written into the mirror by several hands, and what must come of it.

The rows are also kept here, in plain Python: nothing is read back through our own SQL.
"""

import os
import sys
from collections.abc import Generator, Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from copy import deepcopy
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from hypothesis import HealthCheck
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from hypothesis.errors import StopTest
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from psycopg import OperationalError, sql
from psycopg.errors import UniqueViolation

from api.app import create_app
from api.database.reader import Reader
from api.services import services
from ops.local.embedded import Postgres
from shared.database import Connection, connect
from shared.journals import JOURNALS
from shared.metrics import METRICS, SERIES
from shared.registry import FAMILIES, STEPS
from tests import metrics
from tests.support import dashboard, series
from tests.support.databases import DEFAULTS, database
from tests.support.journal import Journal
from tests.support.mirror import at
from tests.support.oracle import SMALLEST, STATUSES, Oracle, Row, Rows
from tests.support.processes import wait_until
from tests.support.stored import OWNING
from tests.support.tokens import bearer, sign
from tests.support.worlds import ADMIN, ADMIN_ROW, CURRENCIES, MINOR_UNITS, NOWS, ZONES
from workers.audit import audit
from workers.definitions import MIRRORED
from workers.fold import fold, worker_connection
from workers.install import install_schemas
from workers.rebuild import rebuild
from workers.series import keep_series

Key = tuple[str, int]
"""A row: its table and its id."""

Changes = dict[Key, Row | None]
"""What a row became; None where it went."""

TABLES = [step for step, family in STEPS.items() if step not in (*family.views, *family.journals)]

LONG_RUN = int(os.environ.get("HISTORIES", "0"))
"""So many histories, looked at after every step; 0 as in everyday tests."""

SUMMARIES = [name for family in FAMILIES.values() for name in family.summaries]


class Writer:
    """One connection of MentorHub's, with what it did and has not committed."""

    def __init__(self, url: str) -> None:
        # all of them are played by one thread: a wait would never end
        self.connection = connect(url, options="-c lock_timeout=10s")
        self.changes: Changes = {}
        self.savepoints: list[Changes] = []
        self.is_open = False

    def begin(self) -> None:
        self.connection.execute("BEGIN")
        self.is_open = True

    def save(self) -> None:
        self.connection.execute(f"SAVEPOINT s{len(self.savepoints)}".encode())
        self.savepoints.append(dict(self.changes))

    def go_back(self) -> None:
        self.changes = self.savepoints.pop()
        self.connection.execute(f"ROLLBACK TO s{len(self.savepoints)}".encode())

    def end(self, *, commits: bool) -> Changes:
        """Returns what was committed."""
        if self.is_open:
            self.connection.execute(b"COMMIT" if commits else b"ROLLBACK")
        changes = self.changes if commits else {}
        self.changes, self.savepoints, self.is_open = {}, [], False
        return changes


class Platform:
    """MentorHub's rows as everybody sees them, and the writers who change them."""

    def __init__(self, url: str, writers: int = 3) -> None:
        self.writers = [Writer(url) for _ in range(writers)]
        self.rows: dict[Key, Row] = {}

    def committed(self) -> Rows:
        return {
            table: [row for (owner, _), row in self.rows.items() if owner == table]
            for table in MIRRORED
        }

    def seen(self, writer: Writer) -> dict[Key, Row]:
        """What it sees; without the rows that others have in hand, as it would wait for them."""
        now = {**self.rows, **writer.changes}
        others = self.in_hand(writer)
        return {key: row for key, row in now.items() if row is not None and key not in others}

    def in_hand(self, writer: Writer) -> set[Key]:
        """The rows of open transactions other than the writer's."""
        return {key for other in self.writers if other is not writer for key in other.changes}

    def insert(self, writer: Writer, table: str, rows: Iterable[Row]) -> None:
        taken = self.in_hand(writer) | self.seen(writer).keys()
        fresh = [row for row in rows if (table, row["id"]) not in taken]
        if fresh:
            names = list(fresh[0])
            one = sql.SQL("({})").format(sql.SQL(", ").join(sql.Placeholder() * len(names)))
            self.execute(
                writer,
                sql.SQL("INSERT INTO public.{} ({}) VALUES {}").format(
                    sql.Identifier(table),
                    sql.SQL(", ").join(map(sql.Identifier, names)),
                    sql.SQL(", ").join([one] * len(fresh)),
                ),
                [row[name] for row in fresh for name in names],
                {(table, row["id"]): row for row in fresh},
            )

    def copy(self, writer: Writer, table: str, ids: Iterable[int], distance: int) -> None:
        """Insert them once more, under greater ids, by a SELECT."""
        seen, taken = self.seen(writer), self.in_hand(writer)
        copies: Changes = {
            (table, number + distance): {**seen[table, number], "id": number + distance}
            for number in ids
            if (table, number + distance) not in seen.keys() | taken
        }
        names = dict.fromkeys(name for row in copies.values() for name in row or () if name != "id")
        columns = sql.SQL(", ").join(map(sql.Identifier, names))
        if copies:
            self.execute(
                writer,
                sql.SQL(
                    "INSERT INTO public.{0} (id, {1}) SELECT id + %s, {1} FROM public.{0}"
                    " WHERE id = ANY (%s)"
                ).format(sql.Identifier(table), columns),
                [distance, [number - distance for _, number in copies]],
                copies,
            )

    def update(self, writer: Writer, table: str, ids: Iterable[int], values: Row) -> None:
        seen, ids = self.seen(writer), list(ids)
        if not ids:
            return
        self.execute(
            writer,
            sql.SQL("UPDATE public.{} SET {} WHERE id = ANY (%s)").format(
                sql.Identifier(table),
                sql.SQL(", ").join(
                    sql.SQL("{} = %s").format(sql.Identifier(name)) for name in values
                ),
            ),
            [*values.values(), ids],
            {(table, number): seen[table, number] | values for number in ids},
        )

    def delete(self, writer: Writer, keys: Iterable[Key]) -> None:
        by_table: dict[str, list[int]] = {}
        for table, number in keys:
            by_table.setdefault(table, []).append(number)
        for table, ids in by_table.items():
            query = sql.SQL("DELETE FROM public.{} WHERE id = ANY (%s)")
            self.execute(
                writer,
                query.format(sql.Identifier(table)),
                [ids],
                dict.fromkeys((table, number) for number in ids),
            )

    def truncate(self, table: str) -> None:
        """With the admin written again, who asks for the answers; waits for nobody's commit."""
        writer = self.writers[0]
        if any(owner == table for owner, _ in self.in_hand(writer)):
            return
        writer.begin()
        gone = dict.fromkeys(key for key in self.rows if key[0] == table)
        query = sql.SQL("TRUNCATE public.{}").format(sql.Identifier(table))
        self.execute(writer, query, [], gone)
        if table == "users":
            self.insert(writer, "users", [ADMIN_ROW])
        self.commit(writer)

    def execute(
        self, writer: Writer, query: sql.Composed, values: list[Any], changes: Changes
    ) -> None:
        writer.connection.execute(query, values)
        writer.changes |= changes
        if not writer.is_open:
            self.commit(writer)

    def commit(self, writer: Writer) -> None:
        for key, row in writer.end(commits=True).items():
            if row is None:
                self.rows.pop(key, None)
            else:
                self.rows[key] = row

    def empty(self) -> None:
        """Only the admin is left; nobody writes."""
        for writer in self.writers:
            writer.end(commits=False)
        connection = self.writers[0].connection
        for table in MIRRORED:
            connection.execute(f"DELETE FROM public.{table}".encode())  # noqa: S608 - our names
        self.rows = {}
        self.insert(self.writers[0], "users", [ADMIN_ROW])

    def close(self) -> None:
        for writer in self.writers:
            writer.connection.close()


class Stage:
    """A database that many histories are played in, one after the other, and the API over it."""

    def __init__(self, url: str) -> None:
        self.settings = replace(DEFAULTS, analytics_database_url=url)
        self.app = create_app(self.settings)
        self.admin = self.app.test_client()
        # a long run takes longer than a token of MentorHub's is good for
        token = sign(ADMIN, exp=datetime.now(UTC) + timedelta(days=9))
        self.admin.environ_base["HTTP_AUTHORIZATION"] = bearer(token)["Authorization"]
        self.ours = connect(url)
        self.worker = worker_connection(self.settings)
        self.platform = Platform(url)
        self.journal = Journal()
        self.pool = ThreadPoolExecutor(1)
        self.is_clean = True

    def close(self) -> None:
        self.platform.close()
        self.worker.close()
        self.ours.close()
        services(self.app)[Reader].close()
        self.pool.shutdown()

    def set_clock(self, now: datetime) -> None:
        """For connections that are there, and for those to come."""
        at(self.ours, now)
        for connection in (self.ours, self.worker):
            connection.execute("SELECT set_config('analytics.now', %s, false)", [now.isoformat()])

    def clean(self) -> None:
        """Back to an empty platform, whatever the last history left or broke."""
        self.platform.empty()
        if not self.is_clean:
            self.worker.close()
            self.worker = worker_connection(self.settings)
            self.ours.execute("UPDATE control.installation SET definitions = 'broken'")
            kept = ", ".join(f"kept.{name}" for name in ("journal", *JOURNALS))
            self.ours.execute(f"TRUNCATE {kept}".encode())
            self.journal = Journal()
            with connect(self.settings.analytics_url()) as connection:
                install_schemas(connection, self.settings, datetime.now(UTC))
        self.is_clean = False

    def drift(self, steps: Iterable[str]) -> dict[str, int]:
        """How many rows of each step are wrong, all in one snapshot."""
        one = "SELECT '{0}' AS step, count(*) AS wrong FROM drift.{0}"
        every = " UNION ALL ".join(one.format(step) for step in steps)
        return {step: wrong for step, wrong in self.ours.execute(every.encode()) if wrong}

    def kill_fold_at(self, step: str) -> bool:
        """End a fold's backend where it is at this step; False where it ended before, well."""
        hold = sql.SQL("LOCK analytics.{} IN SHARE MODE").format(sql.Identifier(step))
        with worker_connection(self.settings) as worker:
            with self.ours.transaction():
                self.ours.execute(hold)
                folding = self.pool.submit(fold, worker)
                wait_until(lambda: folding.done() or self._waits(worker))
                if folding.done():
                    folding.result()
                    return False
                self.ours.execute(_KILL, [worker.info.backend_pid])
            assert isinstance(folding.exception(30), OperationalError)
        return True

    def _waits(self, worker: Connection) -> bool:
        query = "SELECT cardinality(pg_blocking_pids(%s)) > 0"
        return self.ours.execute(query, [worker.info.backend_pid]).fetchone() == (True,)


_KILL = "SELECT pg_terminate_backend(%s, 10000)"


@contextmanager
def staged(postgres: Postgres, name: str, template: str) -> Generator[Stage]:
    with database(postgres, name, template) as url:
        stage = Stage(url)
        try:
            yield stage
        finally:
            stage.close()


@dataclass(frozen=True)
class Moment:
    """An instant beside a midnight: days before today (after it, if negative), and how far off."""

    days: int
    off: timedelta

    def on(self, today: date, zone: ZoneInfo) -> datetime:
        midnight = datetime.combine(today - timedelta(self.days), time(), zone)
        return midnight.astimezone(UTC) + self.off


MOMENTS = st.builds(
    Moment,
    st.sampled_from([0, 0, 1, 2, 3, -1, -1, -2, 29, 30, 362, 363, 364, 365, 366, -9, 400]),
    st.sampled_from(
        [timedelta(microseconds=off) for off in (-1, 0, 1, 3_600_000_000, 43_200_000_000)]
    ),
)
ODD_DATES = (
    "infinity",
    "-infinity",
    "294276-12-31 23:59:59.999999+00",
    "10000-01-01 00:00:00+00",
    "0044-03-15 12:00:00+00 BC",
    None,
)
"""No dates of the years 1 to 9999."""

STARTS = st.builds(
    datetime.__add__, st.sampled_from(NOWS), st.builds(timedelta, seconds=st.integers(0, 86400))
)
USERS = st.integers(1, 4) | st.none()
COURSES = st.integers(1, 4)
MENTORS = st.integers(1, 14) | st.none()
FLAGS = st.sampled_from([True, False, True, False, None])
DATES = st.one_of(*[MOMENTS] * 7, st.sampled_from(ODD_DATES))
"""Nearly all of them."""

EDGES = st.sampled_from([None, 0, -(2**31), 2**31 - 1, 2**63 - 1, SMALLEST + 1, SMALLEST])


def some(*usual: int) -> st.SearchStrategy[int | None]:
    """Numbers, and now and then one at the edge of its type."""
    return st.one_of(*[st.sampled_from(usual)] * 5, EDGES)


VALUES: dict[str, dict[str, st.SearchStrategy[Any]]] = {
    "users": {
        "username": st.sampled_from(["ann", "bob", "", "Зоя", "=1+1", "ann\n", None]),
        "role": st.sampled_from(["STUDENT", "MENTOR", "ADMIN", "student", None]),
        "is_active": FLAGS,
        "is_verified": FLAGS,
        "created_at": DATES,
    },
    "courses": {
        "title": st.sampled_from(["Питон", '=1+1"', "", "SQL", None]),
        "is_active": FLAGS,
        "instructor_id": MENTORS,
    },
    "mentors": {"user_id": USERS},
    "lessons": {"course_id": COURSES | st.none(), "order": some(1, 2, 3)},
    "sessions": {
        "student_id": USERS,
        "mentor_id": MENTORS,
        "duration_minutes": some(0, 30, 45, 60, 61),
        "status": st.sampled_from(
            [*map(str.upper, STATUSES), "COMPLETED", "done", "POSTPONED", None]
        ),
        "created_at": DATES,
        "scheduled_at": DATES,
    },
    "course_enrollments": {
        "user_id": USERS,
        "course_id": COURSES | st.none(),
        "progress_percent": some(*range(0, 101, 5), 33, 99),
        "completed": FLAGS,
        "created_at": DATES,
        "completed_at": DATES,
    },
    "progress": {
        "user_id": USERS,
        "created_at": DATES,
        "course_id": COURSES | st.none(),
        "lesson_id": st.none() | st.integers(1, 6),
        "progress_percent": some(0, 50, 100),
        "completed": FLAGS,
    },
    "reviews": {
        "user_id": USERS,
        "course_id": st.none() | st.integers(1, 6),
        "rating": some(1, 2, 3, 4, 5),
        "created_at": DATES,
        "reviewed_id": USERS,
        "mentor_id": MENTORS,
    },
    "payments": {
        "student_id": USERS,
        "amount": some(0, 1, 99, 150000, 2_000_000_000),
        "currency": st.sampled_from([*CURRENCIES, "usd", "РУБ", "a\nb", "", None]),
        "status": st.sampled_from(
            ["PENDING", "COMPLETED", "COMPLETED", "REFUNDED", "FAILED", "completed", None]
        ),
        "created_at": DATES,
        "mentor_id": MENTORS,
        "session_id": st.none() | st.integers(1, 30),
        "payment_method": st.sampled_from(["card", "SBP", "", None]),
        "updated_at": DATES,
    },
    "messages": {"sender_id": USERS, "recipient_id": USERS, "created_at": DATES},
    "subscriptions": {
        "user_id": USERS,
        "tier": st.sampled_from(["FREE", "BASIC", "PRO", "PREMIUM", None]),
        "status": st.sampled_from(["ACTIVE", "ACTIVE", "PAST_DUE", "TRIAL", "CANCELLED", None]),
        "amount": st.sampled_from(
            [*map(Decimal, ("9.90", "9.90", "19.95", "0.01", "0", "-5", "NaN")), None]
        ),
        "currency": st.sampled_from([*CURRENCIES, None]),
        "created_at": DATES,
        "updated_at": DATES,
    },
}

NEW = st.sampled_from(MIRRORED).flatmap(
    lambda table: st.tuples(
        st.just(table), st.lists(st.fixed_dictionaries(VALUES[table]), max_size=3, min_size=1)
    )
)
"""Rows for a table."""

OTHER = st.sampled_from(MIRRORED).flatmap(
    lambda table: st.tuples(
        st.just(table),
        st.sampled_from(sorted(VALUES[table])).flatmap(
            lambda name: st.fixed_dictionaries({name: VALUES[table][name]})
        ),
    )
)
"""Another value for a column of a table."""

OWNERS = {
    "users": "id",
    "sessions": "student_id",
    "course_enrollments": "user_id",
    "progress": "user_id",
    "reviews": "user_id",
    "payments": "student_id",
    "mentors": "user_id",
    "messages": "sender_id",
    "subscriptions": "user_id",
}
"""By which column a row belongs to a user, and goes when the user is erased."""

PICKS = st.lists(st.integers(0, 30), min_size=1, max_size=4)
WRITERS = st.sampled_from([0, 0, 1, 2])

WINDOWS = st.sampled_from([1, 2, 3, 4, 30, 364, 365])
MOVES = st.fixed_dictionaries({"mentor_id": st.integers(1, 40)}) | st.fixed_dictionaries(
    {"created_at": MOMENTS}
)

TAMPERINGS = [
    *map(
        "DELETE FROM analytics.{}".format,
        [name for name in TABLES if name != "mentor_ranking"] + ["mentor_window", "listed_mentor"],
    ),
    """SELECT set_config('analytics.now', '2001-01-01Z', true);
    REFRESH MATERIALIZED VIEW analytics.calendar""",
    "UPDATE analytics.platform_total SET users = users + 1, rating_sum = 0",
    "UPDATE analytics.payment_total SET amount = amount + 0.01",
    "UPDATE analytics.user_day SET day = day + 9000 WHERE day < '2040-01-01'",
    "INSERT INTO analytics.session_day VALUES ('2025-01-01', 'never', 1, 1)",
    "UPDATE analytics.session_day SET minutes = minutes - 1",
    "UPDATE analytics.mentor_day SET sessions = sessions + 1 WHERE mentor_id % 2 = 1",
    "DELETE FROM analytics.mentor_day WHERE mentor_id % 3 = 0",
    "UPDATE analytics.course_performance SET title = 'not so', courses = 1 - courses",
    "UPDATE analytics.user_engagement SET username = NULL, last_activity = '2001-01-01Z'",
    "UPDATE analytics.user_engagement SET user_id = user_id + 1000 WHERE user_id < 1000",
    "UPDATE analytics.lead_time SET hours = hours + 1",
    "UPDATE analytics.outcome_day SET completed = completed + 1, minutes = 0",
    "UPDATE analytics.mentor_lead_time SET mentor_id = mentor_id + 1000 WHERE mentor_id < 1000",
    "UPDATE analytics.learner_month SET mentor_id = mentor_id + 1000 WHERE mentor_id < 1000",
    "UPDATE analytics.mentor_booking SET returned = returned + 1",
    "UPDATE analytics.first_answer SET user_id = user_id + 1000 WHERE user_id < 1000",
    "UPDATE analytics.completion_time SET minutes = minutes - 1",
    "UPDATE analytics.review_of SET rating = 5",
    "UPDATE analytics.course_review SET reviews = reviews + 1",
    "UPDATE analytics.mentor_account SET mentor_id = mentor_id + 1000 WHERE mentor_id < 1000",
    "UPDATE analytics.rating SET satisfied = satisfied + 1",
    "UPDATE analytics.lesson_progress SET place = place + 1, reached = 0",
    "INSERT INTO analytics.session_due VALUES ('2025-01-01', 9999, 5)",
    "UPDATE analytics.user_role SET role = 'student'",
    "UPDATE analytics.enrollment_open SET day = day + 9000 WHERE day < '2040-01-01'",
    "UPDATE analytics.learner_day SET day = day - 1 WHERE day > '0001-01-01'",
    "UPDATE analytics.enrollment_lesson SET lessons = lessons + 1",
    "UPDATE analytics.unmarked SET enrollments = enrollments - 1",
    "UPDATE analytics.message_time SET way = 3 - way",
    "UPDATE analytics.response_time SET bucket = 'never'",
    "UPDATE analytics.listed_mentor SET sessions = 99 WHERE mentor_id % 5 = 1",
    "UPDATE analytics.mentor_window SET mentor_id = mentor_id + 1000 WHERE mentor_id < 1000",
    "UPDATE analytics.mentor_window SET less = less + 1 WHERE mentor_id % 2 = 1",
    "DELETE FROM analytics.listed_mentor WHERE sessions < 3",
    "INSERT INTO analytics.mentor_window VALUES ('2050-01-01', 3, 3)",
]


ACTS = st.one_of(
    st.tuples(st.just("crashes"), st.tuples(st.sampled_from(TABLES))),
    st.tuples(st.just("is_tampered_with"), st.tuples(st.sampled_from(TAMPERINGS))),
    st.just(("audits", ())),
    st.just(("installs", ())),
    st.tuples(st.just("rebuild"), st.tuples(st.sets(st.sampled_from(sorted(OWNING)), min_size=1))),
)
"""Names of methods, and their arguments."""


class Scene(RuleBasedStateMachine):
    """What we do, and what must hold, whatever MentorHub does; answers are the last fold's."""

    stage: Stage

    def __init__(self) -> None:
        super().__init__()
        self.stage.clean()
        self.platform = self.stage.platform
        self.settings = self.stored_settings = self.stage.settings
        self.tampered = False
        self.oracle: Oracle | None = None

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.settings.timezone)

    @property
    def today(self) -> date:
        return self.now.astimezone(self.zone).date()

    def on(self, moment: Moment) -> datetime:
        return moment.on(self.today, self.zone)

    def opens(self, now: datetime) -> None:
        """What the last history left is folded away: nothing that happens may depend on it.

        Hypothesis plays the same history twice, and draws other steps where it goes otherwise.
        """
        self.put_clock(now)
        keep_series(self.stage.worker, self.settings)
        self.folds()

    def put_clock(self, now: datetime) -> None:
        self.now = now
        self.stage.set_clock(now)

    @rule(
        later=st.sampled_from([*[timedelta(days) for days in (1, 2, 9, 366)], timedelta(hours=7)])
    )
    def passes(self, later: timedelta) -> None:
        self.put_clock(self.now + later)

    @rule(back=st.sampled_from([timedelta(seconds=1), timedelta(hours=25)]))
    def is_put_back(self, back: timedelta) -> None:
        """The server's clock was wrong, or a fold began before midnight and had to wait."""
        self.put_clock(self.now - back)

    @rule(number=st.sampled_from([1, 2]))
    def begins_or_saves(self, number: int) -> None:
        writer = self.platform.writers[number]
        if writer.is_open:
            writer.save()
        else:
            writer.begin()

    @rule(number=st.sampled_from([1, 2]), commits=st.sampled_from([True, True, False]))
    def ends(self, number: int, *, commits: bool) -> None:
        writer = self.platform.writers[number]
        if commits:
            self.platform.commit(writer)
        elif writer.savepoints:
            writer.go_back()
        else:
            writer.end(commits=False)

    @rule()
    def folds(self) -> None:
        fold(self.stage.worker)
        self.is_folded()

    def crashes(self, step: str) -> None:
        """A fold, when it comes to this step; where it doesn't come there, it ends."""
        if not self.stage.kill_fold_at(step):
            self.is_folded()

    def audits(self) -> None:
        wrong = audit(self.settings, repair=True).wrong
        assert self.tampered or wrong == 0
        self.tampered = False
        if wrong:
            self.is_folded()

    def is_tampered_with(self, query: str) -> None:
        with suppress(UniqueViolation):  # the second time
            if self.stage.ours.execute(query.encode()).rowcount:
                self.tampered, self.oracle = True, None

    def rebuild(self, families: Iterable[str]) -> None:
        other = self.settings is not self.stored_settings
        changed = rebuild(self.settings, families)
        assert self.tampered or other or changed == 0
        self.tampered = self.tampered and not other and set(families) != set(OWNING)
        self.stored_settings = self.settings
        self.is_folded()

    def is_folded(self) -> None:
        """Answers are of now, unless tampered with."""
        oracle = self.truth()
        self.stage.journal.note(oracle, self.now)
        oracle.journals = deepcopy(self.stage.journal.moments)
        self.oracle = None if self.tampered else oracle

    def truth(self) -> Oracle:
        rows, s = self.platform.committed(), self.settings
        return Oracle(rows, self.now, s.timezone, s.currency, s.minor_units)

    def installs(self) -> None:
        with connect(self.settings.analytics_url()) as connection:
            install_schemas(connection, self.settings, datetime.now(UTC))
        self.is_folded()

    @rule(act=ACTS)
    def acts(self, act: tuple[str, Any]) -> None:
        """What is done now and then only."""
        name, value = act
        getattr(self, name)(*value)
        self.nothing_drifts()

    @invariant()
    def no_change_is_missed(self) -> None:
        """It would be missing until somebody repairs it: everyday tests look less often."""
        if LONG_RUN and not self.tampered:
            assert self.stage.drift(SUMMARIES) == {}

    def nothing_drifts(self) -> None:
        if not self.tampered:
            assert self.stage.drift(STEPS if LONG_RUN else SUMMARIES) == {}

    @rule(days=WINDOWS, user=st.integers(1, 5), course=COURSES)
    @precondition(lambda self: self.oracle is not None)
    def answers(self, days: int, user: int, course: int) -> None:
        """As of the last fold, whatever was written since."""
        assert self.oracle
        dashboard.check(
            self.stage.admin,
            self.oracle,
            windows=(days,),
            users=(user,),
            courses=(course,),
            currencies=("USD",),
        )
        assert metrics.wrong(self.stage.ours, self.oracle) == {}
        assert series.wrong(self.stage.ours, self.oracle) == {}

    @rule(hours=st.sampled_from([1, 2, 30, 400]), minutes=st.sampled_from([1, 3, 366]))
    def keeps_series(self, hours: int, minutes: int) -> None:
        """The night, or another setting: for longer or shorter than before."""
        kept = replace(self.settings, keep_hours=hours, keep_minutes=minutes)
        keep_series(self.stage.worker, kept)
        assert series.since(self.stage.ours) == {
            grain: datetime.combine(self.today - timedelta(days), time(), self.zone)
            for grain, days in (("hour", hours), ("minute", minutes))
        }
        self.nothing_drifts()

    @rule(name=st.sampled_from(sorted(METRICS)), choice=st.integers(0, 3))
    @precondition(lambda self: self.oracle is not None)
    def answers_about_a_metric(self, name: str, choice: int) -> None:
        """Every row of it, over many days."""
        assert self.oracle
        asked = metrics.asked_with(name, choice)
        answered = metrics.answered(self.stage.admin, name, **asked)
        assert answered == metrics.expected(self.oracle, name, **asked)

    @rule(name=st.sampled_from(sorted(SERIES)), days=st.integers(0, 3))
    @precondition(lambda self: self.oracle is not None)
    def answers_by_the_hour_or_minute(self, name: str, days: int) -> None:
        """Around a midnight: an answer holds no more than a week of minutes."""
        assert self.oracle
        metric, first = SERIES[name], self.on(Moment(days + 1, timedelta()))
        last = self.on(Moment(days - 1, timedelta(seconds=-1)))
        if first >= series.since(self.stage.ours)[metric.grain or ""]:
            assert series.answered(self.stage.admin, metric, first, last) == series.expected(
                self.oracle, metric, first, last
            )

    def teardown(self) -> None:
        """Everything is right in the end, also while transactions are still open."""
        if failure := sys.exc_info()[0]:
            # a history that was not told to its end is no failure
            is_sound = self.settings is self.stage.settings and not self.tampered
            self.stage.is_clean = is_sound and issubclass(failure, StopTest)
            return
        if self.tampered:
            self.audits()
        self.folds()
        self.nothing_drifts()
        for days in (1, 365):
            assert dashboard.read(
                self.stage.admin, f"sessions?days={days}"
            ) == self.truth().sessions(days)
        self.answers(30, 1, 1)
        if self.settings is not self.stage.settings:
            rebuild(self.stage.settings, [])
        self.stage.is_clean = True


class History(Scene):
    """Everything happens to a platform of few rows, so that things collide."""

    @initialize(now=STARTS)
    def begins(self, now: datetime) -> None:
        self.opens(now)

    def dated(self, values: Row) -> Row:
        return {
            name: self.on(value) if isinstance(value, Moment) else value
            for name, value in values.items()
        }

    def picked(self, writer: Writer, table: str, picks: list[int]) -> list[int]:
        """Ids of rows that are there and nobody else has in hand; never the admin."""
        ids = [n for owner, n in self.platform.seen(writer) if owner == table and n != ADMIN]
        return sorted({ids[pick % len(ids)] for pick in picks}) if ids else []

    @rule(number=WRITERS, new=NEW, first=st.integers(1, 8))
    def inserts(self, number: int, new: tuple[str, list[Row]], first: int) -> None:
        table, rows = new
        numbered = [{"id": n, **self.dated(row)} for n, row in enumerate(rows, start=first)]
        self.platform.insert(self.platform.writers[number], table, numbered)

    @rule(number=WRITERS, other=OTHER, picks=PICKS)
    def updates(self, number: int, other: tuple[str, Row], picks: list[int]) -> None:
        writer, (table, values) = self.platform.writers[number], other
        ids = self.picked(writer, table, picks)
        self.platform.update(writer, table, ids, self.dated(values))

    @rule(number=WRITERS, other=OTHER)
    def updates_all(self, number: int, other: tuple[str, Row]) -> None:
        self.updates(number, other, list(range(200)))

    @rule(number=WRITERS, table=st.sampled_from(MIRRORED), picks=PICKS)
    def deletes(self, number: int, table: str, picks: list[int]) -> None:
        writer = self.platform.writers[number]
        ids = self.picked(writer, table, picks)
        self.platform.delete(writer, [(table, number) for number in ids])

    @rule(number=WRITERS, user=st.integers(1, 4))
    def erases(self, number: int, user: int) -> None:
        writer = self.platform.writers[number]
        theirs = [
            (table, key)
            for (table, key), row in self.platform.seen(writer).items()
            if table in OWNERS and row[OWNERS[table]] == user
        ]
        self.platform.delete(writer, theirs)

    @rule(number=WRITERS, table=st.sampled_from(MIRRORED), picks=PICKS)
    def copies(self, number: int, table: str, picks: list[int]) -> None:
        writer = self.platform.writers[number]
        self.platform.copy(writer, table, self.picked(writer, table, picks), 100)

    @rule(table=st.sampled_from(MIRRORED))
    def truncates(self, table: str) -> None:
        self.platform.truncate(table)

    @precondition(lambda self: self.stored_settings is self.stage.settings)
    @rule(
        zone=st.sampled_from(ZONES),
        currency=st.sampled_from(CURRENCIES),
        minor_units=st.sampled_from(MINOR_UNITS),
    )
    def restates(self, zone: str, currency: str, minor_units: str) -> None:
        self.settings = replace(
            self.settings, timezone=zone, currency=currency, minor_units=minor_units
        )
        self.rebuild(OWNING)


class HistoryOfMentors(Scene):
    """Mentors enough to fill every place of the rankings, who come to the top and leave it."""

    @initialize(
        now=STARTS,
        counts=st.lists(st.integers(0, 5), min_size=26, max_size=34),
        span=st.sampled_from([1, 3, 12, 365]),
    )
    def begins(self, now: datetime, counts: list[int], span: int) -> None:
        self.opens(now)
        self.teach(
            self.platform.writers[0],
            [
                (mentor, Moment((mentor + 5 * number) % span, timedelta(hours=12)))
                for mentor, count in enumerate(counts, start=1)
                for number in range(count)
            ],
        )
        self.folds()

    def teach(self, writer: Writer, taught: Iterable[tuple[int, Moment]]) -> None:
        known = {*self.platform.rows, *self.platform.in_hand(writer), *writer.changes}
        last = max((number for table, number in known if table == "sessions"), default=0)
        rows = [
            {
                "id": number,
                "student_id": 1,
                "mentor_id": mentor,
                "duration_minutes": 30,
                "status": "COMPLETED",
                "created_at": self.on(moment),
            }
            for number, (mentor, moment) in enumerate(taught, start=last + 1)
        ]
        self.platform.insert(writer, "sessions", rows)

    def ranked(self, writer: Writer, days: int) -> list[tuple[int, list[Key]]]:
        """Mentors from the top of a window down, and their sessions in it."""
        zone, first = self.zone, self.today - timedelta(days - 1)
        theirs: dict[int, list[Key]] = {}
        for key, row in self.platform.seen(writer).items():
            if key[0] == "sessions" and row["created_at"].astimezone(zone).date() >= first:
                theirs.setdefault(row["mentor_id"], []).append(key)
        return sorted(theirs.items(), key=lambda mentor: (-len(mentor[1]), mentor[0]))

    @rule(number=WRITERS, best=st.integers(1, 15), days=WINDOWS, keep=st.integers(0, 1))
    def lose(self, number: int, best: int, days: int, keep: int) -> None:
        """The best of a window lose all their sessions in it, or all but one."""
        writer = self.platform.writers[number]
        lost = [key for _, keys in self.ranked(writer, days)[:best] for key in keys[keep:]]
        self.platform.delete(writer, lost)

    @rule(number=WRITERS, mentor=st.integers(1, 40), count=st.integers(1, 4), moment=MOMENTS)
    def gains(self, number: int, mentor: int, count: int, moment: Moment) -> None:
        self.teach(self.platform.writers[number], [(mentor, moment)] * count)

    @rule(number=WRITERS, moment=MOMENTS)
    def all_gain(self, number: int, moment: Moment) -> None:
        """More of them than there are places."""
        self.teach(self.platform.writers[number], [(mentor, moment) for mentor in range(30, 5, -1)])

    @rule(number=WRITERS, place=st.integers(0, 25), days=WINDOWS, values=MOVES)
    def moves(self, number: int, place: int, days: int, values: Row) -> None:
        """A mentor's sessions to another mentor or day."""
        writer = self.platform.writers[number]
        ids = [n for _, keys in self.ranked(writer, days)[place : place + 1] for _, n in keys]
        moment = values.get("created_at")
        moved = {"created_at": self.on(moment)} if moment else values
        self.platform.update(writer, "sessions", ids, moved)


def play(scene: type[Scene], stage: Stage, histories: int) -> None:
    """Hypothesis shows the shortest history that ends badly."""
    run_state_machine_as_test(
        type(scene.__name__, (scene,), {"stage": stage}),
        settings=hypothesis_settings(
            max_examples=LONG_RUN or histories,
            stateful_step_count=8,
            report_multiple_bugs=False,
            suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
        ),
    )
