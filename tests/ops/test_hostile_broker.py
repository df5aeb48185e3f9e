"""Wake-ups lost, doubled, late, shuffled, Redis wiped or killed: the next tick brings it all."""

import random
import signal
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from threading import Event
from time import sleep
from typing import cast

import pytest
from kombu.exceptions import OperationalError as BrokerError
from redis import Redis as Client
from redis import RedisError

from ops.local.embedded import Postgres, Redis
from ops.local.leash import Leash
from ops.local.programs import Programs
from ops.servers import broker
from shared.errors import ServerUnavailableError
from shared.registry import STEPS
from tests.support import dashboard
from tests.support.celery import WorkerAndBroker, beat
from tests.support.databases import DEFAULTS, database
from tests.support.hand import NOW, Hand
from tests.support.history import Stage
from tests.support.oracle import Oracle
from tests.support.processes import wait_until
from tests.support.stage import prepared
from workers.broker import KEY_PREFIX

TASKS = ("session_changed", "course_changed", "payment_changed", "user_changed", "refresh")
RARE_TASKS = ("rebuild", "audit")
POST, INBOX = "post", f"{KEY_PREFIX}celery"
"""The queue that tasks are sent to, and the one that the worker reads."""

CHANCE = random.Random()  # noqa: S311 - which message is lost is no secret


class Postman:
    """Takes messages from the post as they are, and brings them as he likes."""

    def __init__(self, url: str) -> None:
        self._redis = Client.from_url(url)
        self._bag: list[bytes] = []
        self.fates: Counter[str] = Counter()

    def carry(self, told_to_rest: Event) -> None:
        while not told_to_rest.is_set():
            with suppress(RedisError):  # wiped or dead: what he has in the bag stays there
                self._collect()
                self._bring()
            told_to_rest.wait(0.01)
        self._redis.close()

    def _collect(self) -> None:
        while message := self._redis.lpop(f"{KEY_PREFIX}{POST}"):
            fate = CHANCE.choice(["dropped", "doubled", "late", "late"])
            self.fates[fate] += 1
            copies = {"dropped": 0, "doubled": 3, "late": 1}[fate]
            self._bag += [cast("bytes", message)] * copies

    def _bring(self) -> None:
        CHANCE.shuffle(self._bag)
        for _ in range(CHANCE.randint(0, len(self._bag) // 2)):
            self._redis.rpush(INBOX, self._bag[-1])
            self._bag.pop()


@pytest.fixture(scope="module")
def stack(
    postgres: Postgres, analytics_template: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[WorkerAndBroker]:
    """A real worker and a real Redis."""
    home = tmp_path_factory.mktemp("home")
    postgres.allow_login("analytics_worker")
    name = "test_hostile_broker"
    with (
        database(postgres, name, analytics_template) as url,
        prepared(url),
        Redis(home / "redis") as redis,
        Leash() as leash,
    ):
        settings = replace(DEFAULTS, analytics_database_url=url, redis_url=redis.url(), home=home)
        worker_url = postgres.url(name, user="analytics_worker")
        programs = Programs(settings, leash, reader_url="", worker_url=worker_url)
        stack = WorkerAndBroker(settings, redis, programs)
        stack.start()
        yield stack
        stack.worker.stop()


@pytest.fixture
def stage(stack: WorkerAndBroker) -> Iterator[Stage]:
    with prepared(stack.settings.analytics_url()) as stage:
        for table in ("sessions", "payments", "reviews", "progress", "course_enrollments"):
            stage.ours.execute(f"TRUNCATE public.{table}".encode())
        stage.ours.execute("TRUNCATE public.courses, public.users")
        yield stage


def post(stack: WorkerAndBroker, task: str) -> None:
    """As the relay or MentorHub does; nobody hears of it where Redis is away."""
    with suppress(ServerUnavailableError, BrokerError), broker(stack.settings) as (app, line):
        app.send_task(f"workers.tasks.{task}", queue=POST, connection=line)


def write_and_post(
    stack: WorkerAndBroker, hand: Hand, seconds: float, *accidents: object
) -> Counter[str]:
    """What became of the messages; the accidents happen in between."""
    postman, told_to_rest = Postman(stack.redis.url()), Event()
    with hand, ThreadPoolExecutor(1) as pool:
        carrying = pool.submit(postman.carry, told_to_rest)
        for accident in (*accidents, None):
            for _ in range(int(seconds / 0.05)):
                post(stack, CHANCE.choice(TASKS if CHANCE.random() < 0.9 else RARE_TASKS))
                sleep(0.05)
            if callable(accident):
                accident()
        told_to_rest.set()
        carrying.result()
    return postman.fates


def is_answered(stage: Stage) -> bool:
    query = "SELECT coalesce(max(changes), 0) = 0 FROM analytics.pending"
    return stage.ours.execute(query).fetchone() == (True,)


def version(stage: Stage) -> int:
    row = stage.ours.execute("SELECT max(version) FROM analytics.freshness").fetchone()
    return row[0] if row else 0


def check(stage: Stage, hand: Hand) -> None:
    """No fold of the test's own: the answers are what the worker has made of it."""
    assert stage.drift(STEPS) == {}
    dashboard.check(
        stage.admin,
        Oracle(hand.rows(), NOW, "UTC", "RUB", "100"),
        windows=(1, 30, 365),
        users=(1, 2, 3, 4),
        courses=(1, 2, 3, 4),
        currencies=("USD",),
    )


def test_after_wakeups_lost_doubled_late_and_shuffled_one_refresh_brings_everything_once(
    stack: WorkerAndBroker, stage: Stage
) -> None:
    hand, before = Hand(stack.settings.analytics_url()), version(stage)
    fates = write_and_post(stack, hand, 3)
    assert len(fates) == 3, "the postman was not hostile"
    assert version(stage) > before, "the worker heard of nothing"
    assert hand.transactions > 50
    stack.send("refresh")
    assert wait_until(lambda: is_answered(stage) and stack.is_idle())
    check(stage, hand)


def test_a_wakeup_before_the_change_and_none_after_it_leaves_it_to_the_next_tick(
    stack: WorkerAndBroker, stage: Stage
) -> None:
    for task in TASKS:
        stack.send(task)
    assert wait_until(lambda: is_answered(stage) and stack.is_idle())
    hand = Hand(stack.settings.analytics_url())
    with hand:
        assert wait_until(lambda: hand.transactions > 20)
    assert not is_answered(stage)
    stack.send("refresh")
    assert wait_until(lambda: is_answered(stage))
    check(stage, hand)


def test_after_redis_is_wiped_and_killed_in_the_middle_the_next_tick_brings_everything_once(
    stack: WorkerAndBroker, stage: Stage, tmp_path: Path
) -> None:
    def wipe() -> None:
        with Client.from_url(stack.redis.url()) as client:
            client.flushall()

    def kill() -> None:
        assert stack.redis.process
        stack.redis.process.send_signal(signal.SIGKILL)
        stack.redis.process.wait()
        sleep(0.5)
        stack.redis.start()

    hand = Hand(stack.settings.analytics_url())
    write_and_post(stack, hand, 1, wipe, kill, wipe)
    wipe()
    with beat(stack, tmp_path / "beat"):
        assert wait_until(lambda: is_answered(stage))
    assert wait_until(stack.is_idle)
    check(stage, hand)
