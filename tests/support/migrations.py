"""What a MentorHub's migrations do to its tables, step by step, and what was true when.

MentorHub does one thing after the other over one connection. It is refused whatever makes it wait
for a lock longer than about a second: as nobody else is there, that lock would be ours.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any, Self

import psycopg
from hypothesis import strategies as st
from psycopg import errors, sql
from psycopg.rows import dict_row

from tests.support.mentorhub import NOW, ask
from tests.support.oracle import Row, Rows
from workers.names import FILE

PATIENT = "1500ms"
"""That MentorHub waits for a lock: we hold none longer than a second, and machines are busy."""

BASE = """
    INSERT INTO {users} (id, {username}, email, hashed_password, {role}, {created_at})
    SELECT
        n, 'base' || n, 'base' || n, '',
        CASE n WHEN 1 THEN 'ADMIN' ELSE 'STUDENT' END::{kind}, {moment}
    FROM generate_series(1, 6) AS n
    ON CONFLICT DO NOTHING;
    INSERT INTO mentors (id, user_id) VALUES (1, 2), (2, 3) ON CONFLICT DO NOTHING;
    INSERT INTO {courses} (id, instructor_id, {title}) VALUES (1, 1, 'SQL'), (2, 2, 'Питон')
    ON CONFLICT DO NOTHING
"""
"""Whom everything else needs, the admin who asks for the answers among them."""

ROWS = {
    "users": "username, email, hashed_password, role, is_active, is_verified, created_at",
    "courses": "title, instructor_id, is_active",
    "sessions": "student_id, mentor_id, scheduled_at, duration_minutes, status, created_at",
    "course_enrollments": "user_id, course_id, progress_percent, completed, created_at",
    "progress": "user_id, course_id, created_at",
    "reviews": "user_id, course_id, rating, created_at",
    "payments": "student_id, mentor_id, amount, currency, status, created_at",
}
"""What MentorHub writes into each, besides the id."""

VALUES = {
    "username": "'user' || {n}",
    "email": "'user' || {n}",
    "hashed_password": "''",
    "is_active": "{n} % 3 <> 0",
    "is_verified": "{n} % 2 = 0",
    "title": "'course ' || {n}",
    "instructor_id": "1",
    "student_id": "1 + {n} % 6",
    "user_id": "1 + {n} % 6",
    "mentor_id": "1 + {n} % 2",
    "course_id": "1 + {n} / 6 % 2",
    "scheduled_at": "now()",
    "duration_minutes": "30 + {n} % 40",
    "progress_percent": "{n} % 101",
    "completed": "{n} % 4 = 0",
    "rating": "1 + {n} % 5",
    "amount": "99 * {n}",
    "currency": "CASE WHEN {n} % 5 = 0 THEN 'USD' ELSE 'RUB' END",
}
"""By the row's number."""

CHANGED = {
    "users": ("role", "is_verified", "username"),
    "courses": ("title",),
    "sessions": ("status", "duration_minutes", "mentor_id"),
    "course_enrollments": ("progress_percent", "completed"),
    "progress": ("user_id",),
    "reviews": ("rating", "user_id"),
    "payments": ("status", "amount", "currency"),
}

LABELS = {
    ("users", "role"): ("userrole", ("STUDENT", "MENTOR")),
    ("sessions", "status"): ("sessionstatus", ("SCHEDULED", "COMPLETED", "NO_SHOW")),
    ("payments", "status"): ("paymentstatus", ("PENDING", "COMPLETED", "REFUNDED")),
}

NUMBERS = ("smallint", "integer", "bigint", "numeric", "double precision")
WHOLE = ("integer", "bigint")
TEXTS = ("text", "varchar(300)")
MOMENTS = ("timestamptz", "timestamp", "integer", "bigint")

TYPES = {
    **{(table, "id"): WHOLE for table in ROWS},
    **{
        (table, column): WHOLE
        for table, columns in ROWS.items()
        for column in columns.split(", ")
        if column.endswith("_id") and column != "instructor_id"
    },
    **{(table, "created_at"): MOMENTS for table in ROWS if table != "courses"},
    **{key: ("varchar(20)", "char(12)", "text", enum) for key, (enum, _) in LABELS.items()},
    ("users", "username"): TEXTS,
    ("courses", "title"): TEXTS,
    ("sessions", "duration_minutes"): NUMBERS,
    ("course_enrollments", "progress_percent"): NUMBERS,
    ("reviews", "rating"): NUMBERS,
    ("payments", "amount"): NUMBERS[1:],
    ("payments", "currency"): (*TEXTS, "char(5)"),
}

