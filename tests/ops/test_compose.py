"""The container files, as far as they can be held against what is here without a container."""

import os
import re
import subprocess
import sys
import tomllib
from contextlib import closing
from pathlib import Path
from typing import Any

import psycopg
import pytest
import yaml

from ops import serve
from ops.local.embedded import Postgres, wheel_binaries
from shared.database import Connection
from shared.settings import Settings
from workers.pulse import Pulse

ROOT = Path(__file__).resolve().parents[2]
COMPOSE = (ROOT / "docker-compose.yml").read_text()
SERVICES: dict[str, dict[str, Any]] = yaml.safe_load(COMPOSE)["services"]
OURS = {name: each for name, each in SERVICES.items() if "build" in each}
LASTING = {name for name, each in SERVICES.items() if each["restart"] != "no"}


def command(service: str) -> list[str]:
    """The words of a service's command, without the shell around it."""
    words = SERVICES[service]["command"]
    return words[2].split(" || ")[0].split() if words[:2] == ["sh", "-c"] else words


def subcommand(words: list[str]) -> list[str]:
    known = {"worker", "beat", "init", "demo-data", "relay", "guard", "serve"}
    return [word for word in words if word in known]


def test_the_services_are_those_of_the_design() -> None:
    ours = {"demo-data", "migrate", "api", "worker", "beat", "relay", "guard"}
    assert set(SERVICES) == {"postgres", "redis"} | ours
    assert set(OURS) == ours
    assert len({each["image"] for each in OURS.values()}) == 1


