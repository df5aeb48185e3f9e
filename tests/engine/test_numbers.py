"""Every number of every endpoint equals a recount in plain Python, on random small MentorHubs."""

from dataclasses import replace

from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from tests.support.worlds import ADMIN_ROW, Stack, World, stack, worlds
from workers.audit import audit

__all__ = ["stack"]


@hypothesis_settings(
    max_examples=25,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(world=worlds(), apart=st.booleans())
def test_every_answer_equals_a_recount_also_after_changes_and_midnights(
    stack: Stack, world: World, *, apart: bool
) -> None:
    for rows in (world.rows, world.next_rows):
        rows["users"].append(ADMIN_ROW)
    stack.calculate(world)
    stack.check(world, world.now)
    if apart:
        stack.check(world, world.later)
    stack.change(world.next_rows)
    assert audit(stack.settings, repair=False) == (0, []), "what is pending is not missing"
    stack.check(replace(world, rows=world.next_rows), world.later)
    assert audit(stack.settings, repair=False) == (0, [])
