"""Metrics that are counted from another one: right after every fold, whatever is done to that."""

from dataclasses import replace
from pathlib import Path

import pytest

from shared.database import Connection
from shared.errors import ConfigurationError
from shared.metrics import METRICS, in_order, load
from shared.settings import Settings
from tests.support.stored import is_right
from workers.audit import audit
from workers.definitions import make_metric
from workers.fold import fold, snapshot, turn, worker_connection
from workers.rebuild import rebuild
from workers.recounts import held_for_much, hold_recounts

SUM = """\
/*
title: {en: Days by events, ru: Дни}
meaning: {en: Days by user., ru: Дни.}
keys:
  user_id: {type: integer, en: The user., ru: Номер.}
measures:
  days: {en: Days., ru: Дни.}
  events: {en: Events., ru: События.}
*/
SELECT
    user_id,
    sum(w) AS days,
    sum(w * events) AS events
FROM active_day
GROUP BY user_id
"""

SPAN = """\
/*
title: {en: Spans, ru: Периоды}
meaning: {en: Mentors by how many days lie between their first and last., ru: Периоды.}
per: user_id
keys:
  span: {type: integer, en: Days., ru: Дни.}
measures:
  users: {en: Users., ru: Пользователи.}
*/
SELECT
    span,
    sum(w) AS users
FROM (
    SELECT
        max(day) - min(day) AS span,
        max(w) AS w
    FROM active_day
    GROUP BY user_id
) AS spans
GROUP BY span
"""


def number(connection: Connection, query: str) -> object:
    row = connection.execute(query.encode()).fetchone()
    return row and row[0]


def work(ours: Connection, first: int, last: int) -> None:
    ours.execute(
        "INSERT INTO public.reviews (id, user_id, course_id, rating, created_at)"
        " SELECT n, n %% 7, 1, 5, timestamptz '2026-11-01 12:00Z' + n %% 13 * interval '1 day'"
        " FROM generate_series(%s::integer, %s::integer) AS n",
        [first, last],
    )


@pytest.mark.parametrize("text", [SUM, SPAN], ids=["a sum", "per user"])
def test_what_is_counted_from_a_summary_follows_it(
    ours: Connection, worker: Connection, tmp_path: Path, text: str
) -> None:
    path = tmp_path / "followed.sql"
    path.write_text(text)
    with ours.transaction():
        make_metric(ours, load(path))
    name = path.stem
    wrong = f"SELECT count(*) FROM drift.{name}"  # noqa: S608 - our name
    ours.execute(
        "INSERT INTO control.step (name, family, shared, kind, place, mirrored, counted_from)"
        " VALUES ('followed', 'engagement', '{}', 'summary', 999, '{reviews}', '{active_day}')"
    )
    for deed in (
        "SELECT",
        "UPDATE public.reviews SET created_at = created_at - interval '2 days' WHERE id % 3 = 0",
        "UPDATE public.reviews SET user_id = user_id + 1 WHERE id % 5 = 0",
        "DELETE FROM public.reviews WHERE user_id = 3",
        "DELETE FROM public.reviews",
    ):
        if deed == "SELECT":
            work(ours, 1, 60)
        ours.execute(deed.encode())
        fold(worker)
        assert number(ours, wrong) == 0, deed
        assert bool(number(ours, f"SELECT count(*) FROM analytics.{name}")) == (  # noqa: S608
            deed != "DELETE FROM public.reviews"
        )


def test_who_spoils_a_summary_spoils_what_is_counted_from_it_for_no_longer(
    ours: Connection, worker: Connection, settings: Settings
) -> None:
    work(ours, 1, 60)
    fold(worker)
    for spoilt in (
        "DELETE FROM analytics.active_day WHERE user_id = 2",
        "UPDATE analytics.active_day SET day = day + 900 WHERE user_id = 4",
        "INSERT INTO analytics.active_day VALUES (99, '2026-11-01', 1)",
    ):
        ours.execute(spoilt.encode())
        work(ours, 1000, 1009)
        fold(worker)
        assert number(ours, "SELECT count(*) FROM drift.gap") == 0, "it is of the rows below it"
        assert audit(settings, ["active_day"], repair=True).wrong > 0
        assert is_right(ours), spoilt
        ours.execute("DELETE FROM public.reviews WHERE id >= 1000")
        fold(worker)
    ours.execute("UPDATE analytics.gap SET users = users + 1")
    assert audit(settings, ["gap"], repair=True).wrong > 0
    assert is_right(ours)