@pytest.mark.parametrize("service", OURS)
def test_every_command_and_option_exists(service: str) -> None:
    words = command(service)
    program = Path(sys.executable).with_name(words[0])
    options = {word.split("=")[0] for word in words if word.startswith("--")} - {"--app"}
    application = ["--app", "workers.app"] if words[0] == "celery" else []
    shown = subprocess.run(
        [program, *application, *subcommand(words), "--help"],
        cwd=ROOT,
        env={"PATH": os.defpath, "REDIS_URL": "redis://localhost/0", "COLUMNS": "200"},
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert {option for option in options if option not in shown} == set()


def test_the_server_knows_every_option_that_it_is_started_with() -> None:
    shown = subprocess.run(
        [sys.executable, "-m", "granian", "--help"],
        env={"PATH": os.defpath, "COLUMNS": "200"},
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert {word for word in serve.OPTIONS if word[0] == "-" and word not in shown} == set()


def test_every_module_named_in_a_command_exists() -> None:
    named = {word for service in OURS for word in command(service) if re.match(r"[a-z]+\.\w", word)}
    assert named == {"workers.app"}
    for module in named:
        assert (ROOT / module.split(":")[0].replace(".", "/")).with_suffix(".py").is_file()


def test_no_secret_is_in_the_file_and_each_is_asked_for_by_a_sentence() -> None:
    asked = re.findall(r"\$\{(\w+):\?([^}]+)\}", COMPOSE)
    assert {name for name, _ in asked} == {
        "POSTGRES_PASSWORD",
        "ANALYTICS_READER_PASSWORD",
        "ANALYTICS_WORKER_PASSWORD",
        "REDIS_PASSWORD",
        "JWT_SECRET_KEY",
        "SOURCE_DATABASE_URL",
    }
    assert all(re.fullmatch(rf"Set {name} to .+\.", sentence) for name, sentence in asked)
    for service in SERVICES.values():
        for name, value in service.get("environment", {}).items():
            if re.search("PASSWORD|SECRET", name) and name != "WEBHOOK_SECRET":
                assert value.startswith(f"${{{name}:?")
            if "URL" in name and name != "ANALYTICS_LINE_PROTOCOL_URL":
                assert re.search(r"\$\{\w+:\?", value)


def test_only_migrate_and_the_guard_have_the_owners_password_and_the_source() -> None:
    for name in ("api", "worker", "beat", "relay"):
        environment = SERVICES[name]["environment"]
        role = "analytics_reader" if name == "api" else "analytics_worker"
        assert environment["ANALYTICS_DATABASE_URL"].startswith(f"postgresql://{role}:")
        assert "SOURCE_DATABASE_URL" not in environment
        assert "POSTGRES_PASSWORD" not in str(environment)
    assert "JWT_SECRET_KEY" not in str(SERVICES["worker"]["environment"])


def test_what_lasts_is_checked_and_what_starts_waits() -> None:
    assert all("healthcheck" in SERVICES[name] for name in LASTING)
    assert set(OURS) - LASTING == {"migrate", "demo-data"}
    for name in ("api", "worker", "beat", "relay", "guard"):
        needed = SERVICES[name]["depends_on"]
        assert needed["migrate"]["condition"] == "service_completed_successfully"
    for name, each in SERVICES.items():
        for other, how in each.get("depends_on", {}).items():
            lasting = "service_healthy" if other in LASTING else "service_completed_successfully"
            assert how["condition"] == lasting, (name, other)


def test_the_first_start_gives_each_role_its_password(tmp_path: Path) -> None:
    with Postgres(tmp_path / "data", settings={"fsync": "off"}) as postgres:
        subprocess.run(
            [
                *(wheel_binaries() / "psql", "--no-psqlrc", "--set=ON_ERROR_STOP=1", "--quiet"),
                *("--file", ROOT / "docker" / "roles.sql", postgres.url()),
            ],
            env={"ANALYTICS_READER_PASSWORD": "it's", "ANALYTICS_WORKER_PASSWORD": "other"},
            check=True,
        )
        with psycopg.connect(postgres.url("mentorhub")) as server:
            roles = server.execute(
                "SELECT rolname::text, rolcanlogin, rolpassword ^@ 'SCRAM-SHA-256$'"
                " FROM pg_authid WHERE rolname LIKE 'analytics%' ORDER BY 1"
            ).fetchall()
    assert roles == [("analytics_reader", True, True), ("analytics_worker", True, True)]


def test_the_image_installs_by_hash_runs_unprivileged_and_copies_what_is_there() -> None:
    dockerfile = (ROOT / "Dockerfile").read_text()
    ignore = (ROOT / ".dockerignore").read_text().splitlines()
    copied = re.findall(r"^COPY (\S+) ", dockerfile, re.MULTILINE)
    assert all((ROOT / path).exists() and f"!{path}" in ignore for path in copied)
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    assert {*project["tool"]["setuptools"]["packages"], "sql"} <= set(copied)
    assert "--require-hashes --requirement" in dockerfile
    assert dockerfile.index("USER analytics") < dockerfile.index("CMD")
    assert not re.search("PASSWORD|SECRET", dockerfile)


@pytest.mark.parametrize("service", SERVICES)
def test_every_container_is_contained(service: str) -> None:
    each = SERVICES[service]
    assert each["init"] is True
    assert each["cap_drop"] == ["ALL"]
    assert each["security_opt"] == ["no-new-privileges:true"]
    assert 0 < each["pids_limit"] <= 256
    assert re.fullmatch(r"\d+[mg]", each["mem_limit"])
    assert set(each["logging"]["options"]) == {"max-size", "max-file"}
    assert each.get("read_only", False) is (service != "postgres")
    assert "cap_add" not in each or service == "postgres"


LOGINS = {
    "migrate": "postgres",
    "guard": "postgres",
    "api": "analytics_reader",
    **dict.fromkeys(("worker", "beat", "relay"), "analytics_worker"),
}


def environment(service: str, postgres: Postgres, settings: Settings) -> dict[str, str]:
    """All that the container is told, but for the addresses: those of servers that are here."""
    postgres.allow_login(LOGINS[service])
    servers = {
        "ANALYTICS_DATABASE_URL": settings.analytics_url().replace(
            "postgres@", f"{LOGINS[service]}@"
        ),
        "SOURCE_DATABASE_URL": postgres.url("postgres"),
        "REDIS_URL": "redis://127.0.0.1:1/0",
    }
    return {
        name: servers.get(name) or re.sub(r"\$\{\w+(:?[-?+])([^}]*)\}", default, value)
        for name, value in SERVICES[service]["environment"].items()
    }


def default(found: re.Match[str]) -> str:
    """Of a variable that nobody has set; any secret for one that must be."""
    return {":?": "a secret of 32 letters or digits", ":+": ""}.get(found[1], found[2])


def test_a_mapping_is_mounted_where_the_containers_are_told_it_is() -> None:
    for each in OURS.values():
        assert each["volumes"] == ["${ANALYTICS_MAPPING:-/dev/null}:/mapping:ro"]
        told = each["environment"].get("ANALYTICS_MAPPING", "${ANALYTICS_MAPPING:+/mapping}")
        assert told == "${ANALYTICS_MAPPING:+/mapping}"


PARTS = ("worker", "beat", "relay", "guard")


@pytest.mark.parametrize("service", PARTS)
def test_a_container_is_healthy_while_its_part_gives_signs_of_life(
    service: str, postgres: Postgres, settings: Settings, ours: Connection
) -> None:
    """By the very command, beside parts of the same name in other containers."""
    check = SERVICES[service]["healthcheck"]["test"]
    assert check[:2] == ["CMD", "python"]

    def is_healthy() -> bool:
        done = subprocess.run(
            [sys.executable, *check[2:]],
            env={"PATH": os.defpath, **environment(service, postgres, settings)},
            capture_output=True,
            check=False,
        )
        return done.returncode == 0

    ours.execute("SELECT control.alive(%s, 'another', 1)", [service])
    assert not is_healthy()
    with closing(Pulse(settings, service)) as pulse:
        pulse.beat()
    assert is_healthy()
    ours.execute("UPDATE control.part SET seen_at = seen_at - interval '31 s'")
    assert not is_healthy()


@pytest.mark.parametrize("service", LOGINS)
@pytest.mark.parametrize("words", [["status"], ["audit"], ["refresh"]])
def test_diagnosis_works_in_every_container(
    service: str, words: list[str], postgres: Postgres, settings: Settings, tmp_path: Path
) -> None:
    """With the variables that the container has, and its role."""
    given = environment(service, postgres, settings)
    done = subprocess.run(
        [Path(sys.executable).with_name("analytics"), *words],
        cwd=tmp_path,
        env={"PATH": os.defpath, **given},
        capture_output=True,
        text=True,
        check=False,
    )
    assert "Traceback" not in done.stderr
    if words[0] == "status":
        assert done.returncode == 1, done.stderr  # nobody is at work
        assert "Relay" in done.stdout
    elif service == "api":
        assert done.returncode == 2
        assert done.stderr.count("\n") == 1, "one sentence"
    else:
        assert done.returncode == 0, done.stderr
