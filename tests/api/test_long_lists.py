"""A list too long to be held: written apart, row by row, and the same to the last byte."""

import csv
import http.client
import io
import json
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path

import psutil
import pytest
from openpyxl import load_workbook

from api.export.processes import WAITING
from shared.database import Connection, connect
from tests.support.processes import are_gone, children, wait_until
from tests.support.server import ROOT, Answer, Client, Server, server_of_a_module
from tests.support.tokens import bearer, sign
from tests.support.world import ADMIN, LEARNER
from workers.fold import fold, worker_connection

COUNT = 6_000

FULL = "/problems/export-unavailable"

COURSES = (
    "INSERT INTO public.courses (id, title, is_active)"
    " SELECT n, titles[1 + n % 6] || n, true FROM generate_series(10, 6005) AS n,"
    " (VALUES (ARRAY['=1+1', 'ёж', 'Ежи', 'a\"b\\c', '<r>_x0041_</r>', 'Жук'])) AS given (titles)"
    " UNION ALL VALUES (9223372036854775807, 'the last', true), (9007199254740993, NULL, true)"
)

LISTS = (
    "",
    "sort=title",
    "sort=title&order=desc",
    "sort=enrollments&order=desc",
    "search=%D1%91%D0%B6",
    "search=no%20such%20title",
)


server = server_of_a_module("test_long_lists", more=COURSES)


@pytest.fixture
def admin(server: Server) -> Iterator[Client]:
    client = server.client()
    yield client
    client.close()


@pytest.fixture
def ours(server: Server) -> Iterator[Connection]:
    with connect(server.settings.analytics_url()) as connection:
        yield connection


def helpers(server: Server) -> list[psutil.Process]:
    assert server.program.process
    return [*children(server.program.process.pid, "api.export.helper", recursive=True)]


def paged(admin: Client, query: str) -> list[dict[str, object]]:
    """The same list as its pages have it."""
    courses: list[dict[str, object]] = []
    place = f"courses?limit=1000&{query}"
    while place:
        answer = admin.get(place)
        courses += json.loads(answer.text, parse_float=Decimal)["courses"]
        following = [link for link in answer.headers["Link"].split(", ") if 'rel="next"' in link]
        place = f"courses{following[0].split('>')[0][1:]}" if following else ""
    return courses


@pytest.mark.parametrize("query", LISTS)
def test_a_long_list_is_what_its_pages_are(admin: Client, query: str) -> None:
    answer = admin.get(f"courses?{query}")
    courses = paged(admin, query)

    assert answer.status == 200
    assert "X-Next-Cursor" not in answer.headers
    assert json.loads(answer.text, parse_float=Decimal) == {"courses": courses}
    if "search" not in query:
        assert len(courses) == COUNT
    table = list(csv.reader(io.StringIO(admin.get(f"courses?format=csv&{query}").text[1:])))
    assert [row[0] for row in table] == ["course_id", *(str(one["course_id"]) for one in courses)]


def test_it_is_what_postgresql_writes_to_the_last_byte(admin: Client, ours: Connection) -> None:
    (whole,) = ours.execute(
        "SELECT row_to_json(body)::text FROM (SELECT array(SELECT row_to_json(course) FROM ("
        " SELECT course_id, title AS course_title, enrollments, avg_progress, completed,"
        " completion_rate, avg_rating FROM analytics.course_performance"
        " WHERE courses > 0 ORDER BY course_id) AS course) AS courses) AS body"
    ).fetchone() or ("",)

    answer = admin.get("courses")
    assert answer.text == whole
    assert answer.headers["Content-Type"] == "application/json"
    assert answer.headers["Content-Length"] == str(len(whole.encode()))


def test_its_files_hold_it_cell_for_cell(admin: Client) -> None:
    courses = [tuple(one.values()) for one in paged(admin, "")]
    book = load_workbook(io.BytesIO(admin.get("courses?format=xlsx").data))
    written = list(book["courses"].iter_rows(min_row=6, values_only=True))
    table = list(csv.reader(io.StringIO(admin.get("courses?format=csv").text[1:])))

    assert len(written) == len(table) - 1 == len(courses)
    for course, cells, texts in zip(courses, written, table[1:], strict=True):
        number, title, *others = course
        exact = isinstance(number, int) and number <= 2**53
        assert cells[0] == (number if exact else str(number))
        assert (cells[1] or "").replace("_x005F_", "_") == (title or "")
        assert [float(cell) for cell in cells[2:]] == [float(cell) for cell in others]
        assert texts == [str(number), _harmless(title), *map(str, others)]


def _harmless(title: object) -> str:
    text = str(title or "")
    return f"'{text}" if text.startswith("=") else text


@pytest.mark.parametrize("name", ["json", "csv", "xlsx"])
def test_who_has_it_gets_304_and_nobody_is_set_to_work(admin: Client, name: str) -> None:
    place = f"courses?format={name}"
    answer = admin.get(place)
    again = admin.get(place, **{"If-None-Match": answer.headers["ETag"]})

    assert (again.status, again.data) == (304, b"")
    assert again.headers["ETag"] == answer.headers["ETag"]


