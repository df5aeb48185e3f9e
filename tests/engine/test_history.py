"""After every step of a random history nothing drifts, and every answer equals a recount."""

from collections.abc import Iterator

import pytest

from ops.local.embedded import Postgres
from tests.support.history import LONG_RUN, History, Stage, play, staged


@pytest.fixture(scope="module")
def stage(postgres: Postgres, analytics_template: str) -> Iterator[Stage]:
    with staged(postgres, "test_history", analytics_template) as stage:
        yield stage


@pytest.mark.timeout(0 if LONG_RUN else 2700)  # a failure takes minutes to be told briefly
def test_whatever_happens_nothing_drifts_and_answers_are_those_of_the_last_fold(
    stage: Stage,
) -> None:
    play(History, stage, 300)
