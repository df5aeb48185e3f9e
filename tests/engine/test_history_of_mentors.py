"""The same for rankings, whose places are given up and taken; see test_history.py."""

from collections.abc import Iterator

import pytest

from ops.local.embedded import Postgres
from tests.support.history import LONG_RUN, HistoryOfMentors, Stage, play, staged


@pytest.fixture(scope="module")
def stage(postgres: Postgres, analytics_template: str) -> Iterator[Stage]:
    with staged(postgres, "test_mentors", analytics_template) as stage:
        yield stage


@pytest.mark.timeout(0 if LONG_RUN else 2700)  # a failure takes minutes to be told briefly
def test_whoever_wins_or_loses_places_every_window_names_the_right_ten(stage: Stage) -> None:
    play(HistoryOfMentors, stage, 50)
