"""CONTRIBUTING's six steps for a new metric are true: a copy of this repository follows them."""

import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from textwrap import dedent

import pytest

from ops.local.embedded import Postgres
from shared import sqlfiles
from shared.database import connect
from tests.conftest import database
from workers.mirrored import creation

ROOT = sqlfiles.ROOT.parent
NEW_FILES = re.compile(r"in `((?:sql|api)/[\w/.]+)`.*?```\w+\n(.*?)```", re.DOTALL)
REGISTRY_LINE = re.compile(r"`shared/registry.py`.*?```python\n(.*?)```", re.DOTALL)

SCRIPT = """
import os
from dataclasses import replace
from datetime import UTC, datetime
from shared.database import connect
from tests.conftest import DEFAULTS
from tests.api.contract import DocumentedClient
from tests.api.tokens import bearer, sign
from api.app import create_app
from workers.audit import audit
from workers.fold import fold, worker_connection
from workers.install import install_schemas
from workers.mirrored import creation

settings = replace(DEFAULTS, analytics_database_url=os.environ["URL"])
with connect(settings.analytics_url()) as connection:
    install_schemas(connection, settings, datetime.now(UTC))
with connect(settings.analytics_url()) as connection:
    connection.execute("INSERT INTO reviews VALUES (4, 1, NULL, 5, now())")
    connection.execute("UPDATE reviews SET created_at = now() - interval '40 days' WHERE id = 1")
    print("pending", audit(settings, repair=False))
with worker_connection(settings) as connection:
    print("folded", fold(connection))
with connect(settings.analytics_url()) as connection:
    connection.execute("UPDATE analytics.review_day SET reviews = 9 WHERE reviews = 3")
print("spoilt", audit(settings, ["review_day"], repair=True).wrong)
response = DocumentedClient(create_app(settings)).get(
    "/api/v1/analytics/reviews?days=7", headers=bearer(sign(1)))
print(response.status_code, response.text)
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
            connection.execute("INSERT INTO users VALUES (1, 'admin', 'ADMIN', true, true, now())")
            connection.execute(
                "INSERT INTO reviews SELECT n, 1, NULL, 5, now() FROM generate_series(1, 3) AS n"
            )
        yield url


def test_following_the_six_steps_adds_a_metric(copy: Path, mirror_of_reviews: str) -> None:
    guide = (ROOT / "CONTRIBUTING.md").read_text()
    new_files = NEW_FILES.findall(guide)
    assert len(new_files) == 5, "the sixth is its test"
    for name, text in new_files:
        assert not (copy / name).exists(), "steps make new files"
        (copy / name).write_text(dedent(text.replace("\n   ", "\n").removeprefix("   ")))
    registry = copy / "shared/registry.py"
    (line,) = REGISTRY_LINE.findall(guide)
    text = registry.read_text()
    last_family = text.index('        Family("engagement"')
    registry.write_text(f"{text[:last_family]}{dedent(line).rstrip()}\n{text[last_family:]}")
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
    assert said[:-1] == ["pending Audited(wrong=0, rows=[])", "folded 3", "spoilt 1"]
    assert re.fullmatch(
        r'200 {"period_days":7,"data":\[{"date":"[\d-]{10}","reviews":3}]}', said[-1]
    )
