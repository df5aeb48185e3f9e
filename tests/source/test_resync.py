"""A mirror that lost changes is mended by what differs, while its answers go on being served."""

import threading
import time
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from http import HTTPStatus
from typing import Any

import pytest
from flask.testing import FlaskClient

from api.app import create_app
from api.database.reader import Reader
from api.services import services
from ops.local.embedded import Postgres
from shared.database import connect
from shared.errors import ConfigurationError
from shared.settings import Settings
from tests.support.mentorhub import Installed, ask, check, fill, is_mirrored, tell
from tests.support.processes import wait_until
from tests.support.tokens import bearer, sign
from workers import comparison, mentorhub, mirror
from workers.audit import audit
from workers.fold import fold, worker_connection
from workers.install import install
from workers.names import AS_OURS

SLOT = "SELECT pg_drop_replication_slot('mentorhub_analytics')"

MISSED = (
    "DELETE FROM users WHERE id % 9 = 0 AND role = 'STUDENT'",
    "UPDATE sessions SET status = 'COMPLETED' WHERE id % 2 = 0",
    "UPDATE payments SET currency = 'USD' WHERE id % 50 = 0",
    """
    INSERT INTO users (username, email, hashed_password, created_at)
    SELECT 'imported ' || n, n || '@bulk.example', 'x', '2026-03-10'
    FROM generate_series(1, 100) AS n
    """,
)
"""What happens at MentorHub while nobody keeps it for us."""


@pytest.fixture(scope="module")
def installed(postgres: Postgres) -> Installed:
    return Installed(postgres, lambda url: fill(url, users=60))


@pytest.fixture
def settings(installed: Installed) -> Iterator[Settings]:
    """Installed; one server, two databases."""
    with installed.pair() as settings:
        yield settings


def lose(settings: Settings, loss: str = SLOT) -> None:
    """Replication ends, and MentorHub goes on."""
    tell(settings.analytics_url(), "ALTER SUBSCRIPTION mentorhub_analytics DISABLE")
    with connect(settings.source_url()) as connection:
        assert wait_until(lambda: ask(connection, "SELECT NOT active FROM pg_replication_slots"))
    tell(settings.source_url(), loss, *MISSED)


def resync(settings: Settings) -> int:
    """How many rows differed."""
    url = settings.source_url()
    with connect(settings.analytics_url()) as ours, mentorhub.reach(url) as theirs:
        mirror.begin_anew(ours, theirs, url)
        comparison.retract(ours, {})
        return comparison.prove(ours, theirs, AS_OURS, lambda _: None)


def check_by_folding(settings: Settings) -> None:
    """Every answer is right by what the triggers captured; nothing is calculated anew."""
    assert is_mirrored(settings)
    with worker_connection(settings) as connection:
        fold(connection, 5)
    assert audit(settings, repair=False).rows == []
    check(settings)


@contextmanager
def served_throughout(settings: Settings) -> Generator[None]:
    """Every request in the meantime is answered; admins may have to wait until they are proven."""
    app = create_app(settings)
    client = app.test_client()
    with connect(settings.analytics_url()) as ours:
        admin = ask(ours, "SELECT min(user_id) FROM analytics.account WHERE role = 'admin'")
        student = "SELECT min(user_id) FROM analytics.account WHERE role = 'student'"
        learner = ask(ours, student + " AND mod(user_id, 9) <> 0")
    answers: list[tuple[int, str]] = []
    end = threading.Event()
    reader = threading.Thread(target=read_on, args=(client, admin, learner, answers, end))
    reader.start()
    try:
        yield
    finally:
        end.set()
        reader.join()
        services(app)[Reader].close()
    assert len(answers) > 20
    assert (200, "me/engagement") in answers
    assert set(answers) <= {
        *((200, path) for path in (*PATHS, "me/engagement", "/readyz")),
        *((503, f"/problems/{kind}") for kind in ("role-not-proven", "not-ready")),
    }


PATHS = ("platform", "sessions?days=30", "courses")


def read_on(
    client: FlaskClient,
    admin: int,
    learner: int,
    answers: list[tuple[int, str]],
    end: threading.Event,
) -> None:
    def get(path: str, address: str, user: int) -> None:
        response = client.get(address, headers=bearer(sign(user)))
        kind = path if response.status_code == HTTPStatus.OK else response.get_json()["type"]
        answers.append((response.status_code, kind))

    while not end.is_set():
        for path in PATHS:
            get(path, f"/api/v1/analytics/{path}", admin)
        get("me/engagement", "/api/v1/analytics/me/engagement", learner)
        get("/readyz", "/readyz", learner)
        time.sleep(0.01)


LOSSES = (
    SLOT,
    "DROP PUBLICATION mentorhub_analytics",
    "ALTER PUBLICATION mentorhub_analytics DROP TABLE payments",
)


@pytest.mark.parametrize("loss", LOSSES)
def test_init_mends_what_differs_and_answers_are_served_meanwhile(
    settings: Settings, loss: str
) -> None:
    lose(settings, loss)
    before = untouched(settings)
    with served_throughout(settings):
        install(settings)
    assert untouched(settings) == before
    check_by_folding(settings)


def untouched(settings: Settings) -> list[Any]:
    """The versions of rows that nobody changed: the same ones after a mend."""
    with connect(settings.analytics_url()) as ours:
        return ours.execute(
            "SELECT id, xmin::text FROM users WHERE id % 9 <> 0 AND username !~ 'imported'"
            " ORDER BY id"
        ).fetchall()


