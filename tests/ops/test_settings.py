"""A setting is declared in `Settings` alone; whatever else names it is held against that."""

import fcntl
import json
import os
import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

from ops.local.programs import reporting
from shared.home import LOCK_FILE, STACK_FILE
from shared.settings import VARIABLES, load

ROOT = Path(__file__).resolve().parents[2]

NAMES = {variable.name for variable in VARIABLES.values()}

NOT_IN_CONTAINERS = {"ANALYTICS_HOME", "ANALYTICS_READ_DATABASE_URL", "ANALYTICS_CACHE_URL"}
"""There is no home there, and whoever has a replica or another Redis adds it."""


def test_the_page_of_settings_has_each_of_them_and_no_other() -> None:
    rows = re.findall(
        r"^\| (`[A-Z][^|]*) \|", (ROOT / "docs" / "settings.md").read_text(), re.MULTILINE
    )
    listed = [found for row in rows for found in re.findall(r"`(\w+)`", row)]
    assert sorted(listed) == sorted(NAMES)


def test_the_containers_are_told_each_of_them() -> None:
    compose = (ROOT / "docker-compose.yml").read_text()
    told = set(re.findall(r"^ +([A-Z_]+): ", compose, re.MULTILINE))
    assert told >= NAMES - NOT_IN_CONTAINERS


def test_what_one_process_tells_another_is_what_it_read(tmp_path: Path) -> None:
    """With a value of its own for each."""
    given = {
        "ANALYTICS_DATABASE_URL": "postgresql://a/b",
        "SOURCE_DATABASE_URL": "postgresql://c/d",
        "ANALYTICS_READ_DATABASE_URL": "postgresql://e/f",
        "REDIS_URL": "redis://g/1",
        "ANALYTICS_CACHE_URL": "redis://h/2",
        "JWT_SECRET_KEY": "a key of this test, 32 bytes long",
        "JWT_PREVIOUS_KEYS": "one,two",
        "JWT_JWKS": "https://i/keys",
        "JWT_AUDIENCE": "j",
        "JWT_ISSUER": "k",
        "JWT_LEEWAY": "7",
        "RATE_LIMIT_PER_USER": "8/second",
        "RATE_LIMIT_PER_ADDRESS": "9/minute",
        "TRUSTED_PROXIES": "3",
        "CORS_ORIGINS": "https://l,https://m",
        "CONNECTIONS_PER_ADDRESS": "11",
        "REQUEST_LETTERS": "512",
        "REQUEST_ITEMS": "17",
        "EXPORTS_AT_ONCE": "5",
        "METRICS_TOKEN": "x" * 16,
        "WEBHOOK_SECRET": "another key",
        "WEBHOOK_PRIVATE": "1",
        "ANALYTICS_LINE_PROTOCOL_URL": "http://m:8086/write?db=n",
        "ANALYTICS_LINE_PROTOCOL_TOKEN": "o",
        "OTEL_EXPORTER_OTLP_ENDPOINT": "http://p:4318",
        "ANALYTICS_TIMEZONE": "Asia/Tokyo",
        "ANALYTICS_CURRENCY": "JPY",
        "ANALYTICS_MINOR_UNITS": "2",
        "ANALYTICS_KEEP_HOURS": "90",
        "ANALYTICS_KEEP_MINUTES": "2",
        "ANALYTICS_MAPPING": str(tmp_path),
        "ANALYTICS_HOME": str(tmp_path / "home"),
        "LOG_FORMAT": "json",
        "LOG_LEVEL": "ERROR",
    }
    assert set(given) == NAMES
    assert told(tmp_path, given) == f"{given}\n"


def told(folder: Path, given: dict[str, str]) -> str:
    """What a process in this folder with these settings tells another one."""
    script = "from shared.settings import load; print(load().environment())"
    done = subprocess.run(
        [sys.executable, "-c", script],
        cwd=folder,
        env={"PATH": os.defpath, "PYTHONPATH": str(ROOT), **given},
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout


def test_what_is_not_set_is_told_as_nothing() -> None:
    settings = replace(load(), mapping=None, jwt_jwks=None, cors_origins=(), cache_url=None)
    told = settings.environment()
    names = ("ANALYTICS_MAPPING", "JWT_JWKS", "CORS_ORIGINS", "ANALYTICS_CACHE_URL")
    assert {told[each] for each in names} == {""}


def test_a_setting_that_is_empty_is_one_that_is_not_given(tmp_path: Path) -> None:
    """As Compose writes `LOG_LEVEL: ${LOG_LEVEL:-}`; limits may be empty on purpose."""
    unlimited = {"RATE_LIMIT_PER_USER", "RATE_LIMIT_PER_ADDRESS"}
    assert told(tmp_path, dict.fromkeys(NAMES - unlimited, "")) == told(tmp_path, {})


def test_whatever_changes_the_numbers_is_read_from_the_running_stack(tmp_path: Path) -> None:
    """Or another shell's `init` would report otherwise than the stack does."""
    told = {"ANALYTICS_TIMEZONE": "Asia/Tokyo", "ANALYTICS_CURRENCY": "JPY"}
    told |= {"ANALYTICS_MINOR_UNITS": "2", "ANALYTICS_MAPPING": str(tmp_path)}
    told |= {"ANALYTICS_KEEP_HOURS": "90", "ANALYTICS_KEEP_MINUTES": "2"}
    (tmp_path / STACK_FILE).write_text(json.dumps({"environment": told}))
    with (tmp_path / LOCK_FILE).open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        assert reporting(load(tmp_path)) == told
