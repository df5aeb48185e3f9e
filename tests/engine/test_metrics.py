"""Metric files: what is said of mistakes in them, and that each brings its proof."""

from collections.abc import Callable
from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console

from ops.metrics import metrics as collect
from ops.metrics import one, table
from shared.database import Connection
from shared.errors import ConfigurationError
from shared.metrics import METRICS, STORED, load
from shared.settings import Settings
from tests.metrics import EXPECTED
from workers import metric_check
from workers.definitions import make_metric

GOOD = """\
/*
title: {en: Reviews, ru: Отзывы}
meaning: {en: Reviews by course., ru: Отзывы по курсам.}
keys:
  course_id: {type: integer, en: The course., ru: Отзыв.}
measures:
  reviews: {en: Reviews., ru: Отзывы.}
ratios:
  share: {is: 'analytics.ratio(reviews, 2)', en: Half., ru: Половина.}
*/
SELECT
    course_id,
    sum(w) AS reviews
FROM reviews
WHERE course_id IS NOT NULL
GROUP BY course_id
"""


def test_every_metric_brings_its_proof() -> None:
    assert set(EXPECTED) == set(METRICS)


def test_what_is_not_listed_is_what_others_are_counted_or_read_from() -> None:
    read = {name for metric in METRICS.values() for name in (*metric.reads, metric.coarser)}
    assert {name for name, metric in METRICS.items() if not metric.is_listed} <= read


@pytest.fixture
def written(tmp_path: Path) -> Callable[[str], Path]:
    def write(text: str) -> Path:
        path = tmp_path / "review_course.sql"
        path.write_text(text)
        return path

    return write


@pytest.mark.parametrize(
    ("old", "new", "line", "sentence"),
    [
        ("/*\n", "", 1, "a metric begins with its header"),
        ("title: {", "title: [", 2, "the header is no YAML"),
        (", ru: Отзывы}", "}", 2, "title.ru: Missing data"),
        ("  course_id: {type: integer", "  course_id: {type: number", 5, "keys.course_id.type"),
        ("keys:", "key:", 2, "key"),
        (
            "  course_id: {type: integer",
            "  course_id: {type: text",
            5,
            "of text, and only then, it says its values, or that it is free",
        ),
        ("reviews: {en: Reviews.,", "reviews: {unit: apples, en: Reviews.,", 7, "reviews.unit"),
        (
            "measures:\n",
            "measures:\n  course_id: {en: x, ru: x}\n",
            7,
            "stands in the header twice",
        ),
        ("  share: {is:", "  Share!: {is:", 9, "is no name of a column"),
        ("{is: 'analytics.ratio(reviews, 2)', ", "{", 9, "share.is: Missing data"),
        ("*/", "readers: teachers\n*/", 10, "must be one of admins, user_id, mentor_id"),
        (
            "ratios:\n",
            "percentiles:\n  half: {percent: 50, of: reviews, en: x, ru: x}\nratios:\n",
            9,
            "percentiles.half: is of a hidden key: there is none",
        ),
        (
            "ratios:\n",
            "percentiles:\n  half: {percent: 101, of: reviews, en: x, ru: x}\nratios:\n",
            9,
            "percentiles.half.percent",
        ),
        (
            "measures:\n",
            (
                "  rating: {type: integer, hidden: true, en: x, ru: x}\n"
                "percentiles:\n  half: {percent: 50, of: stars, en: x, ru: x}\nmeasures:\n"
            ),
            8,
            "percentiles.half.of: stars is none of the measures",
        ),
        (
            "{type: integer,",
            "{hidden: true, free: true,",
            5,
            "course_id: is hidden, and no integer",
        ),
        (
            "measures:\n",
            (
                "  a: {type: integer, hidden: true, en: x, ru: x}\n"
                "  b: {type: integer, hidden: true, en: x, ru: x}\nmeasures:\n"
            ),
            7,
            "keys.b: only one of them can be hidden",
        ),
        (
            "reviews: {en: Reviews.,",
            "reviews: {state: last, en: Reviews.,",
            7,
            "measures.reviews.state: goes with stored: false and a date that is a week or a month",
        ),
        ("*/", "by: [mentor_id]\n*/", 10, "mentor_id is none of the keys"),
        ("*/", "chart: pie\n*/", 10, "chart"),
        ("*/", "ttl: 0\n*/", 10, "ttl"),
    ],
)
def test_a_mistake_in_a_header_is_one_sentence_with_its_line(
    written: Callable[[str], Path], old: str, new: str, line: int, sentence: str
) -> None:
    with pytest.raises(ConfigurationError) as caught:
        load(written(GOOD.replace(old, new, 1)))
    said = str(caught.value)
    assert said.startswith(f"sql/metric/review_course.sql:{line}: "), said
    assert sentence in said
    assert "\n" not in said