NULLED = {
    "users": ("is_verified", "false"),
    "sessions": ("duration_minutes", "45"),
    "course_enrollments": ("progress_percent", "10"),
    "reviews": ("rating", "3"),
    "payments": ("amount", "500"),
    "courses": ("title", "'untitled'"),
    "progress": ("user_id", "1"),
}
"""A column that may become nullable, and what is said instead of NULL afterwards."""

GENERATED = {
    "users": ("is_verified", "boolean", "id > 3"),
    "sessions": ("duration_minutes", "integer", "30 + (id % 7)::integer"),
    "reviews": ("rating", "integer", "1 + (id % 5)::integer"),
    "payments": ("amount", "bigint", "id * 100"),
}

RENAMED_LABELS = (
    "ALTER TYPE sessionstatus RENAME VALUE 'NO_SHOW' TO 'MISSED'",
    "ALTER TYPE sessionstatus RENAME VALUE 'MISSED' TO 'NO_SHOW'",
    "ALTER TYPE userrole RENAME VALUE 'MENTOR' TO 'COACH'",
    "ALTER TYPE userrole RENAME VALUE 'COACH' TO 'MENTOR'",
    (
        "BEGIN; ALTER TYPE paymentstatus RENAME VALUE 'COMPLETED' TO 'x';"
        " ALTER TYPE paymentstatus RENAME VALUE 'REFUNDED' TO 'COMPLETED';"
        " ALTER TYPE paymentstatus RENAME VALUE 'x' TO 'REFUNDED'; COMMIT"
    ),
)

PUBLICATIONS = (
    "DROP PUBLICATION mentorhub_analytics",
    "ALTER PUBLICATION mentorhub_analytics SET (publish = 'insert, update')",
    "ALTER PUBLICATION mentorhub_analytics SET (publish_via_partition_root = false)",
    "ALTER PUBLICATION mentorhub_analytics DROP TABLE {table}",
    "ALTER PUBLICATION mentorhub_analytics ADD TABLE mentors (id)",
    "ALTER PUBLICATION mentorhub_analytics SET TABLE {table} (id)",
    "ALTER PUBLICATION mentorhub_analytics SET TABLE {table} (id) WHERE (id % 2 = 0)",
    "ALTER PUBLICATION mentorhub_analytics OWNER TO somebody",
    "ALTER PUBLICATION mentorhub_analytics RENAME TO others",
    (
        "SELECT pg_terminate_backend(active_pid) FROM pg_replication_slots"
        " WHERE database = current_database()"
    ),
)

RIGHTS = (
    "REVOKE ALL ON {table} FROM mentorhub_analytics",
    "REVOKE USAGE ON SCHEMA public FROM mentorhub_analytics, public",
    "ALTER ROLE mentorhub_analytics NOREPLICATION",
    "ALTER TABLE {table} ENABLE ROW LEVEL SECURITY",
)

OPTIONAL = (
    "ALTER TABLE {payments} DROP payment_method CASCADE",
    "ALTER TABLE {payments} ADD payment_method varchar(50) DEFAULT 'card'",
    "ALTER TABLE {sessions} ADD finished_at timestamp",
    "ALTER TABLE {payments} RENAME updated_at TO changed_at",
    "ALTER TABLE {payments} RENAME changed_at TO updated_at",
    "DROP TABLE messages CASCADE",
    "CREATE TABLE messages (id integer PRIMARY KEY, sender_id uuid, recipient_id integer)",
    "INSERT INTO messages (id, recipient_id) SELECT 7, 1 WHERE NOT EXISTS (SELECT FROM messages)",
    "ALTER TABLE lessons RENAME TO units",
    "ALTER TABLE units RENAME TO lessons",
    "REVOKE SELECT ON subscriptions FROM mentorhub_analytics",
)

REWRITTEN = (
    "VACUUM FULL {table}",
    "CLUSTER {table} USING {key}",
    "CREATE INDEX CONCURRENTLY another_{n} ON {table} (id)",
    "REINDEX TABLE CONCURRENTLY {table}",
    "ANALYZE {table}",
)