def test_where_most_rows_are_others_all_are_counted_and_else_those_who_were_touched(
    ours: Connection, worker: Connection
) -> None:
    def counted_anew() -> object:
        # what the session did before is counted apart
        worker.execute("SELECT pg_stat_force_next_flush()")
        with turn(worker):
            worker.execute("SET LOCAL ROLE none")
            worker.execute("SET LOCAL track_functions = 'all'")
            worker.execute("SELECT control.fold(now(), true)")
            return number(
                worker,
                "SELECT coalesce(sum(calls), 0) FROM pg_stat_xact_user_functions"
                " WHERE funcname = 'count_gap_anew'",
            )

    work(ours, 1, 900)
    assert counted_anew() == 1
    work(ours, 901, 902)
    ours.execute("DELETE FROM public.reviews WHERE user_id = 3 AND id > 90")
    assert counted_anew() == 0
    assert is_right(ours)
    ours.execute("UPDATE public.reviews SET created_at = created_at - interval '30 days'")
    assert counted_anew() == 1
    assert is_right(ours)
    ours.execute("DELETE FROM public.reviews WHERE id > 9")
    assert counted_anew() == 1
    assert is_right(ours)


def test_what_an_audit_is_finding_is_not_put_right_twice(
    ours: Connection, worker: Connection, settings: Settings
) -> None:
    work(ours, 1, 600)
    fold(worker)
    ours.execute("UPDATE analytics.gap SET users = users + 1")
    with worker_connection(settings) as auditor:
        assert hold_recounts(auditor)
        with snapshot(auditor):
            assert number(auditor, "SELECT control.audit('gap', true, true)") != 0
            # most days are others
            ours.execute("UPDATE public.reviews SET created_at = created_at - interval '30 days'")
            fold(worker)
    fold(worker)
    assert is_right(ours)


@pytest.mark.parametrize(("changes", "held"), [(999, False), (1000, True)])
def test_nobody_compares_beside_a_fold_that_may_count_anew(
    ours: Connection, worker: Connection, settings: Settings, changes: int, *, held: bool
) -> None:
    work(ours, 1, changes)
    with worker_connection(settings) as auditor, held_for_much(worker) as may_count_anew:
        assert may_count_anew is held
        assert hold_recounts(auditor, wait=False) is not held
    with worker_connection(settings) as auditor:
        assert hold_recounts(auditor, wait=False)
        with held_for_much(worker) as may_count_anew:
            assert not may_count_anew


def test_nothing_of_an_erased_user_is_left(ours: Connection, worker: Connection) -> None:
    work(ours, 1, 60)
    fold(worker)
    ours.execute("DELETE FROM public.reviews WHERE user_id <> 2")
    fold(worker)
    ours.execute("DELETE FROM public.reviews")
    fold(worker)
    for name in ("active_day", "gap"):
        for schema in ("analytics", "capture") if name == "active_day" else ("analytics",):
            assert number(ours, f"SELECT count(*) FROM {schema}.{name}") == 0  # noqa: S608


@pytest.mark.parametrize(
    ("change", "line", "sentence"),
    [
        (("per: user_id", "per: day"), 17, "day, which it is counted per, is not the first key"),
        (("FROM active_day", "FROM reviews"), 4, "what is counted per key reads another metric"),
        (
            ("per: user_id", "per: user_id\nnear: {gap: 1}"),
            5,
            "gap is no metric that it reads per key",
        ),
        (
            ("per: user_id", "per: user_id\ncoarser: gap"),
            5,
            "gap does not hold the same sums by fewer keys",
        ),
        (
            ("measures:", "labels:\n  last: {en: Last., ru: Last.}\nmeasures:"),
            19,
            "what is counted from another metric has no labels",
        ),
    ],
)
def test_a_mistake_about_another_metric_is_one_sentence_with_its_line(
    ours: Connection, tmp_path: Path, change: tuple[str, str], line: int, sentence: str
) -> None:
    path = tmp_path / "followed.sql"
    path.write_text(SPAN.replace(*change, 1))
    with pytest.raises(ConfigurationError) as caught, ours.transaction():
        make_metric(ours, load(path))
    assert str(caught.value).startswith(f"sql/metric/followed.sql:{line}: "), caught.value
    assert sentence in str(caught.value)


def test_a_circle_is_one_sentence_with_its_line(tmp_path: Path) -> None:
    one = tmp_path / "active_day.sql"
    one.write_text(SUM.replace("FROM active_day", "FROM gap"))
    other = tmp_path / "gap.sql"
    other.write_text(SUM)
    with pytest.raises(ConfigurationError) as caught:
        in_order(METRICS | {"active_day": load(one), "gap": load(other)})
    assert str(caught.value) == "sql/metric/gap.sql:14: active_day is counted from itself."


def test_what_a_session_inherits_of_replicas_keeps_nothing_from_what_is_counted_from_others(
    ours: Connection, settings: Settings
) -> None:
    ours.execute("SET session_replication_role = replica")
    work(ours, 1, 40)
    fold(ours)
    assert number(ours, "SELECT sum(users) FROM analytics.gap")
    assert is_right(ours)
    rebuild(replace(settings, timezone="Asia/Tokyo"))
    work(ours, 41, 60)
    fold(ours)
    assert is_right(ours)
