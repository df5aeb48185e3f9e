"""How little the API does with the database, and what it does without one."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import psycopg
import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Engine, event

from api.app import create_app
from api.database.reader import Reader
from api.services import services
from shared.errors import ConfigurationError
from shared.settings import Settings
from tests.support.answers import ANSWERS
from tests.support.contract import assert_problem
from tests.support.tokens import bearer, sign
from tests.support.world import ADMIN, LEARNER, OTHER_LEARNER
from workers.definitions import MIRRORED

Statement = tuple[str, Any]


@pytest.fixture
def statements() -> Iterator[list[Statement]]:
    """Everything that any engine executes."""
    recorded: list[Statement] = []

    def record(_c: object, _k: object, statement: str, parameters: object, *_: object) -> None:
        recorded.append((statement, parameters))

    event.listen(Engine, "before_cursor_execute", record)
    yield recorded
    event.remove(Engine, "before_cursor_execute", record)


@pytest.fixture
def owner(world: Settings) -> Iterator[psycopg.Connection]:
    with psycopg.connect(world.analytics_url(), autocommit=True) as connection:
        yield connection


def relations(plan: Any) -> set[tuple[str, str]]:
    """(schema, relation) of everything a plan reads."""
    if isinstance(plan, list):
        return set().union(*map(relations, plan))
    if not isinstance(plan, dict):
        return set()
    below = set().union(*map(relations, plan.values()))
    return below | ({(plan["Schema"], plan["Relation Name"])} if "Relation Name" in plan else set())


PROOF = {
    ("control", "source"),
    ("control", "proof"),
    ("public", "edit"),
    ("public", "missing_column"),
    ("pg_catalog", "pg_subscription"),
    ("pg_catalog", "pg_database"),
}


@pytest.mark.parametrize("place", [*ANSWERS, "courses?course_id=999", "user/999/engagement"])
def test_an_answer_is_two_statements_on_read_models(
    admin: FlaskClient, owner: psycopg.Connection, statements: list[Statement], place: str
) -> None:
    admin.get(f"/api/v1/analytics/{place}")

    account, answer = (
        {
            relation
            for (plan,) in owner.execute("EXPLAIN (FORMAT JSON, VERBOSE) " + statement, parameters)
            for relation in relations(plan)
        }
        for statement, parameters in statements
    )
    # Who has a role or is a mentor is read from the mirror, through a view of the read models: a
    # demotion counts at once. The rest says whether that mirror is proven to be MentorHub's table.
    assert account == {("public", "users"), ("public", "mentors"), *PROOF}
    # What waits to be folded, and what is set aside, is looked at through views of them, too.
    waiting = {("control", "dependence"), *(("capture", table) for table in MIRRORED)}
    aside = {("control", "counted")}
    assert {(s, name) for s, name in answer if s != "analytics"} == waiting | aside
    assert len(answer) > len(waiting | aside)


def test_a_refusal_asks_for_the_account_only(
    client: FlaskClient, statements: list[Statement]
) -> None:
    client.get("/api/v1/analytics/platform")
    assert len(statements) == 0

    client.get("/api/v1/analytics/platform", headers=bearer(sign(999)))
    assert len(statements) == 1


def test_a_learner_is_refused_on_one_path_whoever_exists(
    client: FlaskClient, statements: list[Statement]
) -> None:
    for user in (OTHER_LEARNER, 999):
        path = f"/api/v1/analytics/user/{user}/engagement"
        assert client.get(path, headers=bearer(sign(LEARNER))).status_code == 403

    there, nowhere = statements
    assert there == nowhere
    assert there[1] == {"user_id": LEARNER}


RELATIONS = """
    SELECT namespace.nspname, class.relname
    FROM pg_class AS class
    INNER JOIN pg_namespace AS namespace ON namespace.oid = class.relnamespace
    WHERE class.relkind = ANY ('{r,p,v,m,f}')
    AND namespace.nspname !~ '^pg_' AND namespace.nspname <> 'information_schema'
