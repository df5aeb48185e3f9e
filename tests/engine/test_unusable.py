"""A row that can't be counted is set aside and told; all else goes on."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest
from rich.console import Console

from ops.status import collect
from ops.status.display import table
from shared.database import Connection
from shared.settings import Settings
from tests.support.dashboard import asking
from tests.support.mentorhub import ask
from tests.support.world import ADMIN, LEARNER, fill
from workers.audit import audit
from workers.fold import fold, worker_connection
from workers.rebuild import rebuild

HEADER = "X-Analytics-Unusable"

ODD_DATES = (
    "294276-12-31 23:59:59.999999+00",
    "4713-01-01 00:00:00+00 BC",
    "10000-01-01 00:00:00+00",
    "9999-12-31 00:00:00+00",
    "infinity",
    "-infinity",
    None,
)


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """The zone farthest from UTC; nobody answers at the broker, which is the quickest."""
    return replace(settings, timezone="Pacific/Kiritimati", redis_url="redis://127.0.0.1:1/0")


@pytest.fixture
def mirror(ours: Connection, settings: Settings) -> Connection:
    fill(ours)
    rebuild(settings)
    return ours


@pytest.fixture
def get(mirror: Connection, settings: Settings) -> Iterator[Callable[[str], Any]]:
    assert mirror
    with asking(settings, ADMIN) as client:

        def get(place: str) -> Any:
            with worker_connection(settings) as worker:
                fold(worker)
            response = client.get(f"/api/v1/analytics/{place}")
            assert response.status_code == 200, response.text
            return response

        yield get


def lacking(get: Callable[[str], Any]) -> dict[str, str]:
    """What each answer says to lack."""
    places = ("platform", "user-growth", "sessions", "courses", "revenue", "user/2/engagement")
    answers = {place: get(place).headers.get(HEADER) for place in places}
    return {place: told for place, told in answers.items() if told}


def is_sound(settings: Settings) -> bool:
    return audit(settings, repair=False).wrong == 0 and rebuild(settings) == 0


def test_a_date_that_none_can_be_is_counted_in_totals_and_told_by_the_answers_that_go_by_day(
    mirror: Connection, settings: Settings, get: Callable[[str], Any]
) -> None:
    before = get("platform").json["users"]["total"]
    growth = get("user-growth").json
    for date in ODD_DATES:
        mirror.execute(
            "INSERT INTO public.users VALUES (99, 'odd', 'STUDENT', true, true, %s)", [date]
        )
        assert get("platform").json["users"]["total"] == before + 1
        assert get("user-growth").json == growth
        assert get("user/99/engagement").json["username"] == "odd"
        assert lacking(get) == {"user-growth": "1"}
        (told,) = collect(settings)["unusable"]
        assert (told["table"], told["rows"], told["ids"]) == ("users", 1, [99])
        assert told["reason"].startswith("created_at")
        assert is_sound(settings)

        mirror.execute("UPDATE public.users SET created_at = now() WHERE id = 99")
        assert (
            get("user-growth").json["data"][-1]["new_users"] == growth["data"][-1]["new_users"] + 1
        )
        assert lacking(get) == {}
        mirror.execute("UPDATE public.users SET created_at = %s WHERE id = 99", [date])
        assert lacking(get) == {"user-growth": "1"}
        mirror.execute("DELETE FROM public.users WHERE id = 99")
        assert get("user-growth").json == growth
        assert get("platform").json["users"]["total"] == before
        assert collect(settings)["unusable"] == []
        assert is_sound(settings)


def test_an_odd_date_is_no_last_activity_and_its_session_is_attended(
    mirror: Connection, settings: Settings, get: Callable[[str], Any]
) -> None:
    before = get(f"user/{LEARNER}/engagement").json
    new = "INSERT INTO public.sessions VALUES (%s, %s, 5, 60, 'COMPLETED', %s)"
    for number, date in ((90, "infinity"), (91, "0044-03-15 12:00:00+00 BC")):
        mirror.execute(new, [number, LEARNER, date])
        mirror.execute(new, [number + 5, 3, date])
    after = get(f"user/{LEARNER}/engagement").json
    assert after["sessions_attended"] == before["sessions_attended"] + 2
    assert after["last_activity"] == before["last_activity"]
    alone = get("user/3/engagement")
    assert (alone.json["sessions_attended"], alone.json["last_activity"]) == (2, None)
    assert lacking(get) == {"sessions": "4"}
    assert is_sound(settings)


def test_numbers_at_the_edge_of_their_type_are_counted_and_taken_away_again(
    mirror: Connection, settings: Settings, get: Callable[[str], Any]
) -> None:
    before = {place: get(place).json for place in ("sessions", "revenue", "courses", "platform")}
    edges = (-(2**31), 2**31 - 1, 2**63 - 1, -(2**63) + 1)
    for number, edge in enumerate(edges, start=500):
        mirror.execute(
            "INSERT INTO public.sessions VALUES (%s, 2, 5, %s, 'COMPLETED', now())", [number, edge]
        )
        mirror.execute(
            "INSERT INTO public.payments VALUES (%s, 2, %s, 'RUB', 'COMPLETED', now())",
            [number, edge],
        )
        mirror.execute(
            "INSERT INTO public.course_enrollments VALUES (%s, 2, 1, %s, true, now())",
            [number, edge],
        )
        mirror.execute("INSERT INTO public.reviews VALUES (%s, 2, 1, %s, now())", [number, edge])
    get("platform")
    assert is_sound(settings)
    assert ask(mirror, "SELECT sum(minutes) FROM analytics.session_day") == sum(edges) + 135
    assert lacking(get) == {}
    assert is_sound(settings)
    for mirrored in ("sessions", "payments", "course_enrollments", "reviews"):
        mirror.execute(f"DELETE FROM public.{mirrored} WHERE id >= 500".encode())  # noqa: S608
    assert {place: get(place).json for place in before} == before
    assert is_sound(settings)


def test_a_number_without_an_inverse_is_set_aside(
    mirror: Connection, settings: Settings, get: Callable[[str], Any]
) -> None:
    before = {place: get(place).json for place in ("sessions", "revenue")}
    mirror.execute(
        "INSERT INTO public.sessions VALUES (500, 2, 7, %s, 'COMPLETED', now())", [-(2**63)]
    )
    mirror.execute(
        "INSERT INTO public.payments VALUES (500, 2, %s, 'RUB', 'COMPLETED', now())", [-(2**63)]
    )
    assert get("sessions").json["analytics"]["total"] == before["sessions"]["analytics"]["total"]
    assert get("revenue").json == before["revenue"]
    assert lacking(get) == {"platform": "1", "sessions": "1", "revenue": "1"}
    assert is_sound(settings)
    mirror.execute("UPDATE public.sessions SET duration_minutes = 60")
    mirror.execute("UPDATE public.payments SET amount = 1 WHERE id = 500")
    assert lacking(get) == {}
    assert is_sound(settings)


def test_an_owner_all_of_whose_numbers_are_set_aside_sums_up_to_nothing(
    mirror: Connection, get: Callable[[str], Any], settings: Settings
) -> None:
    mirror.execute("INSERT INTO public.users (id, username, role) VALUES (77, 'ann', 'STUDENT')")
    mirror.execute(
        "INSERT INTO public.course_enrollments (id, user_id, course_id, progress_percent)"
        " VALUES (77, 77, 77, %s)",
        [-(2**63)],
    )
    body = get("user/77/engagement").get_json()
    assert body["avg_progress"] == 0
    assert audit(settings, repair=False).wrong == 0


def test_a_null_where_mentorhub_has_none_is_counted(
    mirror: Connection, settings: Settings, get: Callable[[str], Any]
) -> None:
    before = get("platform").json
    mirror.execute("INSERT INTO public.users (id, created_at) VALUES (99, now())")
    mirror.execute("INSERT INTO public.courses (id) VALUES (99)")
    for mirrored in ("sessions", "course_enrollments", "progress", "reviews", "payments"):
        mirror.execute(f"INSERT INTO public.{mirrored} (id) VALUES (99)".encode())  # noqa: S608
    after = get("platform").json
    assert after["users"]["total"] == before["users"]["total"] + 1
    assert after["users"]["verified"] == before["users"]["verified"]
    assert after["courses"]["total"] == before["courses"]["total"] + 1
    assert after["courses"]["published"] == before["courses"]["published"]
    assert after["sessions"]["total"] == before["sessions"]["total"] + 1
    assert get("user/99/engagement").json["username"] == ""
    assert [c["course_title"] for c in get("courses").json["courses"]][-1] == ""
    assert lacking(get) == {"sessions": "1", "revenue": "1"}
    assert is_sound(settings)


def test_status_names_what_is_set_aside(mirror: Connection, settings: Settings) -> None:
    mirror.execute("UPDATE public.users SET created_at = 'infinity' WHERE id = 2")
    with worker_connection(settings) as worker:
        fold(worker)
    console = Console(width=200)
    with console.capture() as captured:
        console.print(table(collect(settings)))
    assert "1 row of users can't be counted (id 2): created_at is not a date" in captured.get()
