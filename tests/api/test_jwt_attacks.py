"""Tokens as attackers make them. None is believed, and none costs us a request elsewhere."""

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from string import ascii_letters
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from api.app import create_app
from api.database.reader import Reader
from api.services import services
from shared.settings import Settings
from tests.support.contract import assert_problem
from tests.support.issuers import EC, RSA, forge, jwks, pem, public, publishing, sign_as
from tests.support.tokens import KEY, bearer, claims, sign
from tests.support.world import ADMIN, LEARNER

PREVIOUS = "the key before the current one: 32 bytes or more"

HS256 = {"alg": "HS256", "typ": "JWT"}

SOON = datetime.now(UTC) + timedelta(hours=1)

PLACE = "/api/v1/analytics/platform"


@pytest.fixture(scope="module")
def every_kind_of_key(world: Settings, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    """An app that takes tokens of every kind, as an attacker would choose it."""
    document = tmp_path_factory.mktemp("keys") / "jwks.json"
    document.write_text(jwks(current=RSA, curve=EC))
    keys = replace(world, jwt_previous_keys=(PREVIOUS,), jwt_jwks=str(document))
    app = create_app(keys)
    yield app
    services(app)[Reader].close()


@pytest.fixture
def client(every_kind_of_key: Flask) -> FlaskClient:
    return every_kind_of_key.test_client()


def by_header(**header: object) -> str:
    """An admin's token signed with the secret key; only the header is odd."""
    return forge(HS256 | header, claims(ADMIN))


def by_claims(**odd: object) -> str:
    """Well signed by MentorHub itself; only the claims are odd."""
    return forge(HS256, claims(ADMIN) | odd)


def unsigned(algorithm: object) -> str:
    return forge({"alg": algorithm}, claims(ADMIN), signature=b"")


def other_signature(token: str, other: str) -> str:
    return token.rpartition(".")[0] + "." + other.rpartition(".")[2]


NO_ALGORITHM = {
    **{f"alg {name!r}": unsigned(name) for name in ("none", "None", "NONE", "nOnE", "none ", "")},
    **{f"alg {name!r}": unsigned(name) for name in (None, 0, [], {}, ["none"], True)},
    "no alg at all": forge({"typ": "JWT"}, claims(ADMIN)),
    "alg none, yet signed": by_header(alg="none"),
    "alg in small letters": by_header(alg="hs256"),
    "alg in a list": by_header(alg=["HS256"]),
}

CONFUSED = {
    **{
        f"the public key as secret, {name}": forge(HS256 | {"kid": "current"}, claims(ADMIN), key)
        for name, key in {
            "PEM": pem(RSA),
            "PEM without its last newline": pem(RSA).strip(),
            "JWK": json.dumps(public(RSA)).encode(),
            "modulus": public(RSA)["n"].encode(),
        }.items()
    },
    "RS256 signed by the secret": forge({"alg": "RS256", "kid": "current"}, claims(ADMIN)),
    "RS256 signed by the public key": forge(
        {"alg": "RS256", "kid": "current"}, claims(ADMIN), pem(RSA)
    ),
    "RSA key for ES256": forge({"alg": "ES256", "kid": "current"}, claims(ADMIN)),
    "curve for RS256": sign_as(RSA, ADMIN, kid="curve"),
    "RSA for the curve's name": sign_as(EC, ADMIN, kid="current"),
    "RS512": sign_as(RSA, ADMIN, algorithm="RS512"),
    "PS256": sign_as(RSA, ADMIN, algorithm="PS256"),
    # HMAC fills keys up with zeros: for it this is the same key
    "HS384": sign(ADMIN, algorithm="HS384", key=KEY.ljust(64, "\0")),
    "HS512": sign(ADMIN, algorithm="HS512", key=KEY.ljust(64, "\0")),
    "r and s of zero": forge({"alg": "ES256", "kid": "curve"}, claims(ADMIN), signature=b"\0" * 64),
    "no kid": sign_as(RSA, ADMIN, kid=None),
    "an empty kid": sign_as(RSA, ADMIN, kid=""),
    "a kid of nobody": sign_as(RSA, ADMIN, kid="someone"),
}

FORGED = {
    "another secret": sign(ADMIN, key="a guess that is thirty-two bytes or more"),
    "an empty secret": forge(HS256, claims(ADMIN), b""),
    "no signature": forge(HS256, claims(ADMIN), signature=b""),
    "half a signature": sign(ADMIN)[:-20],
    "another token's signature": other_signature(sign(ADMIN), sign(LEARNER)),
    "another header's signature": other_signature(by_header(typ="JOSE"), by_header()),
    "the secret's own text as signature": forge(HS256, claims(ADMIN), signature=KEY.encode()),
    **{
        f"kid {kid!r} and an empty secret": forge(HS256 | {"kid": kid}, claims(ADMIN), b"")
        for kid in (
            "../../../../../../dev/null",
            "/dev/null",
            "file:///dev/null",
            "http://127.0.0.1/jwks.json",
            "' UNION SELECT '",
            "current' OR '1'='1",
            "$(true)",
            "k" * 3000,
            "\0",
            "\ud800",
        )
    },
    "kid that is a number": by_header(kid=1),
    "kid that is a list": by_header(kid=["current"]),
    "kid that is an object": by_header(kid={"current": 1}),
    "kid that is null": by_header(kid=None),
    "kid that is not hashable, of RS256": by_header(alg="RS256", kid=[]),
}

EXTENDED = {
    "crit that we don't know": by_header(crit=["exp"]),
    "crit that is empty": by_header(crit=[]),
    "crit that is text": by_header(crit="b64"),
    "crit of numbers": by_header(crit=[1]),
    "b64 false": by_header(b64=False),
    "b64 false, critical": by_header(b64=False, crit=["b64"]),
    "b64 false, payload left out": forge(HS256 | {"b64": False, "crit": ["b64"]}, b""),
}

UNTIMELY = {
    "expired": by_claims(exp=1),
    "expired this second": by_claims(exp=datetime.now(UTC)),
    "exp before all time": by_claims(exp=-1),
    **{f"exp {value!r}": by_claims(exp=value) for value in (None, "never", [], {}, True, "")},
    **{
        f"exp {text}": forge(HS256, claims(ADMIN) | {"exp": float(text)}) for text in ("inf", "nan")
    },
    "no exp": forge(HS256, claims(ADMIN, exp=None)),
    "not yet valid": by_claims(nbf=SOON),
    "nbf that is text": by_claims(nbf="tomorrow"),
    "issued in the future": by_claims(iat=SOON),
    "iat that is text": by_claims(iat="now"),
}

FOR_OTHERS = {
    **{f"aud {value!r}": by_claims(aud=value) for value in ("", "x", [], ["x"], 1, None, {}, [1])},
    **{f"aud {value!r}": by_claims(aud=value) for value in ("MentorHub", "mentorhub ", "mentor")},
    **{f"iss {value!r}": by_claims(iss=value) for value in ("", "x", [], ["x"], 1, None, {})},
    **{f"type {value!r}": by_claims(type=value) for value in ("refresh", "", "Access", 1, None)},
    **{f"type {value!r}": by_claims(type=value) for value in (["access"], {"access": 1}, True)},
    "no aud": forge(HS256, claims(ADMIN, aud=None)),
    "no iss": forge(HS256, claims(ADMIN, iss=None)),
    "no type": forge(HS256, claims(ADMIN, type=None)),
}

NOBODY = {
    **{f"sub {value!r}": by_claims(sub=value) for value in (1, 1.0, [], ["1"], {}, True, None)},
    **{
        f"sub {value!r}": by_claims(sub=value)
        for value in ("", " 1", "1 ", "1\n", "+1", "-1", "01", "1.0", "1e0", "0x1", "1,2", "1\0")
    },
    **{
        f"sub {value!r}": by_claims(sub=value)
        for value in ("\u0661", "\uff11", "\u00b2", "0", "admin")
    },
    "no sub": forge(HS256, claims(ADMIN, sub=None)),
}

SHAPELESS = {
    **{
        f"payload {payload!r}": forge(HS256, payload)
        for payload in ([claims(ADMIN)], "text", 1, None, b"", b"{", b"\xff\xfe", b"{}{}", b"NaN")
    },
    **{
        f"header {header!r}": forge(header, claims(ADMIN))
        for header in ([HS256], "HS256", 1, None, b"", b"{", b"\xff\xfe")
    },
    "claims a thousand levels deep": forge(HS256, b'{"a":' * 1000 + b"1" + b"}" * 1000),
    "a header a thousand levels deep": forge(b"[" * 1000 + b"]" * 1000, claims(ADMIN)),
    "longer than what is read": by_claims(padding="x" * 8192),
    "two parts": sign(ADMIN).rpartition(".")[0],
    "four parts": sign(ADMIN) + ".x",
    "five parts, as encrypted ones have": sign(ADMIN) + ".x.x",
    "points only": "..",
    "JSON": json.dumps({"payload": "x", "protected": "x", "signature": "x"}),
    "a zero byte": sign(ADMIN) + "\0",
    "invisible spaces": "\N{NO-BREAK SPACE}" + sign(ADMIN),
    "percent signs": sign(ADMIN).replace(".", "%2E"),
    "standard base64": by_claims(padding="?" * 30).replace("_", "/"),
}


@pytest.mark.parametrize(
    "token",
    [
        pytest.param(token, id=name.encode("ascii", "backslashreplace").decode()[:80])
        for tokens in (
            *(NO_ALGORITHM, CONFUSED, FORGED, EXTENDED),
            *(UNTIMELY, FOR_OTHERS, NOBODY, SHAPELESS),
        )
        for name, token in tokens.items()
    ],
)
def test_it_is_refused(client: FlaskClient, token: str) -> None:
    response = client.get(PLACE, headers=bearer(token))

    assert_problem(response, 401)
    assert response.headers["WWW-Authenticate"] == "Bearer"


@pytest.mark.parametrize(
    "token",
    [
        pytest.param(sign(ADMIN), id="signed with the secret key"),
        pytest.param(sign(ADMIN, key=PREVIOUS), id="signed with the previous key"),
        pytest.param(sign_as(RSA, ADMIN), id="RS256"),
        pytest.param(sign_as(EC, ADMIN, kid="curve"), id="ES256"),
        pytest.param(by_claims(aud=["elsewhere", "mentorhub"]), id="for several audiences"),
    ],
)
def test_what_these_attacks_imitate_is_accepted(client: FlaskClient, token: str) -> None:
    assert client.get(PLACE, headers=bearer(token)).status_code == 200


def test_no_letter_of_a_token_can_be_another(client: FlaskClient) -> None:
    token = sign(ADMIN)
    accepted = [
        (place, letter)
        for place in range(len(token))
        for letter in {ascii_letters[place % 52], "A", "_"} - {token[place]}
        if client.get(
            PLACE, headers=bearer(token[:place] + letter + token[place + 1 :])
        ).status_code
        != 401
    ]

    assert accepted == []


@pytest.mark.parametrize("place", ["jku", "x5u"])
def test_no_key_is_fetched_from_where_a_token_says(client: FlaskClient, place: str) -> None:
    with publishing(jwks(current=RSA, mine=RSA)) as publisher:
        header: dict[str, Any] = {place: publisher.url, "kid": "mine"}
        for token in (by_header(**header, alg="RS256"), forge(HS256 | header, claims(ADMIN), b"")):
            assert_problem(client.get(PLACE, headers=bearer(token)), 401)

        assert publisher.asked == 0


@pytest.mark.parametrize("header", ["jwk", "x5c", "k"])
def test_no_key_is_taken_from_the_token_itself(client: FlaskClient, header: str) -> None:
    secret = {"kty": "oct", "k": "bWluZQ", "alg": "HS256"}
    for key in (public(RSA) | {"kid": "mine"}, secret, [secret], "bWluZQ"):
        forged = forge(HS256 | {header: key}, claims(ADMIN), b"mine")
        assert_problem(client.get(PLACE, headers=bearer(forged)), 401)


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER", "bEaReR"])
@pytest.mark.parametrize("spaces", [1, 2, 9])
def test_the_scheme_is_read_as_the_rfc_says(client: FlaskClient, scheme: str, spaces: int) -> None:
    headers = {"Authorization": scheme + " " * spaces + sign(ADMIN)}

    assert client.get(PLACE, headers=headers).status_code == 200


@pytest.mark.parametrize("claim", ["iat", "nbf"])
@pytest.mark.parametrize(
    ("leeway", "ahead", "status"), [(30, 1, 200), (30, 25, 200), (30, 60, 401), (0, 10, 401)]
)
def test_a_clock_that_is_ahead_has_some_leeway(
    served: Callable[..., FlaskClient], leeway: int, claim: str, ahead: int, status: int
) -> None:
    token = sign(ADMIN, **{claim: datetime.now(UTC) + timedelta(seconds=ahead)})

    assert served(jwt_leeway=leeway).get(PLACE, headers=bearer(token)).status_code == status


def test_an_expiry_has_none(client: FlaskClient) -> None:
    token = sign(ADMIN, exp=datetime.now(UTC) - timedelta(seconds=1))
    response = client.get(PLACE, headers=bearer(token))

    assert_problem(response, 401)
    assert response.json["detail"] == "The token has expired."


@pytest.mark.parametrize(
    "header",
    [
        "Bearer {0},Bearer {0}",
        "Bearer {0}, Basic YTpi",
        "Basic YTpi,Bearer {0}",
        "Bearer {0},",
        ",Bearer {0}",
        "Bearer {0} {0}",
        "Bearer  ",
        "Bearer={0}",
        "Bearer\N{NO-BREAK SPACE}{0}",
        "Token {0}",
        "JWT {0}",
        "{0}",
        "",
        ",",
    ],
)
def test_a_header_holds_one_token_and_nothing_else(client: FlaskClient, header: str) -> None:
    headers = {"Authorization": header.format(sign(ADMIN))}

    assert_problem(client.get(PLACE, headers=headers), 401)


def test_two_headers_are_refused_even_where_both_hold_the_same_token(client: FlaskClient) -> None:
    headers = [("Authorization", f"Bearer {sign(ADMIN)}")] * 2

    assert_problem(client.get(PLACE, headers=headers), 401)


@pytest.mark.parametrize("name", ["jwt", "token", "access_token", "ticket"])
def test_a_token_outside_the_header_is_none(client: FlaskClient, name: str) -> None:
    token = sign(ADMIN)
    client.set_cookie(name, token)
    client.set_cookie(f"{name}_cookie", token)

    assert_problem(client.get(f"{PLACE}?{name}={token}"), 401)
    assert_problem(client.get(PLACE, data={name: token}), 401)
    assert_problem(client.get(PLACE, json={name: token}), 401)
    assert_problem(client.get(PLACE, headers={f"X-{name}": token}), 401)


@pytest.mark.parametrize("role", ["admin", "ADMIN", ["admin"], {"admin": True}])
def test_a_role_that_the_token_claims_is_not_read(client: FlaskClient, role: object) -> None:
    token = forge(HS256, claims(LEARNER) | {"role": role, "roles": role, "is_admin": True})

    assert_problem(client.get(PLACE, headers=bearer(token)), 403)


def test_no_answer_repeats_a_token(client: FlaskClient) -> None:
    token = sign(ADMIN, key="a guess that is thirty-two bytes or more")
    response = client.get(PLACE, headers=bearer(token))

    assert token[:20] not in response.text + str(response.headers)
