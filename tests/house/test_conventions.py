"""What nobody has to remember, because a test does."""

import re
from pathlib import Path

import pytest

from shared import sqlfiles
from shared.database import connect
from shared.journals import JOURNALS
from shared.metrics import METRICS, SERIES, STORED
from shared.registry import CONTRACT, FAMILIES, SUMMARIES
from shared.settings import Settings
from workers import kept
from workers.definitions import MIRRORED
from workers.mirror import SCHEMAS

ROOT = sqlfiles.ROOT.parent
SQL_FILES = sorted(sqlfiles.ROOT.rglob("*.sql"))


def names(folder: str) -> set[str]:
    return {path.stem for path in (sqlfiles.ROOT / folder).glob("*.sql")}


def test_every_schema_relation_and_function_has_a_comment(settings: Settings) -> None:
    with connect(settings.analytics_url()) as connection:
        bare = connection.execute(
            """
            SELECT 'schema ' || nspname FROM pg_namespace
            WHERE nspname = ANY(%(schemas)s) AND obj_description(oid, 'pg_namespace') IS NULL
            UNION ALL
            SELECT relnamespace::regnamespace || '.' || relname FROM pg_class
            WHERE relnamespace::regnamespace::text = ANY(%(schemas)s || 'public'::text)
            AND relkind IN ('r', 'v', 'm') AND obj_description(oid, 'pg_class') IS NULL
            UNION ALL
            SELECT proname FROM pg_proc
            WHERE pronamespace::regnamespace::text = ANY(%(schemas)s)
            AND obj_description(oid, 'pg_proc') IS NULL
            """,
            # what is in schema link is an extension's
            {"schemas": [*(name for name in SCHEMAS if name != "link"), kept.SCHEMA]},
        ).fetchall()
    assert bare == []


def test_every_schema_but_kept_is_made_by_each_installation(settings: Settings) -> None:
    with connect(settings.analytics_url()) as connection:
        there = connection.execute(
            "SELECT nspname::text FROM pg_namespace"
            " WHERE nspname !~ '^(pg_|_?timescaledb_)'"
            " AND nspname NOT IN ('public', 'information_schema')"
        ).fetchall()
    assert {name for (name,) in there} == {*SCHEMAS, kept.SCHEMA}


def test_every_column_that_is_stored_for_readers_and_operators_has_a_comment(
    settings: Settings,
) -> None:
    with connect(settings.analytics_url()) as connection:
        bare = connection.execute(
            """
            SELECT attrelid::regclass || '.' || attname
            FROM pg_attribute JOIN pg_class ON pg_class.oid = attrelid
            WHERE relnamespace::regnamespace::text IN ('analytics', 'control', 'kept')
            AND relkind IN ('r', 'm') AND attnum > 0 AND NOT attisdropped
            AND col_description(attrelid, attnum) IS NULL
            """
        ).fetchall()
    assert bare == []


def test_the_registry_and_the_sql_files_name_the_same_things() -> None:
    rankings = {name for family in FAMILIES.values() for name in family.rankings}
    journals = {name for family in FAMILIES.values() for name in family.journals}
    views = {name for family in FAMILIES.values() for name in family.views}
    counted = set(SUMMARIES) - rankings - journals - set(SERIES)
    assert names("metric") - (set(METRICS) - set(STORED)) == counted
    assert names("journal") == names("opening") == set(JOURNALS) == journals
    assert names("summary") == names("definition") == names("fold") == rankings
    assert names("view") == views
    assert set(CONTRACT) <= names("read")
    assert names("mapping") == set(MIRRORED)


def test_a_definition_names_its_rows_by_table_and_never_by_schema() -> None:
    folders = (sqlfiles.ROOT / folder for folder in ("metric", "definition", "journal", "opening"))
    for path in (path for folder in folders for path in folder.glob("*.sql")):
        tables = re.findall(r"(?:FROM|JOIN)\s+(\w+)\.\w+", path.read_text())
        assert set(tables) <= {"analytics"}, path.name


def test_the_api_reads_nothing_but_schema_analytics() -> None:
    for path in (sqlfiles.ROOT / "read").glob("*.sql"):
        qualified = re.findall(r"(?:FROM|JOIN)\s+(\w+)\.\w+", path.read_text())
        assert set(qualified) == {"analytics"}, path.name


@pytest.mark.parametrize("path", SQL_FILES, ids=lambda path: str(path.relative_to(sqlfiles.ROOT)))
def test_sql_is_formatted(path: Path) -> None:
    text = path.read_text()
    assert text.endswith("\n")
    assert "\t" not in text
    assert not re.search(r"[ \t]$", text, re.MULTILINE)
    keywords = r"\b(select|from|where|group by|order by|insert into|create|update|delete)\b"
    # a metric's header is prose, and a template's marks are no SQL
    code = re.sub(
        r"/\*.*?\*/|{[#%{].*?[#%}]}|--.*?$|'[^']*'|\"[^\"]*\"",
        "",
        text,
        flags=re.DOTALL | re.MULTILINE,
    )
    assert not re.search(keywords, code), "keywords are upper case"


def test_every_setting_is_documented() -> None:
    settings = set(re.findall(r'"([A-Z]+_[A-Z_]+)"', (ROOT / "shared/settings.py").read_text()))
    documented = (ROOT / "docs/settings.md").read_text()
    assert {name for name in settings if name not in documented} == set()


def test_what_tests_share_is_in_one_place() -> None:
    for path in (ROOT / "tests").rglob("*.py"):
        borrowed = re.findall(r"from tests\.(\S*(?:test_|conftest)\S*) import", path.read_text())
        assert borrowed == [], path


def test_a_word_stands_for_what_a_select_can_give() -> None:
    def literals(name: str) -> set[str]:
        own = set(re.findall(r"'([^'\n]*)'", METRICS[name].select))
        return own.union(*map(literals, METRICS[name].reads))

    listed = {
        f"{metric.name}.{name}": key.values.keys() - literals(metric.name)
        for metric in METRICS.values()
        for name, key in metric.keys.items()
        if not key.free
    }
    assert {name: values for name, values in listed.items() if values} == {}


def test_a_value_is_called_the_same_wherever_it_is_read() -> None:
    for metric in METRICS.values():
        for name, key in metric.keys.items():
            read = (METRICS[other].keys.get(name) for other in metric.reads)
            for values in (other.values for other in read if other):
                both = key.values.keys() & values.keys()
                assert {each: key.values[each] for each in both} == {
                    each: values[each] for each in both
                }, f"{metric.name}.{name}"