def test_what_init_finds_missing_is_counted_when_it_returns(settings: Settings) -> None:
    lose(settings)
    install(settings)
    check(settings)
    with connect(settings.analytics_url()) as ours:
        assert ask(ours, "SELECT sum(changes)::integer FROM analytics.pending") == 0


def test_a_lost_subscription_is_mended_too(settings: Settings) -> None:
    lose(settings)
    with connect(settings.analytics_url()) as ours:
        mirror.unsubscribe(ours)
        assert ask(ours, "SELECT control.replicated_until('0')") is None, "nothing is claimed"
        assert ask(ours, "SELECT control.replicated_until('0.1 s')") is None
    install(settings)
    check_by_folding(settings)


def test_a_resync_says_how_many_rows_differed(settings: Settings) -> None:
    lose(settings)
    with connect(settings.analytics_url()) as ours:
        waiting = "SELECT count(*) FROM capture.users"
        before = ask(ours, waiting)
        changed = resync(settings)
        gone = ask(ours, "SELECT count(*) FROM capture.users WHERE w = -1")
        assert ask(ours, waiting) - before == gone + 100
        assert changed >= gone + 100
    assert resync(settings) == 0
    check_by_folding(settings)


def around(step: Callable[..., Any], before: Callable[[], None], after: Callable[[], None]) -> Any:
    def run(*arguments: Any, **named: Any) -> Any:
        before()
        result = step(*arguments, **named)
        after()
        return result

    return run


def test_changes_made_meanwhile_are_neither_lost_nor_doubled(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    numbers = iter(range(1000, 2000))

    def change() -> None:
        n = next(numbers)
        tell(
            settings.source_url(),
            f"INSERT INTO users (id, username, email, hashed_password) VALUES ({n}, '{n}', {n}, '')",  # noqa: E501, S608
            f"UPDATE sessions SET duration_minutes = duration_minutes + 1 WHERE id % 7 = {n} % 7",  # noqa: S608
            "DELETE FROM payments WHERE id = (SELECT max(id) FROM payments)",
            f"DELETE FROM users WHERE id = {n} - 3",  # noqa: S608
        )

    lose(settings)
    for module, step in (
        (mentorhub, "drop_slot"),
        (mirror, "unsubscribe"),
        (comparison, "_make_equal"),
        (mirror, "_subscribe"),
    ):
        monkeypatch.setattr(module, step, around(getattr(module, step), change, change))
    end = threading.Event()

    def change_on() -> None:
        while not end.is_set():
            tell(settings.source_url(), "UPDATE sessions SET mentor_id = mentor_id WHERE id < 50")
            tell(settings.source_url(), "UPDATE payments SET amount = amount + 1 WHERE id < 50")

    busy = threading.Thread(target=change_on)
    busy.start()
    try:
        resync(settings)
    finally:
        end.set()
        busy.join()
    assert next(numbers) >= 1006
    check_by_folding(settings)


def interrupted(step: Callable[..., Any], *, after: bool) -> Callable[..., None]:
    def run(*arguments: Any, **named: Any) -> None:
        if after:
            step(*arguments, **named)
        raise KeyboardInterrupt

    return run


@pytest.mark.parametrize("retry", [resync, install])
def test_interrupted_at_any_step_it_is_begun_again(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, retry: Callable[[Settings], object]
) -> None:
    lose(settings)
    for module, step in (
        (mirror, "unsubscribe"),
        (mentorhub, "publish"),
        (mentorhub, "drop_slot"),
        (mirror, "_subscribe"),
        (comparison, "_make_equal"),
        (comparison, "store"),
    ):
        for after in (False, True):
            with monkeypatch.context() as patched:
                patched.setattr(module, step, interrupted(getattr(module, step), after=after))
                with pytest.raises(KeyboardInterrupt):
                    resync(settings)
            tell(settings.source_url(), "UPDATE payments SET amount = amount + 1 WHERE id < 20")
            with connect(settings.analytics_url()) as ours:
                is_proven = ask(ours, "SELECT control.is_proven()")
                assert is_proven is (step == "unsubscribe" and not after)
    retry(settings)
    check_by_folding(settings)


def test_many_rows_are_mended_range_by_range(settings: Settings) -> None:
    tell(
        settings.source_url(),
        "INSERT INTO users (id, username, email, hashed_password) SELECT n, n, n, ''"
        " FROM generate_series(10001, 55000) AS n",
    )
    lose(settings)
    tell(
        settings.source_url(),
        "DELETE FROM users WHERE id BETWEEN 30000 AND 33000",
        "UPDATE users SET is_active = NOT is_active WHERE id % 1000 = 1",
        "UPDATE users SET id = id + 200000 WHERE id BETWEEN 50001 AND 50100",
    )
    resync(settings)
    check_by_folding(settings)


def test_a_mirror_that_no_longer_fits_is_left_to_init(settings: Settings) -> None:
    lose(settings, "DROP PUBLICATION mentorhub_analytics")
    tell(settings.source_url(), "ALTER TABLE reviews ALTER rating TYPE numeric")
    with pytest.raises(ConfigurationError, match="run `analytics init`"):
        resync(settings)
    install(settings)
    check(settings)


def test_a_mend_that_is_refused_leaves_no_slot(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    lose(settings)
    with connect(settings.source_url()) as theirs, monkeypatch.context() as patched:
        nowhere = "host=/nowhere dbname=mentorhub"
        patched.setattr(mirror, "address", lambda _: nowhere)
        with pytest.raises(ConfigurationError, match="can't connect to MentorHub's by SOURCE_DATA"):
            resync(settings)
        assert ask(theirs, "SELECT count(*) FROM pg_replication_slots") == 0
    resync(settings)
    check_by_folding(settings)