REFERRING = """
    DO $$
    DECLARE
        found record;
    BEGIN
        FOR found IN SELECT conrelid::regclass AS of, conname FROM pg_constraint
            WHERE contype = 'f' AND confrelid = '{table}'::regclass AND conparentid = 0
        LOOP
            EXECUTE format('ALTER TABLE %s DROP CONSTRAINT %I', found.of, found.conname);
        END LOOP;
    END
    $$
"""
"""Let no foreign key refer to the table that makes room for another."""


@dataclass(frozen=True)
class Step:
    """`pick`: which of several ways; `is_patient`: all is right again before the next step."""

    kind: str
    table: str = "reviews"
    pick: int = 0
    is_patient: bool = False


@dataclass(frozen=True)
class State:
    """Every row by our names of tables and columns, and MentorHub's clock after the commit."""

    committed: datetime
    rows: Rows


class Hub:
    """MentorHub's own connection, as a superuser, and what its rows were after every statement."""

    def __init__(self, url: str, names: Path) -> None:
        """`names`: the folder where analytics is told MentorHub's names."""
        self.connection, self._reading = (
            psycopg.connect(
                url,
                autocommit=True,
                prepare_threshold=None,
                application_name="mentorhub",
                options=f"-c timezone=UTC -c lock_timeout={PATIENT}",
            )
            for _ in range(2)
        )
        self._names = names
        self._steps = 0
        self.tables = {table: table for table in ROWS}
        self.columns: dict[tuple[str, str], str] = {}
        self.states: list[State] = []
        self.begun = 0
        """The newest of the states that an answer may be of."""
        self.refused: list[str] = []
        self.tell_names()
        self._remember()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.connection.close()
        self._reading.close()

    def does(self, step: Step) -> None:
        """Each statement of a step is a transaction; one that PostgreSQL refuses ends the step."""
        self._steps += 1
        for statement in KINDS[step.kind](self, step):
            if not self.run(statement):
                return

    def run(self, statement: str) -> bool:
        self.begun = len(self.states)
        try:
            self.connection.execute(statement.encode())
        except REFUSALS as refusal:
            self.refused.append(f"{statement}: {refusal}")
            self.connection.execute(b"ROLLBACK")
            return False
        finally:
            self._remember()
        return True

    def tell_names(self) -> None:
        """Write the file names.toml."""
        lines: list[str] = []
        for table, theirs in self.tables.items():
            lines += [f"[{table}]", f'table = "{theirs}"']
            lines += [f'{o} = "{c}"' for (t, o), c in self.columns.items() if t == table]
        (self._names / FILE).write_text("\n".join(lines))

    @property
    def number(self) -> int:
        """Another one for each step."""
        return self._steps

    def version(self) -> int:
        return self.connection.info.server_version

    def name(self, table: str, column: str = "") -> str:
        """MentorHub's."""
        return self.columns.get((table, column), column) if column else self.tables[table]

    def type_of(self, table: str, column: str) -> str:
        found = ask(
            self.connection,
            "SELECT format_type(atttypid, atttypmod) FROM pg_attribute"
            " WHERE attrelid = to_regclass(%s) AND attname = %s",
            self.name(table),
            self.name(table, column),
        )
        return str(found)

    def moment(self, table: str, n: str = "{n}") -> str:
        """SQL for a moment by the row's number, in the type that the table has for it."""
        moment = f"TIMESTAMPTZ '{NOW - timedelta(hours=1)}' - {n} % 200 * interval '5 hours'"
        return in_type(moment, self.type_of(table, "created_at"))

    def label(self, table: str, column: str) -> str:
        """SQL for one by the row's number."""
        enum, usual = LABELS[table, column]
        found = self.connection.execute(
            "SELECT enumlabel::text FROM pg_enum WHERE enumtypid = %s::regtype ORDER BY 1", [enum]
        ).fetchall()
        kind = self.type_of(table, column)
        labels = [label for (label,) in found if label != "ADMIN"] if kind == enum else usual
        listed = ", ".join(f"'{label}'" for label in labels)
        return f"(ARRAY[{listed}])[1 + {{n}} % {len(labels)}]::{kind}"

    def value(self, table: str, column: str) -> str:
        if column == "created_at":
            return self.moment(table)
        return self.label(table, column) if (table, column) in LABELS else VALUES[column]

    def base(self) -> str:
        return BASE.format(
            users=self.name("users"),
            courses=self.name("courses"),
            **{name: self.name("users", name) for name in ("username", "role", "created_at")},
            title=self.name("courses", "title"),
            kind=self.type_of("users", "role"),
            moment=self.moment("users", "n"),
        )

    def _remember(self) -> None:
        clock = ask(self._reading, "SELECT clock_timestamp()")
        self.states.append(State(clock, {table: self._rows(table) for table in ROWS}))

    def _rows(self, table: str) -> list[Row]:
        columns = {column: self.name(table, column) for column in (*ROWS[table].split(", "), "id")}
        query = sql.SQL("SELECT * FROM {}").format(sql.Identifier(self.name(table)))
        cursor = self._reading.cursor(row_factory=dict_row)
        return [
            {ours: read(ours, row[theirs]) for ours, theirs in columns.items()}
            for row in cursor.execute(query)
        ]


