"""A small MentorHub: who there is, and something of everything."""

from datetime import UTC, datetime, timedelta

import psycopg

ADMIN, LEARNER, OTHER_LEARNER, MENTOR, DEMOTED, DEACTIVATED = range(1, 7)

DELETED = 7

PYTHON, EMPTY = 1, 2

USERS = [
    (ADMIN, "admin", "ADMIN", True),
    (LEARNER, "learner", "STUDENT", True),
    (OTHER_LEARNER, "учащийся", "STUDENT", True),
    (MENTOR, "mentor", "MENTOR", True),
    (DEMOTED, "demoted", "STUDENT", True),
    (DEACTIVATED, "deactivated", "ADMIN", False),
]

STATUSES = ["SCHEDULED", "COMPLETED", "CANCELLED"]


def fill(connection: psycopg.Connection) -> None:
    """Write the mirror's rows as replication would."""
    # Of fractions PostgreSQL writes the digits it needs, Python always six.
    now = datetime.now(UTC).replace(microsecond=0)
    insert = connection.cursor().executemany
    insert(
        "INSERT INTO public.users (id, username, role, is_active, is_verified, created_at)"
        " VALUES (%s, %s, %s, %s, true, %s)",
        [(*user, now) for user in USERS],
    )
    insert("INSERT INTO public.mentors (id, user_id) VALUES (%s, %s)", [(5, MENTOR)])
    insert(
        "INSERT INTO public.courses (id, title, is_active) VALUES (%s, %s, true)",
        [(PYTHON, "Python для начинающих"), (EMPTY, "=1+1")],
    )
    insert(
        "INSERT INTO public.sessions"
        " (id, student_id, mentor_id, duration_minutes, status, created_at, scheduled_at)"
        " VALUES (%s, %s, 5, 45, %s, %s, %s)",
        [
            (i, LEARNER, status, day, day)
            for i, status in enumerate(STATUSES)
            for day in [now - timedelta(days=i)]
        ],
    )
    insert(
        "INSERT INTO public.course_enrollments"
        " (id, user_id, course_id, progress_percent, completed, created_at)"
        " VALUES (%s, %s, %s, 33, false, %s)",
        [(1, LEARNER, PYTHON, now), (2, MENTOR, PYTHON, now)],
    )
    insert(
        "INSERT INTO public.reviews (id, user_id, course_id, rating, created_at)"
        " VALUES (%s, %s, %s, 5, %s)",
        [(1, LEARNER, PYTHON, now)],
    )
    insert(
        "INSERT INTO public.payments (id, student_id, amount, currency, status, created_at)"
        " VALUES (%s, %s, %s, %s, 'COMPLETED', %s)",
        [(1, LEARNER, 12345, "RUB", now), (2, LEARNER, 6789, "USD", now)],
    )


def forget_entries(connection: psycopg.Connection) -> None:
    """Nothing that admins entered is left, whoever wrote it."""
    connection.execute(
        "TRUNCATE kept.note, kept.goal, kept.alert, kept.firing, kept.history RESTART IDENTITY"
    )


SESSION = (
    "INSERT INTO public.sessions (id, student_id, mentor_id, duration_minutes, status, created_at)"
    " VALUES (%s, 2, 5, 45, %s, now())"
)


REVIEW = (
    "INSERT INTO public.reviews (id, user_id, course_id, rating, created_at)"
    " VALUES (%s, %s, 1, 5, now())"
)
