"""Every problem that the API can give: no error leaves it without standing here."""

from dataclasses import dataclass
from enum import Enum, unique


@dataclass(frozen=True)
class Kind:
    """What is true of a problem whenever it occurs."""

    status: int
    title: str
    when: str
    remedy: str


@unique
class Problem(Enum):
    """The kinds of problems by name; for clients the name is the address `/problems/NAME`."""

    MALFORMED_REQUEST = Kind(
        400,
        "Malformed request",
        "The server can't read the request.",
        "Fix what the detail names.",
    )
    BODY_NOT_READ = Kind(
        400,
        "A body that nobody reads",
        "The request has a body.",
        "Send parameters in the query.",
    )
    TOKEN_MISSING = Kind(
        401,
        "No access token",
        "The request has no header `Authorization: Bearer TOKEN`.",
        "Sign in at MentorHub and send its access token.",
    )
    TOKEN_EXPIRED = Kind(
        401,
        "Expired access token",
        "The token's time is over.",
        "Let MentorHub refresh the token and send the request again.",
    )
    TOKEN_INVALID = Kind(
        401,
        "Invalid access token",
        "The token is not an access token of MentorHub, or its user does not exist any more.",
        "Sign in at MentorHub again.",
    )
    NOT_PERMITTED = Kind(
        403,
        "Not permitted",
        "The account's role may not read this, whether it exists or not.",
        "Ask an admin of MentorHub for the role.",
    )
    ACCOUNT_DEACTIVATED = Kind(
        403,
        "Deactivated account",
        "MentorHub has deactivated the token's account.",
        "Ask an admin of MentorHub.",
    )
    UNKNOWN_ADDRESS = Kind(
        404,
        "Unknown address",
        "No address of the API has this path.",
        "Look the path up in /docs.",
    )
    UNKNOWN_ID = Kind(
        404,
        "Unknown id",
        "No course or user has the id, or it is newer than the numbers.",
        "Check the id; for what was just created try again soon.",
    )
    UNKNOWN_METHOD = Kind(
        405,
        "Unknown method",
        "The address does not know the request's method.",
        "Use one that the header Allow names.",
    )
    FORMAT_NOT_OFFERED = Kind(
        406,
        "Format not offered",
        "The header Accept excludes every format of the address.",
        "Accept one of the formats that /docs names.",
    )
    BODY_TOO_LARGE = Kind(
        413,
        "Body too large",
        "The body has more bytes than any entry.",
        "Shorten the texts in it.",
    )
    ADDRESS_TOO_LONG = Kind(
        414,
        "Address too long",
        "The path or the query has more letters or parts than any address of the API.",
        "Leave out what /docs doesn't name.",
    )
    INVALID_PARAMETER = Kind(
        422,
        "Invalid parameter",
        "A parameter has a value out of its range, is given twice, or does not exist.",
        "Fix the parameter that the detail names.",
    )
    TOO_MANY_REQUESTS = Kind(
        429,
        "Too many requests",
        "The account or address asks for more than it may: a request costs a unit, and another for "
        "each 64 KB and each 10 ms of the database.",
        "Wait for the seconds of Retry-After.",
    )
    HEADER_TOO_LARGE = Kind(
        431,
        "Header too large",
        "A header has more letters or parts than a client of the API needs.",
        "Shorten the header that the detail names.",
    )
    INTERNAL_ERROR = Kind(
        500,
        "Internal error",
        "Something broke that should not have; it is in the log.",
        "Try again later, and tell the operators if it stays.",
    )
    NOT_CALCULATED = Kind(
        503,
        "Not calculated yet",
        "The numbers are not calculated for the first time, or since the mirror was made anew.",
        "Try again after the seconds of Retry-After.",
    )
    NOT_YET = Kind(
        503,
        "Not as of then yet",
        "The numbers do not count every change up to `min_as_of`, after a wait of seconds.",
        "Try again after the seconds of Retry-After.",
    )
    TOO_STALE = Kind(
        503,
        "Too stale",
        "The numbers are older than `max_staleness` allows.",
        "Try again after the seconds of Retry-After, or allow more.",
    )
    STREAMS_UNAVAILABLE = Kind(
        503,
        "No streams",
        "As many streams are open as the server holds.",
        "Try again after the seconds of Retry-After, or ask for the answers now and then.",
    )
    EXPORT_UNAVAILABLE = Kind(
        503,
        "Export unavailable",
        "As many large answers are asked for as the server makes, or what made this has ended.",
        "Try again after the seconds of Retry-After, or ask for pages with `limit`.",
    )
    DATABASE_UNAVAILABLE = Kind(
        503,
        "Database unavailable",
        "The analytics database does not answer.",
        "Try again after the seconds of Retry-After.",
    )
    ROLE_NOT_PROVEN = Kind(
        503,
        "Role not proven",
        "Changes of accounts may have been missed, so that nobody is taken for an admin.",
        "Try again after the seconds of Retry-After.",
    )
    KEYS_UNAVAILABLE = Kind(
        503,
        "Keys unavailable",
        "The keys that tokens are verified with can't be fetched.",
        "Try again after the seconds of Retry-After.",
    )
    NOT_READY = Kind(
        503,
        "Not ready",
        "Some numbers are not calculated, older than promised, or may lack changes.",
        "Send readers elsewhere until /readyz answers 200.",
    )

    @property
    def slug(self) -> str:
        """The name in addresses."""
        return self.name.lower().replace("_", "-")

    @property
    def type(self) -> str:
        """The stable identifier, RFC 9457's `type`."""
        return f"/problems/{self.slug}"

    def body(self, detail: str) -> dict[str, object]:
        """RFC 9457's body of one occurrence."""
        title, status = self.value.title, self.value.status
        return {"type": self.type, "title": title, "status": status, "detail": detail}

    def entry(self) -> dict[str, object]:
        """What the published catalogue says."""
        return {"type": self.type, **vars(self.value)}
