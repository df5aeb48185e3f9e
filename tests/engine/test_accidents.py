"""What random histories found, each told in a few lines."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from ops.local.embedded import Postgres
from shared.registry import STEPS
from tests.support.history import Stage, staged
from workers.audit import audit
from workers.fold import fold
from workers.rebuild import rebuild

NOON = datetime(2025, 6, 15, 12, tzinfo=UTC)
DAY = timedelta(days=1)


@pytest.fixture
def stage(postgres: Postgres, analytics_template: str) -> Iterator[Stage]:
    with staged(postgres, "test_accidents", analytics_template) as stage:
        stage.set_clock(NOON)
        fold(stage.worker)
        yield stage


def teach(stage: Stage, mentor: int, moment: datetime) -> None:
    stage.ours.execute(
        "INSERT INTO public.sessions (id, student_id, mentor_id, status, created_at)"
        " SELECT coalesce(max(id), 0) + 1, 1, %s, 'COMPLETED', %s FROM public.sessions",
        [mentor, moment],
    )


def test_an_enrolment_without_a_course_keeps_nobody_from_folding(stage: Stage) -> None:
    """It is counted for its user and the platform, and for no course."""
    stage.ours.execute(
        "INSERT INTO public.course_enrollments (id, user_id, created_at) VALUES (1, 1, now())"
    )
    assert fold(stage.worker) == 1
    assert stage.drift(STEPS) == {}


def test_a_clock_that_was_set_back_takes_back_the_day_that_had_come(stage: Stage) -> None:
    """A fold does so too whose transaction began before midnight, after others of the new day."""
    teach(stage, 1, NOON)
    teach(stage, 2, NOON + DAY)
    stage.set_clock(NOON + DAY)
    fold(stage.worker)
    stage.set_clock(NOON)
    fold(stage.worker)
    assert stage.drift(STEPS) == {}


def test_a_rebuild_before_the_first_fold_of_a_day_makes_the_rankings_right(stage: Stage) -> None:
    """Whose stored windows are of another day, so that nothing can be said against them."""
    teach(stage, 1, NOON)
    fold(stage.worker)
    stage.ours.execute("UPDATE analytics.listed_mentor SET sessions = 5")
    stage.set_clock(NOON + DAY)
    rebuild(stage.settings)
    assert stage.drift(STEPS) == {}


def test_an_audit_before_the_first_fold_of_a_day_has_the_rankings_made_by_that_fold(
    stage: Stage,
) -> None:
    teach(stage, 1, NOON)
    fold(stage.worker)
    stage.ours.execute("UPDATE analytics.listed_mentor SET sessions = 5")
    stage.set_clock(NOON + DAY)
    audit(stage.settings, repair=True)
    fold(stage.worker)
    assert stage.drift(STEPS) == {}
