"""CONTRIBUTING's one file is true: a copy of this repository gets it, and nothing else."""

import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from ops.local.embedded import Postgres
from shared import sqlfiles
from shared.database import connect
from tests.support.databases import database
from workers.mirrored import creation

ROOT = sqlfiles.ROOT.parent
FILE = re.compile(r"`(sql/metric/review_day\.sql)` is one SELECT.*?```sql\n(.*?)```", re.DOTALL)

SCRIPT = """
import os
from dataclasses import replace
from datetime import UTC, datetime
from shared.database import connect
from tests.support.databases import DEFAULTS
from tests.support.contract import DocumentedClient
from tests.support.tokens import bearer, sign
from api.app import create_app
from workers.audit import audit
from workers.fold import fold, worker_connection
from workers.install import install_schemas

settings = replace(DEFAULTS, analytics_database_url=os.environ["URL"])
with connect(settings.analytics_url()) as connection:
    install_schemas(connection, settings, datetime.now(UTC))
with connect(settings.analytics_url()) as connection:
    connection.execute("INSERT INTO reviews (id, user_id, course_id, rating, created_at)"
                       " VALUES (4, 1, 7, 2, now()), (5, 1, NULL, 5, now())")
    connection.execute("UPDATE reviews SET created_at = now() - interval '40 days' WHERE id = 1")
    print("pending", audit(settings, repair=False))
with worker_connection(settings) as connection:
    print("folded", fold(connection))
with connect(settings.analytics_url()) as connection:
    connection.execute("UPDATE analytics.review_day SET reviews = 9 WHERE reviews = 3")
print("spoilt", audit(settings, ["review_day"], repair=True).wrong)
with worker_connection(settings) as connection:
    print("repaired", fold(connection))
client = DocumentedClient(create_app(settings))
client.environ_base["HTTP_AUTHORIZATION"] = bearer(sign(1))["Authorization"]
learner = bearer(sign(2))["Authorization"]
address = "/api/v1/analytics/metrics/review_day"
print(client.get(f"{address}?days=1&by=day,course_id").text)
print(client.get(f"{address}?days=2&by=course_id&compare=previous").json["comparison"]["metrics"])
print(client.get(f"{address}?days=2&by=course_id&format=csv").text.strip(chr(0xfeff)).split())
print(client.get(f"{address}?days=1&format=xlsx").data[:2])
print(client.get(address, headers={"Authorization": learner}).status_code)
(listed,) = [each for each in client.get("/api/v1/analytics/metrics").json["metrics"]
             if each["name"] == "review_day"]
columns = [column["name"] for column in listed["columns"]]
print(listed["title"]["ru"], listed["chart"], listed["drift"], columns)
"""


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    for folder in ("api", "workers", "shared", "ops", "sql", "tests"):
        shutil.copytree(ROOT / folder, tmp_path / folder)
    return tmp_path


@pytest.fixture
def mirror_of_reviews(postgres: Postgres) -> Iterator[str]:
    with database(postgres, "test_contributing") as url:
        with connect(url) as connection:
            connection.execute(creation().encode())
            connection.execute(
                "INSERT INTO users (id, username, role, is_active, is_verified, created_at)"
                " VALUES (1, 'admin', 'ADMIN', true, true, now()),"
                " (2, 'learner', 'STUDENT', true, true, now())"
            )
            connection.execute(
                "INSERT INTO reviews (id, user_id, course_id, rating, created_at)"
                " SELECT n, 1, 7, 5, now() FROM generate_series(1, 3) AS n"
            )
        yield url


def test_one_file_is_a_metric(copy: Path, mirror_of_reviews: str) -> None:
    ((name, text),) = FILE.findall((ROOT / "CONTRIBUTING.md").read_text())
    assert not (copy / name).exists()
    (copy / name).write_text(text)
    answer = subprocess.run(
        [sys.executable, "-c", SCRIPT],
        cwd=copy,
        env={"URL": mirror_of_reviews, "PYTHONPATH": str(copy)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert answer.stderr == ""
    said = [line for line in answer.stdout.splitlines() if "Analytics:" not in line]
    assert said[:4] == ["pending Audited(wrong=0, rows=[])", "folded 4", "spoilt 1", "repaired 0"]
    assert re.fullmatch(
        r'{"metric":"review_day","from":"(.{10})","to":"\1","by":\["day","course_id"\],'
        r'"rows":\[{"day":"\1","course_id":7,"reviews":3,"rating_sum":12,"average":4.00}\],'
        r'"total":{"reviews":3,"rating_sum":12,"average":4.00}}',
        said[4],
    )
    assert "'average': {'current': 4.0, 'previous': 0" in said[5]
    assert said[6:] == [
        "['course_id,reviews,rating_sum,average', '7,3,12,4.00']",
        "b'PK'",
        "403",
        "Отзывы по дням bar 1 ['day', 'course_id', 'reviews', 'rating_sum', 'average']",
    ]