REFUSALS = (
    psycopg.ProgrammingError,
    psycopg.NotSupportedError,
    psycopg.IntegrityError,
    psycopg.DataError,
    errors.ObjectNotInPrerequisiteState,
    errors.DependentObjectsStillExist,
)
"""MentorHub's own mistakes, and what PostgreSQL refuses while the publication is there."""


def read(column: str, value: Any) -> Any:
    """As the oracle takes it, whatever type MentorHub has for it."""
    if column == "created_at" and isinstance(value, int):
        return datetime.fromtimestamp(value, UTC)
    if column == "created_at" and value and value.tzinfo is None:
        return value.replace(tzinfo=UTC)
    if isinstance(value, Decimal | float):
        return int(value)
    return value.rstrip() if isinstance(value, str) else value


def in_type(moment: str, kind: str) -> str:
    if kind == "timestamp without time zone":
        return f"(({moment}) AT TIME ZONE 'UTC')"
    return f"extract(epoch FROM {moment})::{kind}" if kind in WHOLE else f"({moment})"


def inserts(hub: Hub, step: Step) -> Iterator[str]:
    table, columns = step.table, ROWS[step.table].split(", ")
    names = ", ".join(hub.name(table, column) for column in columns)
    values = ", ".join(hub.value(table, column).format(n="n") for column in columns)
    last = f"SELECT coalesce(max(id), 0)::integer AS last FROM {hub.name(table)}"  # noqa: S608
    yield (
        f"INSERT INTO {hub.name(table)} (id, {names}) SELECT n, {values}"  # noqa: S608
        f" FROM ({last}) AS before, generate_series(last + 1, last + {1 + step.pick % 9}) AS n"
        " ON CONFLICT DO NOTHING"
    )


def updates(hub: Hub, step: Step) -> Iterator[str]:
    table, columns = step.table, CHANGED[step.table]
    column = columns[step.pick % len(columns)]
    value = hub.value(table, column).format(n=f"(id + {step.pick})::integer")
    value = f"'changed' || id || '-' || {step.pick}" if column == "username" else value
    yield (
        f"UPDATE {hub.name(table)} SET {hub.name(table, column)} = {value}"  # noqa: S608
        f" WHERE id > 1 AND id % 3 = {step.pick % 3}"
    )


def deletes(hub: Hub, step: Step) -> Iterator[str]:
    yield f"DELETE FROM {hub.name(step.table)} WHERE id > 6 AND id % 4 = {step.pick % 4}"  # noqa: S608


def truncates(hub: Hub, step: Step) -> Iterator[str]:
    yield f"BEGIN; TRUNCATE {hub.name(step.table)} RESTART IDENTITY CASCADE; {hub.base()}; COMMIT"


def replaces(hub: Hub, step: Step, rows: str, end: str) -> str:
    """Another table under the name of the one that was there, in one transaction."""
    table = hub.name(step.table)
    return (
        f"BEGIN; {REFERRING.format(table=table)};"
        f" {rows.format(table=table, n=hub.number)};"
        f" ALTER TABLE {table} RENAME TO former_{hub.number};"
        f" ALTER TABLE others RENAME TO {table}; {end.format(n=hub.number)}; COMMIT"
    )


