"""Walking the pages of /courses gives exactly the complete list, sorted and searched in Python."""

import re
from base64 import urlsafe_b64encode
from datetime import UTC, datetime
from typing import Any
from unicodedata import normalize
from urllib.parse import parse_qs, urlencode, urljoin

import pytest
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from api.app import create_app
from api.database.freshness import Watch
from api.database.reader import Reader
from api.services import services
from shared.database import connect
from tests.support.contract import assert_problem
from tests.support.dashboard import ROOT
from tests.support.processes import wait_until
from tests.support.tokens import bearer, sign
from tests.support.worlds import ADMIN, ADMIN_ROW, Stack, World, stack

__all__ = ["stack"]

COURSES = f"{ROOT}/courses"
NOW = datetime(2025, 6, 15, 12, tzinfo=UTC)
SORTS = (
    "course_id",
    "title",
    "enrollments",
    "avg_progress",
    "completed",
    "completion_rate",
    "avg_rating",
)
LINK = re.compile(r'<([^<>"]*)>; rel="(\w+)"')
# few, so that titles collide; the last ones change in number when they are folded or composed
titles = st.text(
    "aAbIЯяЕеёЁжиЙ %_\\'\"/\n+&#=\N{GRINNING FACE}"
    "\N{LATIN CAPITAL LETTER I WITH DOT ABOVE}\N{LATIN SMALL LETTER DOTLESS I}"
    "\N{COMBINING DIAERESIS}\N{COMBINING BREVE}\N{COMBINING GREEK YPOGEGRAMMENI}"
    "\N{FULLWIDTH LATIN CAPITAL LETTER A}\N{LATIN SMALL LIGATURE FI}\N{LATIN SMALL LETTER SHARP S}"
    "\N{GREEK SMALL LETTER FINAL SIGMA}\N{GREEK CAPITAL LETTER SIGMA}"
    "\N{CYRILLIC CAPITAL LETTER OMEGA}",
    max_size=6,
)


def links(response: Any) -> dict[str, str]:
    """Addresses by relation, as a client resolves them."""
    found = LINK.findall(response.headers.get("Link", ""))
    return {relation: urljoin(response.request.url, place) for place, relation in found}


def walk(client: FlaskClient, **query: object) -> list[list[Any]]:
    """The courses of every page."""
    pages: list[list[Any]] = []
    place: str | None = f"{COURSES}?{urlencode(query)}"
    while place:
        response = client.get(place)
        assert response.status_code == 200, (place, response.text)
        pages.append(response.json["courses"])
        assert len(pages) < 100, "pages go on and on"
        place = links(response).get("next")
    return pages


def the_world(courses: list[dict[str, Any]], **rows: list[dict[str, Any]]) -> World:
    empty = ("sessions", "course_enrollments", "progress", "reviews", "payments")
    tables = {"users": [ADMIN_ROW], "courses": courses, **{name: [] for name in empty}, **rows}
    return World(tables, tables, NOW, NOW, "UTC", "RUB", "100", [])


def caseless(title: str) -> str:
    return normalize("NFKC", normalize("NFKD", title).casefold())


def sought(title: str) -> str:
    return caseless(title).replace("ё", "е")


def sorted_like(courses: list[dict[str, Any]], sort: str, order: str) -> list[dict[str, Any]]:
    def key(course: dict[str, Any]) -> tuple[Any, int]:
        value = course[sort] if sort != "title" else caseless(course["course_title"])
        if sort == "title":
            value = value.replace("ё", "е\U0010ffff")
        return value, course["course_id"]

    return sorted(courses, key=key, reverse=order == "desc")


