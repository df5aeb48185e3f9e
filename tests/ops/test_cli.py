"""The command `analytics` as a person meets it: exit codes, sentences, no traceback."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import jwt
import pytest

from ops.local.embedded import Postgres
from shared.database import connect
from tests.support.databases import database

Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def analytics(tmp_path: Path) -> Run:
    """Runs the command in an empty folder, with nothing of ours in the environment."""

    def run(
        *arguments: str, program: str = "analytics", **environment: str
    ) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [Path(sys.executable).with_name(program), *arguments],
            cwd=tmp_path,
            env={"PATH": os.environ["PATH"], "HOME": str(tmp_path)} | environment,
            capture_output=True,
            text=True,
            check=False,
        )

    return run


def refused(done: subprocess.CompletedProcess[str]) -> str:
    """The one sentence of a command that ended with 2."""
    assert done.returncode == 2, done
    assert "Traceback" not in done.stderr
    assert done.stderr.count("\n") == 1, done.stderr
    return done.stderr.strip()


@pytest.mark.parametrize(
    ("environment", "sentence"),
    [
        (
            {"ANALYTICS_TIMEZONE": "Mars/Olympus"},
            (
                "analytics: ANALYTICS_TIMEZONE='Mars/Olympus' is not in the tz database: "
                "use a name like Europe/Moscow."
            ),
        ),
        (
            {"ANALYTICS_CURRENCY": "roubles"},
            (
                "analytics: ANALYTICS_CURRENCY='roubles' is not an ISO 4217 code: "
                "use three capitals like RUB."
            ),
        ),
        (
            {"ANALYTICS_MINOR_UNITS": "12"},
            "analytics: ANALYTICS_MINOR_UNITS='12' can't be read: write iso4217, ",
        ),
        (
            {"ANALYTICS_MINOR_UNITS": "many"},
            "analytics: ANALYTICS_MINOR_UNITS='many' can't be read: write iso4217, ",
        ),
        (
            {"ANALYTICS_DATABASE_URL": "mysql://localhost/x"},
            "analytics: ANALYTICS_DATABASE_URL must start with postgresql://.",
        ),
        ({"REDIS_URL": "localhost:6379"}, "analytics: REDIS_URL must start with redis://."),
        ({"REDIS_URL": "redis://localhost:x"}, "analytics: REDIS_URL can't be read: "),
        (
            {"ANALYTICS_MAPPING": "/no/such/folder"},
            "analytics: ANALYTICS_MAPPING='/no/such/folder' is not a folder.",
        ),
        (
            {"RATE_LIMIT_PER_USER": "fast"},
            (
                "analytics: RATE_LIMIT_PER_USER='fast' can't be read: "
                "write it like 100/second, or empty for no limit."
            ),
        ),
        ({"RATE_LIMIT_PER_ADDRESS": "60"}, "analytics: RATE_LIMIT_PER_ADDRESS='60' can't be "),
        ({"TRUSTED_PROXIES": "all"}, "analytics: TRUSTED_PROXIES='all' must be the number of "),
        ({"TRUSTED_PROXIES": "-1"}, "analytics: TRUSTED_PROXIES='-1' must be the number of "),
        ({"CORS_ORIGINS": "mentorhub.example"}, "analytics: CORS_ORIGINS: 'mentorhub.example' is "),
        ({"CORS_ORIGINS": "https://a.example/"}, "analytics: CORS_ORIGINS: 'https://a.example/' "),
        ({"CORS_ORIGINS": "https://.*"}, "analytics: CORS_ORIGINS: 'https://.*' is no origin"),
        (
            {"JWT_JWKS": "/no/such/file"},
            "analytics: JWT_JWKS='/no/such/file' is neither a URL nor a file.",
        ),
        (
            {"ANALYTICS_MINOR_UNITS": "JPY=0,JPY=2"},
            "analytics: ANALYTICS_MINOR_UNITS='JPY=0,JPY=2' can't be read",
        ),
        (
            {"ANALYTICS_LINE_PROTOCOL_URL": "http://"},
            "analytics: ANALYTICS_LINE_PROTOCOL_URL names no host.",
        ),
        (
            {"ANALYTICS_HOME": "/dev/null"},
            "analytics: ANALYTICS_DATABASE_URL is not set and no stack runs in this home",
        ),
        ({"LOG_LEVEL": "LOUD"}, "analytics: LOG_LEVEL='LOUD' must be one of DEBUG, INFO, "),
        (
            {},
            (
                "analytics: ANALYTICS_DATABASE_URL is not set and no stack runs in this home: "
                "set it, or start `analytics up`."
            ),
        ),
    ],
)
def test_a_bad_setting_is_one_sentence_and_exit_2(
    analytics: Run, environment: dict[str, str], sentence: str
) -> None:
    assert refused(analytics("status", **environment)).startswith(sentence)


def test_a_missing_server_is_one_sentence_without_the_password(analytics: Run) -> None:
    url = "postgresql://me:hush@127.0.0.1:1/analytics"
    sentence = refused(analytics("status", ANALYTICS_DATABASE_URL=url))
    assert sentence == (
        "analytics: Can't connect to PostgreSQL at 127.0.0.1:1/analytics: Connection refused."
    )


def test_celery_without_a_broker_is_one_sentence(analytics: Run) -> None:
    arguments = ("--app", "workers.app", "worker")
    assert refused(analytics(*arguments, program="celery")).startswith(
        "analytics: REDIS_URL is not set"
    )


def test_a_url_that_cannot_be_read_is_one_sentence(analytics: Run) -> None:
    sentence = refused(analytics("status", ANALYTICS_DATABASE_URL="postgresql://a%b@c/d"))
    assert sentence == (
        "analytics: A database URL can't be read: write postgresql://USER:PASSWORD@HOST/NAME."
    )
    sentence = refused(analytics("status", ANALYTICS_DATABASE_URL="postgresql://[oops"))
    assert sentence.startswith("analytics: ANALYTICS_DATABASE_URL can't be read: ")


def test_status_of_a_database_without_analytics_says_init(
    analytics: Run, postgres: Postgres
) -> None:
    sentence = refused(analytics("status", ANALYTICS_DATABASE_URL=postgres.url()))
    assert sentence.endswith("Analytics is not installed in this database: run `analytics init`.")


SESSION = (
    "INSERT INTO public.sessions (id, student_id, mentor_id, duration_minutes, status, created_at)"
    " VALUES (1, 1, 7, 60, 'COMPLETED', now())"
)


def test_refresh_folds_what_is_there_and_says_as_of_when(analytics: Run, analytics_db: str) -> None:
    with connect(analytics_db) as connection:
        connection.execute(SESSION)
    done = analytics("refresh", ANALYTICS_DATABASE_URL=analytics_db)
    assert done.returncode == 0, done.stderr
    assert re.fullmatch(
        r"Changes folded: 1\. Every answer is right as of 20\d\d-.+\+00:00\.\n", done.stdout
    )


def test_audit_lists_what_is_wrong_exits_1_and_mends_it_when_asked(
    analytics: Run, analytics_db: str
) -> None:
    def audit(*options: str) -> subprocess.CompletedProcess[str]:
        return analytics("audit", *options, ANALYTICS_DATABASE_URL=analytics_db)

    with connect(analytics_db) as connection:
        connection.execute(SESSION)
        assert audit().returncode == 0, "what is pending is no drift"
        connection.execute("INSERT INTO analytics.user_day VALUES ('2020-02-02', 5)")
    done = audit()
    assert done.returncode == 1
    assert "day 2020-02-02: new_users -5" in done.stdout
    assert "1 row is wrong. `analytics audit --repair` fixes it." in done.stdout
    found = json.loads(audit("user_day", "--json").stdout)
    wrong = {"summary": "user_day", "row": {"day": "2020-02-02", "new_users": -5}}
    assert (found["wrong"], found["rows"]) == (1, [wrong])
    assert json.loads(audit("platform", "--json").stdout)["rows"] == [wrong], "it counts them"
    assert audit("session_day", "courses").returncode == 0, "only what was asked for"
    assert "It is repaired." in audit("--repair").stdout
    assert audit().stdout == "Everything is right: truth = summary + pending.\n"


def test_audit_of_an_unknown_summary_names_the_known_ones(
    analytics: Run, analytics_db: str
) -> None:
    sentence = refused(analytics("audit", "user_dya", ANALYTICS_DATABASE_URL=analytics_db))
    assert sentence.startswith("analytics: There is no metric 'user_dya': choose among platform_")


@pytest.mark.parametrize("command", ["refresh", "audit"])
def test_without_analytics_in_the_database_the_command_says_init(
    analytics: Run, postgres: Postgres, command: str
) -> None:
    sentence = refused(analytics(command, ANALYTICS_DATABASE_URL=postgres.url()))
    assert sentence.endswith("Analytics is not installed in this database: run `analytics init`.")


def test_a_relay_without_a_broker_is_one_sentence(analytics: Run, analytics_db: str) -> None:
    sentence = refused(analytics("relay", ANALYTICS_DATABASE_URL=analytics_db))
    assert sentence.startswith("analytics: REDIS_URL is not set")


def test_a_token_is_signed_as_mentorhub_signs_it(analytics: Run) -> None:
    key = "0123456789abcdef0123456789abcdef"
    done = analytics(
        *("token", "--user", "7", "--role", "admin", "--expires", "30m"), JWT_SECRET_KEY=key
    )
    claims = jwt.decode(
        done.stdout.strip(), key, ["HS256"], audience="mentorhub", issuer="mentorhub-api"
    )
    assert (claims["sub"], claims["role"], claims["type"]) == ("7", "admin", "access")
    assert claims["exp"] - claims["iat"] == 1800


def test_a_token_without_the_signing_key_is_refused(analytics: Run) -> None:
    assert refused(analytics("token", "--user", "7")).startswith(
        "analytics: JWT_SECRET_KEY is not set: "
    )


@pytest.mark.parametrize("duration", ["1", "h", "1.5h", "-1h", "٣h", "1000000d"])
def test_a_duration_that_is_none_is_a_usage_error(analytics: Run, duration: str) -> None:
    done = analytics("token", "--user", "7", "--expires", duration, JWT_SECRET_KEY="k" * 32)
    assert done.returncode == 2
    assert "Traceback" not in done.stderr


def test_info_without_a_stack_exits_1(analytics: Run) -> None:
    done = analytics("info")
    assert done.returncode == 1
    assert done.stderr.startswith("No stack runs in ")


def test_the_sql_for_mentorhubs_dba_needs_no_server(analytics: Run) -> None:
    done = analytics("init", "--print-source-sql")
    assert done.returncode == 0
    assert "CREATE PUBLICATION mentorhub_analytics" in done.stdout


def test_demo_data_goes_into_an_empty_database_only(analytics: Run, postgres: Postgres) -> None:
    with database(postgres, "test_cli_demo") as url:
        filled = analytics("demo-data", "--users", "20", SOURCE_DATABASE_URL=url)
        assert filled.returncode == 0, filled.stderr
        sentence = refused(analytics("demo-data", "--users", "20", SOURCE_DATABASE_URL=url))
        assert "holds users already" in sentence
        with connect(url) as connection:
            assert connection.execute("SELECT count(*) FROM users").fetchone() == (20,)


def test_a_dot_env_file_is_read_and_the_environment_wins(analytics: Run, tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("ANALYTICS_TIMEZONE=Mars/Olympus\nANALYTICS_CURRENCY=EUR\n")
    assert "Mars/Olympus" in refused(analytics("status"))
    assert "ANALYTICS_DATABASE_URL" in refused(analytics("status", ANALYTICS_TIMEZONE="UTC"))