def test_it_is_of_the_very_state_that_its_tag_names(
    server: Server, admin: Client, ours: Connection
) -> None:
    before = admin.get("courses")
    # The row is written past the fold: a list of this state must not bear the old state's tag.
    ours.execute("INSERT INTO public.courses (id, title, is_active) VALUES (7000, 'new', true)")
    with worker_connection(server.settings) as worker:
        fold(worker)
    after = admin.get("courses")
    assert before.headers["ETag"] != after.headers["ETag"]
    assert len(after.body["courses"]) == COUNT + 1
    ours.execute("DELETE FROM public.courses WHERE id = 7000")
    with worker_connection(server.settings) as worker:
        fold(worker)
    assert wait_until(lambda: len(admin.get("courses").body["courses"]) == COUNT)


def test_permission_comes_before_anything(server: Server) -> None:
    answer = server.client(LEARNER).get("courses?format=xlsx")

    assert answer.status == 403


class Asked:
    """A request whose answer is not read yet."""

    def __init__(self, server: Server, place: str) -> None:
        self.connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)
        self.connection.request("GET", f"{ROOT}/{place}", headers=bearer(sign(ADMIN)))

    def answer(self) -> Answer:
        response = self.connection.getresponse()
        return Answer(response.status, response.headers, response.read())

    def close(self) -> None:
        self.connection.close()


@pytest.fixture
def busy(server: Server, admin: Client, ours: Connection) -> Iterator[Callable[[str], Asked]]:
    """Asks for lists that nobody can read, as their table is locked, and waits for nothing."""
    assert admin.get("courses").status == 200
    asked: list[Asked] = []

    def ask(place: str) -> Asked:
        asked.append(Asked(server, place))
        return asked[-1]

    with ours.transaction():
        ours.execute("LOCK TABLE analytics.course_performance")
        yield ask
    for each in asked:
        each.close()
    # another connection: the server ends one that was idle for 10 s
    assert wait_until(lambda: server.client().get("courses?format=csv").status == 200)


def readers(ours: Connection) -> int:
    """How many queries wait for the locked table."""
    (count,) = ours.execute(
        "SELECT count(*) FROM pg_locks WHERE NOT granted"
        " AND relation = 'analytics.course_performance'::regclass"
    ).fetchone() or (0,)
    return count


def test_more_than_a_few_are_refused_and_others_are_answered(
    server: Server, busy: Callable[[str], Asked], ours: Connection
) -> None:
    """Which of them is refused is up to the machine: those at work end after some seconds."""
    at_once = server.settings.exports_at_once
    asked = [busy("courses?format=csv") for _ in range(5 * (1 + WAITING) * at_once)]
    assert wait_until(lambda: readers(ours) == at_once)
    assert busy("platform").answer().status == 200
    assert busy("platform?format=xlsx").answer().status == 200
    answers = (each.answer() for each in reversed(asked))
    refused = next(each for each in answers if each.body["type"] == FULL)

    assert (refused.status, refused.headers["Retry-After"]) == (503, "10")
    assert refused.headers["Content-Type"] == "application/problem+json"
    for each in asked:
        each.close()


def test_what_nobody_waits_for_ends(
    server: Server, busy: Callable[[str], Asked], ours: Connection
) -> None:
    asked = busy("courses?format=xlsx")
    assert wait_until(lambda: readers(ours) == 1)
    waiting = busy("courses?format=csv"), busy("courses?format=csv")
    assert wait_until(lambda: readers(ours) == server.settings.exports_at_once)
    before = set(helpers(server))
    asked.close()
    for each in waiting:
        each.close()

    assert wait_until(lambda: len(before & set(helpers(server))) <= 1), "but the quick one's"
    assert wait_until(lambda: readers(ours) == 0)


def test_a_helper_that_is_killed_or_hangs_is_a_503_and_replaced(
    server: Server, busy: Callable[[str], Asked], ours: Connection
) -> None:
    asked = busy("courses")
    assert wait_until(lambda: readers(ours) == 1)
    for each in helpers(server):
        each.kill()
    answer = asked.answer()

    assert (answer.status, answer.body["type"]) == (503, FULL)
    assert busy("platform?format=xlsx").answer().status == 200


def test_a_database_that_does_not_answer_is_a_503(
    busy: Callable[[str], Asked],
) -> None:
    answer = busy("courses?format=xlsx").answer()

    assert (answer.status, answer.body["type"]) == (503, "/problems/database-unavailable")


def test_nothing_stays_behind_when_the_api_is_killed(server: Server, admin: Client) -> None:
    assert admin.get("courses?format=xlsx").status == 200
    running = helpers(server)
    folders = [Path(each.cmdline()[-1]) for each in running]
    assert folders
    assert all(folder.stat().st_mode & 0o777 == 0o700 for folder in folders)
    api = running[0].parent()
    assert api
    api.kill()

    assert are_gone(running)
    assert wait_until(lambda: not any(folder.exists() for folder in folders))
    server.program.stop()
    server.program.start()
    assert wait_until(server.is_ready)