"""


def test_the_readers_role_reads_the_read_models_and_nothing_else(
    owner: psycopg.Connection,
) -> None:
    found = owner.execute(RELATIONS).fetchall()
    owner.execute("SET ROLE analytics_reader")

    readable: set[str] = set()
    for schema, name in found:
        try:
            owner.execute(
                psycopg.sql.SQL("SELECT FROM {} LIMIT 1").format(
                    psycopg.sql.Identifier(schema, name)
                )
            )
            readable.add(schema)
        except psycopg.errors.InsufficientPrivilege:
            assert schema != "analytics"

    assert {schema for schema, _ in found} >= {"public", "source", "truth", "control", "analytics"}
    assert readable == {"analytics"}


def test_the_readers_role_writes_what_admins_enter_and_nothing_else(
    owner: psycopg.Connection,
) -> None:
    writable = owner.execute(
        RELATIONS + "AND has_table_privilege("
        "'analytics_reader', class.oid, 'INSERT, UPDATE, DELETE, TRUNCATE')"
    )

    assert {name for _, name in writable} == {"note", "goal", "alert"}


def test_the_api_is_the_reader_whoever_logs_in(app: Flask, owner: psycopg.Connection) -> None:
    with services(app)[Reader].engine.connect() as connection:
        role = connection.exec_driver_sql("SELECT current_user").scalar()
        read_only = connection.exec_driver_sql("SHOW transaction_read_only").scalar()

    assert owner.info.user != "analytics_reader"
    assert (role, read_only) == ("analytics_reader", "on")


def test_killed_connections_are_not_noticed(admin: FlaskClient, owner: psycopg.Connection) -> None:
    assert admin.get("/api/v1/analytics/platform").status_code == 200
    killed = owner.execute(
        "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity"
        " WHERE datname = current_database() AND pid <> pg_backend_pid()"
    ).fetchall()

    assert killed
    assert admin.get("/api/v1/analytics/platform").status_code == 200


@pytest.fixture
def orphan(world: Settings) -> Iterator[FlaskClient]:
    """The API of a database that is down."""
    nowhere = "postgresql://analytics:hunter2@/analytics?host=%2Fnonexistent"
    app = create_app(replace(world, analytics_database_url=nowhere, read_database_url=None))
    yield app.test_client()
    services(app)[Reader].close()


@pytest.mark.parametrize("path", ["/api/v1/analytics/platform", "/readyz"])
def test_without_a_database_the_answer_is_later(orphan: FlaskClient, path: str) -> None:
    response = orphan.get(path, headers=bearer(sign(ADMIN)))

    assert_problem(response, 503)
    assert response.headers["Retry-After"] == "5"
    assert "nonexistent" not in response.text


def test_without_a_signing_key_there_is_no_api(world: Settings) -> None:
    with pytest.raises(ConfigurationError, match="JWT_SECRET_KEY is not set"):
        create_app(replace(world, jwt_secret_key=None))


def test_without_a_database_the_process_is_healthy(orphan: FlaskClient) -> None:
    response = orphan.get("/healthz")

    assert (response.status_code, response.json) == (200, {"status": "ok"})


def test_while_the_mirror_is_made_anew_all_is_later(settings: Settings) -> None:
    with psycopg.connect(settings.analytics_url(), autocommit=True) as connection:
        connection.execute("DROP TABLE public.users CASCADE")
        connection.execute("DROP SCHEMA control CASCADE")
    app = create_app(settings)
    client = app.test_client()
    for path in ("platform", "sessions?days=30", "courses", "me/engagement"):
        response = client.get(f"/api/v1/analytics/{path}", headers=bearer(sign(ADMIN)))
        assert_problem(response, 503)
        assert response.json["type"] == "/problems/not-calculated"
        assert response.headers["Retry-After"] == "5"
    services(app)[Reader].close()