LIKE = "CREATE TABLE others (LIKE {table} INCLUDING DEFAULTS INCLUDING GENERATED"


def stored(hub: Hub, table: str) -> str:
    """The columns that can be written."""
    found = ask(
        hub.connection,
        "SELECT string_agg(quote_ident(attname), ', ') FROM pg_attribute WHERE attnum > 0"
        " AND NOT attisdropped AND attgenerated = '' AND attrelid = to_regclass(%s)",
        hub.name(table),
    )
    return str(found)


def copied(hub: Hub, step: Step, condition: str = "true") -> str:
    columns = stored(hub, step.table)
    return f"INSERT INTO others ({columns}) SELECT {columns} FROM {{table}} WHERE {condition}"  # noqa: S608


def swaps(hub: Hub, step: Step) -> Iterator[str]:
    rows = f"{LIKE} INCLUDING INDEXES); {copied(hub, step)}"
    yield replaces(hub, step, rows, "DROP TABLE former_{n}" if step.pick % 2 else "")


def makes_anew(hub: Hub, step: Step) -> Iterator[str]:
    rows = f"{LIKE} INCLUDING INDEXES); {copied(hub, step, 'id < 7 OR id % 2 = 0')}"
    yield replaces(hub, step, rows, "DROP TABLE former_{n} CASCADE")


def parts(hub: Hub, step: Step) -> Iterator[str]:
    rows = (
        f"{LIKE}, PRIMARY KEY (id)) PARTITION BY HASH (id);"
        " CREATE TABLE part_{n}_0 PARTITION OF others FOR VALUES WITH (MODULUS 2, REMAINDER 0);"
        " CREATE TABLE part_{n}_1 PARTITION OF others FOR VALUES WITH (MODULUS 2, REMAINDER 1);"
        f" {copied(hub, step)}"
    )
    yield replaces(hub, step, rows, "DROP TABLE former_{n}" if step.pick % 2 else "")


def adds_a_column(hub: Hub, step: Step) -> Iterator[str]:
    table, n = hub.name(step.table), hub.number
    yield f"ALTER TABLE {table} ADD extra_{n} integer NOT NULL DEFAULT 7"
    yield f"ALTER TABLE {table} RENAME extra_{n} TO more_{n}"
    if step.pick % 2:
        yield f"ALTER TABLE {table} DROP more_{n}"


def renames(hub: Hub, step: Step) -> Iterator[str]:
    columns = [column for table, column in TYPES if table == step.table and column != "id"]
    column = columns[step.pick % len(columns)]
    name, other = hub.name(step.table, column), f"{column}_{hub.number}"
    if name != column:
        other = column
    hub.columns[step.table, column] = other
    yield f"ALTER TABLE {hub.name(step.table)} RENAME {name} TO {other}"


def renames_table(hub: Hub, step: Step) -> Iterator[str]:
    name, other = hub.name(step.table), f"{step.table}_{hub.number}"
    if name != step.table:
        other = step.table
    hub.tables[step.table] = other
    yield f"ALTER TABLE {name} RENAME TO {other}"


