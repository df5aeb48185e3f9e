"""Every number of every endpoint equals a recount in plain Python, on random small MentorHubs."""

from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings

from tests.worlds import ADMIN_ROW, Stack, World, stack, worlds

__all__ = ["stack"]


@hypothesis_settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(world=worlds())
def test_every_answer_equals_a_recount_also_after_midnights_without_a_rebuild(
    stack: Stack, world: World
) -> None:
    world.rows["users"].append(ADMIN_ROW)
    stack.calculate(world)
    stack.check(world, world.now)
    stack.check(world, world.later)
