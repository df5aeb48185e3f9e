"""By the hour and minute the same is counted as by the day, for as long as a setting says."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from psycopg import sql

from ops.local.embedded import Postgres
from shared.database import Connection, connect, one
from shared.errors import ConfigurationError
from shared.metrics import SERIES, load
from shared.settings import Settings
from shared.sqlfiles import ROOT
from tests.support import timescale
from tests.support.databases import calculated_empty, serving
from tests.support.installations import OTHER_BINARIES
from workers.audit import audit
from workers.fold import fold, snapshot, worker_connection
from workers.install import install_schemas
from workers.rebuild import rebuild
from workers.series import keep_series


@pytest.fixture(scope="module", params=["tables", "hypertables"])
def postgres(request: pytest.FixtureRequest, postgres: Postgres) -> Iterator[Postgres]:
    """All of this holds on a server that has TimescaleDB, too."""
    if request.param == "tables":
        yield postgres
    elif timescale.is_there(OTHER_BINARIES):
        with serving(OTHER_BINARIES) as server:
            yield server
    else:
        pytest.skip(f"the PostgreSQL of {OTHER_BINARIES} (OTHER_POSTGRES) has no TimescaleDB")


@pytest.fixture(scope="module")
def analytics_template(postgres: Postgres) -> str:
    return calculated_empty(postgres, "series_template")


TODAY = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)


def book(ours: Connection, number: int, created_at: datetime) -> None:
    ours.execute(
        "INSERT INTO public.sessions (id, student_id, mentor_id, duration_minutes, status,"
        " created_at) VALUES (%s, 1, 1, 30, 'COMPLETED', %s)",
        [number, created_at],
    )


def minutes(ours: Connection) -> dict[datetime, int]:
    rows = ours.execute("SELECT minute, sessions FROM analytics.session_day_minute ORDER BY minute")
    return dict(rows.fetchall())


def drift(settings: Settings) -> list[Any]:
    return audit(settings, repair=False).rows


def test_sessions_payments_and_registrations_are_kept_by_hour_and_minute() -> None:
    kept = {(each.file, each.grain) for each in SERIES.values()}
    files = ("session_day", "payment_day", "user_day")
    assert kept == {(file, grain) for file in files for grain in ("hour", "minute")}


def test_a_minute_counts_what_began_in_it(ours: Connection, worker: Connection) -> None:
    noon = TODAY - timedelta(hours=12)
    for number, seconds in enumerate((-0.000001, 0, 59.999999, 60)):
        book(ours, number, noon + timedelta(seconds=seconds))
    fold(worker)
    minute = timedelta(minutes=1)
    assert minutes(ours) == {noon - minute: 1, noon: 2, noon + minute: 1}
    hours = ours.execute("SELECT hour, sessions FROM analytics.session_day_hour ORDER BY hour")
    assert hours.fetchall() == [(noon - timedelta(hours=1), 1), (noon, 3)]


def test_what_is_too_old_is_dropped_and_no_audit_misses_it(
    ours: Connection, worker: Connection, settings: Settings
) -> None:
    young, old = TODAY - timedelta(days=2), TODAY - timedelta(days=2, microseconds=1)
    kept = replace(settings, keep_minutes=2)
    book(ours, 1, young)
    book(ours, 2, old)
    fold(worker)
    assert len(minutes(ours)) == 2
    # what is pending when the night comes
    book(ours, 3, young)
    book(ours, 4, old)
    assert keep_series(worker, kept) == 1
    assert keep_series(worker, kept) == 0, "once is enough"
    assert drift(settings) == []
    fold(worker)
    # back-dated rows are not stored, and take nothing away when they go
    book(ours, 5, old)
    ours.execute("DELETE FROM public.sessions WHERE id = 2")
    fold(worker)
    assert minutes(ours) == {young: 2}
    assert drift(settings) == []
    assert rebuild(settings) == 0


def test_what_is_kept_for_longer_comes_again_and_what_is_pending_once(
    ours: Connection, worker: Connection, settings: Settings
) -> None:
    old = TODAY - timedelta(days=20)
    book(ours, 1, old)
    fold(worker)
    keep_series(worker, replace(settings, keep_minutes=2))
    assert minutes(ours) == {}
    book(ours, 2, old)
    ours.execute("UPDATE public.sessions SET created_at = %s WHERE id = 1", [old])
    keep_series(worker, settings)
    assert minutes(ours) == {old: 1}
    assert drift(settings) == []
    fold(worker)
    assert minutes(ours) == {old: 2}


def test_what_an_audit_found_in_a_day_that_is_dropped_stays_away(
    ours: Connection, worker: Connection, settings: Settings
) -> None:
    old = TODAY - timedelta(days=20)
    book(ours, 1, old)
    fold(worker)
    ours.execute("UPDATE analytics.session_day_minute SET sessions = 7")
    with worker_connection(settings) as auditor, snapshot(auditor):
        auditor.execute("SELECT count(*) FROM analytics.freshness")
        keep_series(worker, replace(settings, keep_minutes=2))
        found = auditor.execute("SELECT control.audit('session_day_minute', true, true)").fetchone()
    assert found == (1,)
    fold(worker)
    assert minutes(ours) == {}
    assert drift(settings) == []


@pytest.mark.parametrize("name", sorted(SERIES))
def test_what_somebody_spoils_is_found_and_repaired(
    ours: Connection, worker: Connection, settings: Settings, name: str
) -> None:
    book(ours, 1, TODAY)
    ours.execute(
        "INSERT INTO public.payments (id, student_id, amount, currency, status, created_at)"
        " VALUES (1, 1, 500, 'RUB', 'COMPLETED', now())"
    )
    ours.execute(
        "INSERT INTO public.users (id, username, role, is_active, created_at)"
        " VALUES (1, 'ann', 'STUDENT', true, now())"
    )
    fold(worker)
    table = sql.Identifier("analytics", name)
    stored = ours.execute(sql.SQL("SELECT * FROM {}").format(table)).fetchall()
    assert len(stored) == 1
    ours.execute(sql.SQL("DELETE FROM {}").format(table))
    assert audit(settings, [name], repair=True).wrong == 1
    assert ours.execute(sql.SQL("SELECT * FROM {}").format(table)).fetchall() == stored


def test_days_of_a_rebuild_are_days_of_the_series_too(
    ours: Connection, worker: Connection, settings: Settings
) -> None:
    for number, days in enumerate((0, 1, 2)):
        book(ours, number, TODAY - timedelta(days=days))
    fold(worker)
    ours.execute("UPDATE analytics.session_day_minute SET sessions = 9")
    day = str((TODAY - timedelta(days=1)).date())
    asked = f'{{"metrics": ["session_day_minute"], "from": "{day}", "to": "{day}"}}'
    ours.execute("SELECT control.ask('one day', %s::jsonb, 'request', 'me')", [asked])
    assert rebuild(settings, []) == 1
    assert sorted(minutes(ours).values()) == [1, 9, 9]


def test_grains_are_of_days(tmp_path: Any) -> None:
    text = (ROOT / "metric/session_day.sql").read_text()
    path = tmp_path / "session_day.sql"
    for wrong, sentence in (
        (text.replace("type: day", "type: month"), "whose date is `day`"),
        (text.replace("[hour, minute]", "[second]"), "Must be one of: hour, minute"),
    ):
        path.write_text(wrong)
        with pytest.raises(ConfigurationError, match=sentence):
            load(path)


@pytest.fixture
def chunks(ours: Connection) -> Callable[[str], set[datetime]]:
    """Asks where the chunks of a hypertable end."""
    if ours.execute("SELECT FROM pg_extension WHERE extname = 'timescaledb'").rowcount == 0:
        pytest.skip("without TimescaleDB they are tables")

    def ends(table: str) -> set[datetime]:
        rows = ours.execute(
            "SELECT range_end FROM timescaledb_information.chunks"
            " WHERE hypertable_schema = 'analytics' AND hypertable_name = %s",
            [table],
        )
        return {end for (end,) in rows}

    return ends


def test_hypertables_lose_the_chunks_that_the_night_before_has_emptied(
    chunks: Callable[[str], set[datetime]],
    ours: Connection,
    worker: Connection,
    settings: Settings,
) -> None:
    for number, days in enumerate((0, 12, 25)):
        book(ours, number, TODAY - timedelta(days=days))
    fold(worker)
    assert [len(chunks(f"session_day_{grain}")) for grain in ("minute", "hour")] == [3, 1]
    before = chunks("session_day_minute")
    for days, left in ((8, 1), (7, 1)):
        keep_series(worker, replace(settings, keep_minutes=days))
        assert len(minutes(ours)) == left
        assert drift(settings) == []
        # whoever has begun to compare before reads on in those that are empty now
        assert chunks("session_day_minute") == before
        before = {end for end in before if end > TODAY - timedelta(days=8)}
    assert rebuild(settings) == 0


def test_an_upgrade_makes_hypertables_anew(
    chunks: Callable[[str], set[datetime]],
    ours: Connection,
    worker: Connection,
    settings: Settings,
) -> None:
    book(ours, 1, TODAY)
    fold(worker)
    ours.execute("UPDATE control.installation SET definitions = 'of another version'")
    with connect(settings.analytics_url()) as upgrading:
        install_schemas(upgrading, settings, datetime.now(UTC))
    assert len(chunks("session_day_minute")) == 1
    assert list(minutes(ours).values()) == [1]
    assert drift(settings) == []


def test_an_audit_knows_the_size_of_a_hypertable(
    chunks: Callable[[str], set[datetime]], ours: Connection, worker: Connection
) -> None:
    for number in range(3):
        book(ours, number, TODAY - timedelta(days=9 * number))
    fold(worker)
    ours.execute("ANALYZE analytics.session_day_minute")
    assert len(chunks("session_day_minute")) == 3
    assert one(ours, "SELECT control.rows_of('analytics.session_day_minute')") == 3