def retypes(hub: Hub, step: Step) -> Iterator[str]:
    yield from by_recipe(step)
    columns = [column for table, column in TYPES if table == step.table]
    column = columns[step.pick // 2 % len(columns)]
    types = TYPES[step.table, column]
    kind = types[step.pick // 10 % len(types)]
    name, before = hub.name(step.table, column), hub.type_of(step.table, column)
    using = f"trim({name}::text)::{kind}"
    if column == "created_at":
        zoned = {
            "timestamp with time zone": name,
            "timestamp without time zone": f"{name} AT TIME ZONE 'UTC'",
        }
        using = in_type(
            zoned.get(before, f"to_timestamp({name})"),
            {"timestamp": "timestamp without time zone"}.get(kind, kind),
        )
    default = "" if column == "id" else f"ALTER {name} DROP DEFAULT,"
    yield f"ALTER TABLE {hub.name(step.table)} {default} ALTER {name} TYPE {kind} USING {using}"


def by_recipe(step: Step) -> Iterator[str]:
    """As the README says; or not, and PostgreSQL refuses what would end replication."""
    if step.pick % 2:
        yield "DROP PUBLICATION IF EXISTS mentorhub_analytics"


def makes_nullable(hub: Hub, step: Step) -> Iterator[str]:
    table, column = hub.name(step.table), hub.name(step.table, NULLED[step.table][0])
    yield f"ALTER TABLE {table} ALTER {column} DROP NOT NULL"
    yield f"UPDATE {table} SET {column} = NULL WHERE id > 6 AND id % 5 = 0"  # noqa: S608


def makes_not_null(hub: Hub, step: Step) -> Iterator[str]:
    column, value = NULLED[step.table]
    table, column = hub.name(step.table), hub.name(step.table, column)
    yield f"UPDATE {table} SET {column} = {value} WHERE {column} IS NULL"  # noqa: S608
    yield f"ALTER TABLE {table} ALTER {column} SET NOT NULL"


def generates(hub: Hub, step: Step) -> Iterator[str]:
    yield from by_recipe(step)
    tables = list(GENERATED)
    table = tables[step.pick // 2 % len(tables)]
    column, kind, expression = GENERATED[table]
    name, how = hub.name(table, column), "STORED"
    if hub.version() >= 180000 and step.pick // 8 % 2:
        how = "VIRTUAL"
    yield (
        f"ALTER TABLE {hub.name(table)} DROP {name},"
        f" ADD {name} {kind} GENERATED ALWAYS AS ({expression}) {how}"
    )


def adds_a_label(_: Hub, step: Step) -> Iterator[str]:
    enum = ("sessionstatus", "paymentstatus", "userrole")[step.pick % 3]
    yield f"ALTER TYPE {enum} ADD VALUE IF NOT EXISTS 'LABEL{step.pick % 4}'"


def goes_without(hub: Hub, step: Step) -> Iterator[str]:
    """Of what analytics may do without, something goes or comes."""
    yield from by_recipe(step)
    yield OPTIONAL[step.pick // 2 % len(OPTIONAL)].format(
        **{table: hub.name(table) for table in ("sessions", "payments")}
    )


def renames_a_label(_: Hub, step: Step) -> Iterator[str]:
    yield RENAMED_LABELS[step.pick % len(RENAMED_LABELS)]


def identifies(hub: Hub, step: Step) -> Iterator[str]:
    how = ("FULL", "NOTHING", "DEFAULT", f"USING INDEX {key_of(hub, step.table)}")
    yield f"ALTER TABLE {hub.name(step.table)} REPLICA IDENTITY {how[step.pick % len(how)]}"


def key_of(hub: Hub, table: str) -> str:
    query = (
        "SELECT indexrelid::regclass::text FROM pg_index"
        " WHERE indisprimary AND indrelid = to_regclass(%s)"
    )
    return str(ask(hub.connection, query, hub.name(table)))


def takes_rights(hub: Hub, step: Step) -> Iterator[str]:
    yield RIGHTS[step.pick % len(RIGHTS)].format(table=hub.name(step.table))


def changes_owner(hub: Hub, step: Step) -> Iterator[str]:
    owner = ("somebody", "postgres")[step.pick % 2]
    yield f"ALTER TABLE {hub.name(step.table)} OWNER TO {owner}"


def alters_publication(hub: Hub, step: Step) -> Iterator[str]:
    yield PUBLICATIONS[step.pick % len(PUBLICATIONS)].format(table=hub.name(step.table))


def rewrites(hub: Hub, step: Step) -> Iterator[str]:
    yield REWRITTEN[step.pick % len(REWRITTEN)].format(
        table=hub.name(step.table), n=hub.number, key=key_of(hub, step.table)
    )


KINDS: dict[str, Callable[[Hub, Step], Iterator[str]]] = {
    function.__name__: function
    for function in (
        inserts,
        updates,
        deletes,
        truncates,
        swaps,
        makes_anew,
        parts,
        adds_a_column,
        renames,
        renames_table,
        retypes,
        makes_nullable,
        makes_not_null,
        generates,
        adds_a_label,
        renames_a_label,
        goes_without,
        identifies,
        takes_rights,
        changes_owner,
        alters_publication,
        rewrites,
    )
}

WRITES = ("inserts", "updates", "deletes")

STEPS = st.builds(
    Step,
    st.sampled_from([*WRITES * 3, *KINDS]),
    st.sampled_from(list(ROWS)),
    st.integers(0, 199),
    st.sampled_from([False, False, True]),
)