@st.composite
def catalogues(draw: st.DrawFn) -> World:
    ids = draw(st.lists(st.integers(-60, 60), unique=True, max_size=12))
    course = st.sampled_from(ids or [1])

    def some(**columns: st.SearchStrategy[Any]) -> list[dict[str, Any]]:
        row = st.fixed_dictionaries(columns | {"user_id": st.just(1), "created_at": st.just(NOW)})
        return numbered(draw(st.lists(row, max_size=12)))

    return the_world(
        [{"id": number, "title": draw(titles), "is_active": draw(st.booleans())} for number in ids],
        course_enrollments=some(
            course_id=course,
            progress_percent=st.sampled_from([0, 33, 100]),
            completed=st.booleans(),
        ),
        reviews=some(course_id=course, rating=st.integers(4, 5)),
    )


def numbered(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [row | {"id": number} for number, row in enumerate(rows, start=1)]


@hypothesis_settings(
    max_examples=25,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(world=catalogues(), limit=st.integers(1, 5), search=titles)
def test_all_pages_together_are_the_complete_list_in_every_order(
    stack: Stack, world: World, limit: int, search: str
) -> None:
    stack.show(world)
    complete = stack.admin.get(COURSES).json["courses"]
    assert [course["course_id"] for course in complete] == sorted(
        course["id"] for course in world.rows["courses"]
    )
    holding = [course for course in complete if sought(search) in sought(course["course_title"])]
    for sort in SORTS:
        for order in ("asc", "desc"):
            pages = walk(stack.admin, limit=limit, sort=sort, order=order, search=search)
            expected = sorted_like(holding, sort, order)
            assert [course for page in pages for course in page] == expected, (sort, order)
            assert all(len(page) == limit for page in pages[:-1])
            assert pages[-1] or not expected, "there is no empty page at the end"
            assert walk(stack.admin, sort=sort, order=order, search=search) == [expected]


def catalogue(*names: str) -> World:
    return the_world(
        [
            {"id": number, "title": name, "is_active": True}
            for number, name in enumerate(names, start=1)
        ]
    )


def place(stack: Stack, relation: str, **query: object) -> str:
    return links(stack.admin.get(f"{COURSES}?{urlencode(query)}"))[relation]


def titles_of(stack: Stack, place: str) -> list[str]:
    return [course["course_title"] for course in stack.admin.get(place).json["courses"]]


@pytest.mark.parametrize("order", ["asc", "desc"])
def test_titles_are_sorted_as_in_russian(stack: Stack, order: str) -> None:
    titles = ["Ежи", "ёж", "Ёлка", "Жук"]
    stack.show(catalogue(*titles[::-1]))
    pages = walk(stack.admin, sort="title", order=order, limit=1)
    seen = [course["course_title"] for (course,) in pages]
    assert seen == (titles if order == "asc" else titles[::-1])


@pytest.mark.parametrize(
    ("title", "searches"),
    [
        ("Ёлка", ["елк", "ЁЛ", "е\N{COMBINING DIAERESIS}лка"]),
        ("Ежи", ["ёж"]),
        ("Йога", ["и\N{COMBINING BREVE}о"]),
        ("Pro\N{LATIN SMALL LIGATURE FI}le", ["PROFILE", "\N{FULLWIDTH LATIN SMALL LETTER F}i"]),
        ("Straße", ["STRASSE", "strasse"]),
        ("\N{LATIN CAPITAL LETTER I WITH DOT ABOVE}zmir", ["I\N{COMBINING DOT ABOVE}Z"]),
        ("ΟΔΟΣ", ["οδος"]),
        ("Ännu Ørsted", ["ä", "øRST"]),
        ("Հայերեն", ["հԱՅ"]),
    ],
)
def test_a_title_is_found_however_it_is_written(
    stack: Stack, title: str, searches: list[str]
) -> None:
    stack.show(catalogue(title, "else"))
    for search in searches:
        assert titles_of(stack, f"{COURSES}?{urlencode({'search': search})}") == [title], search


def test_every_letter_is_folded_as_unicode_says(stack: Stack) -> None:
    # of these ranges no later Unicode than the oldest server's has more
    ranges = ((1, 0x590), (0x10A0, 0x1100), (0x13A0, 0x1400), (0x1E00, 0x2C00))
    letters = [
        chr(code) for first, end in (*ranges, (0xFB00, 0xFFF0)) for code in range(first, end)
    ]
    letters += [chr(code) for code in (*range(0x10400, 0x10450), *range(0x1D400, 0x1D800))]
    with connect(stack.settings.analytics_url()) as ours:
        folded = ours.execute(
            "SELECT letter, analytics.caseless(letter || 'я') FROM unnest(%s::text[]) AS letter",
            [letters],
        ).fetchall()
    assert [(letter, got) for letter, got in folded if got != caseless(f"{letter}я")] == []
    assert len(folded) == len(letters)


def test_a_page_begins_behind_the_last_whatever_came_and_went(stack: Stack) -> None:
    stack.show(catalogue("b", "d", "f", "h"))
    second = place(stack, "next", limit=2, sort="title")
    # the row that the cursor names is gone, others came before and after it
    stack.change(catalogue("b", "new a", "f", "h", "e").rows)
    stack.fold()
    assert titles_of(stack, second) == ["e", "f"]


def test_links_keep_the_other_parameters_and_name_no_server(stack: Stack) -> None:
    stack.show(catalogue("Ünï & <b>", "ünï & <b>\r\n2", "else"))
    query = {"limit": "1", "sort": "title", "order": "desc", "search": "ï & <B>"}
    response = stack.admin.get(f"{COURSES}?{urlencode(query | {'max_staleness': 999_999_999})}")
    raw = {relation: address for address, relation in LINK.findall(response.headers["Link"])}
    assert raw.keys() == {"first", "next"}
    for relation, address in raw.items():
        assert address.startswith("?")
        assert address.isascii()
        kept = {name: value for name, (value,) in parse_qs(address[1:]).items()}
        assert (kept.pop("cursor", None) is not None) == (relation == "next")
        assert kept == query | {"max_staleness": "999999999"}
    second = stack.admin.get(COURSES + raw["next"])
    assert [course["course_title"] for course in second.json["courses"]] == ["Ünï & <b>"]
    assert links(second).keys() == {"first"}


@pytest.mark.parametrize("query", ["", "?sort=title", "?search=a", "?course_id=1"])
def test_what_is_complete_has_no_links(stack: Stack, query: str) -> None:
    stack.show(catalogue("a", "b"))
    response = stack.admin.get(COURSES + query)
    assert response.status_code == 200
    assert "Link" not in response.headers


def test_an_unchanged_page_is_304_with_its_links(stack: Stack) -> None:
    stack.show(catalogue("a", "b"))
    page = stack.admin.get(f"{COURSES}?limit=1")
    again = stack.admin.get(f"{COURSES}?limit=1", headers={"If-None-Match": page.headers["ETag"]})
    assert (again.status_code, again.headers["Link"]) == (304, page.headers["Link"])


def test_every_page_and_every_order_has_a_tag_of_its_own(stack: Stack) -> None:
    stack.show(catalogue("a", "b", "c"))
    places = [
        f"{COURSES}?{urlencode(query)}"
        for query in (
            {},
            {"limit": 1},
            {"limit": 2},
            {"limit": 2, "order": "desc"},
            {"limit": 2, "sort": "title"},
            {"sort": "title"},
            {"search": "a"},
            {"search": 'ä"\n'},
        )
    ]
    places += [place(stack, "next", limit=1), place(stack, "next", limit=1, sort="title")]
    tags = [stack.admin.get(place).headers["ETag"] for place in places]
    assert len(set(tags)) == len(places)
    assert all(re.fullmatch(r'"[!#-~]+"', tag) for tag in tags)


def forged(text: str | bytes) -> str:
    raw = text if isinstance(text, bytes) else text.encode()
    return urlsafe_b64encode(raw).decode()


@pytest.mark.parametrize(
    "cursor",
    [
        "",
        "x",
        "====",
        "ж",
        forged(""),
        forged("title asc 0 1"),
        forged("course_id asc 0 --1 "),
        forged("course_id asc - 1 "),
        forged("course_id asc +1 1 "),
        forged("course_id asc 0 1.0 "),
        forged("course_id asc NaN 1 "),
        forged("course_id asc 1e999999 1 "),
        forged("course_id asc 0 1 \0"),
        forged("course_id asc ٣ 1 "),
        forged(b"course_id asc 0 1 \xff"),
        forged("[" * 10_000),
    ],
)
def test_a_cursor_that_no_link_holds_is_422(stack: Stack, cursor: str) -> None:
    stack.show(catalogue("a"))
    assert_problem(stack.admin.get(f"{COURSES}?{urlencode({'cursor': cursor})}"), 422)


@pytest.mark.parametrize(
    "change", [{"sort": "enrollments"}, {"order": "desc"}, {"sort": "course_id"}]
)
def test_a_cursor_of_another_order_is_422(stack: Stack, change: dict[str, str]) -> None:
    stack.show(catalogue("a", "b"))
    query = {"limit": 1, "sort": "title"}
    (cursor,) = parse_qs(place(stack, "next", **query).partition("?")[2])["cursor"]
    response = stack.admin.get(f"{COURSES}?{urlencode(query | change | {'cursor': cursor})}")
    assert_problem(response, 422)
    assert response.json["detail"] == "cursor belongs to another sort or order."


@pytest.mark.parametrize("course", [2**63 - 1, 10**30])
def test_a_cursor_behind_every_course_is_an_empty_page(stack: Stack, course: int) -> None:
    stack.show(catalogue("a"))
    cursor = forged(f"course_id asc 0 {course} ")
    assert titles_of(stack, f"{COURSES}?limit=1&cursor={cursor}") == []


@pytest.mark.parametrize("order", ["asc", "desc"])
@pytest.mark.parametrize("sort", ["course_id", "title", "avg_progress"])
def test_pages_go_through_ids_of_any_sign(stack: Stack, sort: str, order: str) -> None:
    ids = [-(2**31), -7, -1, 0, 3, 2**31 - 1]
    named = zip(ids, "abcdef", strict=True)
    stack.show(the_world([{"id": i, "title": t, "is_active": True} for i, t in named]))
    place, seen = f"?limit=1&sort={sort}&order={order}", []
    while place:
        response = stack.admin.get(f"{COURSES}{place}")
        seen += [course["course_id"] for course in response.json["courses"]]
        following = re.findall(r'<([^>]*)>; rel="next"', response.headers["Link"])
        place = following[0] if following else ""
    assert seen == (ids if order == "asc" else ids[::-1])


def test_a_cursor_before_every_course_begins_with_the_first(stack: Stack) -> None:
    stack.show(catalogue("a"))
    cursor = forged(f"course_id asc -0.5 {-(10**30)} ")
    assert titles_of(stack, f"{COURSES}?limit=1&cursor={cursor}") == ["a"]


def test_a_page_from_memory_has_the_links_of_its_own_request(stack: Stack) -> None:
    stack.show(catalogue("a", "b"))
    app = create_app(stack.settings)
    known = services(app)[Watch]
    known.start()
    client = app.test_client()
    client.environ_base["HTTP_AUTHORIZATION"] = bearer(sign(ADMIN))["Authorization"]
    try:
        assert wait_until(lambda: known.freshness("courses") is not None)
        for query in ("limit=1", "limit=1&format=csv", "limit=1&max_staleness=999999999"):
            first, second = (client.get(f"{COURSES}?{query}") for _ in range(2))
            assert second.headers["Link"] == first.headers["Link"]
            assert f'<?{query}>; rel="first"' in second.headers["Link"]
            assert f"<?{query}&cursor=" in second.headers["Link"]
    finally:
        known.stop()
        services(app)[Reader].close()