@pytest.mark.parametrize(
    ("change", "line", "sentence"),
    [
        (("FROM reviews", "FROM review"), 14, 'relation "review" does not exist'),
        (("sum(w) AS", "sum(weight) AS"), 13, 'column "weight" does not exist'),
        (("GROUP BY course_id\n", "GROUP BY course\n"), 16, 'column "course" does not exist'),
        (("    course_id,\n", "    rating,\n"), 12, "must appear in the GROUP BY clause"),
        (("sum(w) AS reviews", "sum(w) AS written"), 7, "the SELECT gives no column reviews"),
        (("sum(w) AS reviews", "sum(w) AS reviews, sum(w) AS more"), 11, "the SELECT gives more"),
        (("sum(w) AS reviews", "sum(w)::text AS reviews"), 7, "reviews is text, and no sum"),
        (("    course_id,\n", "    course_id::text,\n"), 5, "course_id is text in the SELECT"),
        (("GROUP BY course_id\n", "GROUP BY course_id, user_id\n"), 11, "groups by 2 columns"),
        (("sum(w) AS", "count(*) AS"), 11, "no sum has w in it"),
        (
            ("analytics.ratio(reviews, 2)", "reviews / readers"),
            9,
            'column "readers" does not exist',
        ),
        (("analytics.ratio(reviews, 2)", "now()"), 9, "generation expression is not immutable"),
    ],
)
def test_a_mistake_in_a_select_is_one_sentence_with_its_line(
    ours: Connection,
    written: Callable[[str], Path],
    change: tuple[str, str],
    line: int,
    sentence: str,
) -> None:
    metric = load(written(GOOD.replace(*change, 1)))
    with pytest.raises(ConfigurationError) as caught, ours.transaction():
        make_metric(ours, metric)
    said = str(caught.value)
    assert said.startswith(f"sql/metric/review_course.sql:{line}: "), said
    assert sentence in said
    assert "\n" not in said


def test_what_has_no_key_is_counted_nowhere(
    ours: Connection, written: Callable[[str], Path]
) -> None:
    ours.execute("INSERT INTO public.reviews VALUES (900, 1, NULL, 5, now())")
    with ours.transaction():
        make_metric(ours, load(written(GOOD.replace("WHERE course_id IS NOT NULL\n", ""))))
    for keys in (
        "SELECT course_id FROM truth.review_course",
        "SELECT course_id FROM delta.review_course",
    ):
        assert (None,) not in ours.execute(keys.encode()).fetchall()


def test_the_command_lists_metrics_and_shows_one(settings: Settings) -> None:
    listed = collect(settings)
    assert [entry["name"] for entry in listed] == list(METRICS)
    (shown,) = collect(settings, "session_day")
    assert shown["address"] == "/api/v1/analytics/metrics/session_day"
    assert shown["rows"] is not None
    console = Console(width=80, record=True, file=StringIO())
    console.print(table(listed), one(shown))
    text = console.export_text()
    assert max(map(len, text.splitlines())) <= 80
    for sentence in ("Sessions by day of creation and status.", "sum(w) AS sessions", "minutes"):
        assert sentence in " ".join(text.split())
    with pytest.raises(ConfigurationError, match="There is no metric 'sesion_day': choose among"):
        collect(settings, "sesion_day")


def test_the_files_that_are_there_fit_their_tables(ours: Connection) -> None:
    for metric in STORED.values():
        metric_check.check(ours, metric)
