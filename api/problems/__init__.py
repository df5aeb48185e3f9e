"""Every error: its kind, and the sentence in an RFC 9457 body."""

from api.problems.kinds import Problem
from api.problems.responses import (
    DATABASE_ERRORS,
    MEDIA_TYPE,
    MISSING,
    RETRY_AFTER,
    ProblemApi,
    ProblemSchema,
    being_installed,
    database_unavailable,
    export_too_large,
    export_unavailable,
    problem,
    refuse,
    too_deep,
)

__all__ = [
    "DATABASE_ERRORS",
    "MEDIA_TYPE",
    "MISSING",
    "RETRY_AFTER",
    "Problem",
    "ProblemApi",
    "ProblemSchema",
    "being_installed",
    "database_unavailable",
    "export_too_large",
    "export_unavailable",
    "problem",
    "refuse",
    "too_deep",
]
