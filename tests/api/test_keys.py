"""Keys come and go; a verified token is remembered no longer than it is good."""

import itertools
import json
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Event
from typing import Any, BinaryIO
from unittest.mock import Mock

import pytest
from flask.testing import FlaskClient
from freezegun import freeze_time

from api.access import keys, tokens
from api.access.tokens import Tokens
from api.services import services
from shared.errors import ConfigurationError
from tests.support.contract import assert_problem
from tests.support.issuers import EC, RSA, Publisher, forge, jwks, public, publishing, sign_as
from tests.support.processes import wait_until
from tests.support.tokens import KEY, bearer, claims, sign
from tests.support.world import ADMIN, LEARNER

PLACE = "/api/v1/analytics/platform"

NEW = "the key after the current one: 32 bytes or more"

Serve = Callable[..., FlaskClient]


@pytest.fixture
def publisher() -> Iterator[Publisher]:
    with publishing(jwks(first=RSA)) as publisher:
        yield publisher


@pytest.fixture
def keyed(served: Serve, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], FlaskClient]]:
    """Makes clients of an API that reads its keys again all the time, and remembers no token."""
    monkeypatch.setattr(keys, "LIFETIME", 0.02)
    monkeypatch.setattr(keys, "REST", 0.01)
    monkeypatch.setattr(keys, "SOON", 0.01)
    monkeypatch.setattr(tokens, "MEMORY", 0)
    started: list[tokens.Tokens] = []

    def serve(source: str) -> FlaskClient:
        client = served(jwt_jwks=source)
        started.append(services(client.application)[Tokens])
        started[-1].start()
        return client

    yield serve
    for each in started:
        each.stop()


def status(client: FlaskClient, token: str) -> int:
    return client.get(PLACE, headers=bearer(token)).status_code


def test_a_key_is_changed_without_a_logout(served: Serve) -> None:
    before, between, after = sign(ADMIN), sign(ADMIN, key=NEW), sign(ADMIN, key=NEW)
    changed = served(jwt_secret_key=NEW, jwt_previous_keys=(f"not {KEY}", KEY))
    done = served(jwt_secret_key=NEW)

    assert [status(changed, token) for token in (before, between)] == [200, 200]
    assert [status(done, token) for token in (before, after)] == [401, 200]


def test_with_public_keys_a_secret_is_not_needed(served: Serve, publisher: Publisher) -> None:
    client = served(jwt_secret_key=None, jwt_jwks=publisher.url)

    assert status(client, sign_as(RSA, ADMIN, kid="first")) == 200
    assert status(client, sign(ADMIN)) == 401


def test_without_any_key_there_is_no_api(served: Serve) -> None:
    with pytest.raises(ConfigurationError, match="JWT_SECRET_KEY is not set"):
        served(jwt_secret_key=None)


@pytest.mark.parametrize("name", ["jwt_secret_key", "jwt_previous_keys"])
def test_a_key_that_can_be_guessed_is_refused(served: Serve, name: str) -> None:
    weak = "ж" * 15 + "k"
    for key, refused in ((weak, True), (f"{weak}k", False)):
        given: dict[str, Any] = {name: key if name == "jwt_secret_key" else (key,)}
        if refused:
            with pytest.raises(ConfigurationError, match=f"{name.upper()} holds a key of 31 bytes"):
                served(**given)
        else:
            served(**given)


def test_without_public_keys_none_is_looked_for(served: Serve) -> None:
    assert status(served(), sign_as(RSA, ADMIN)) == 401


def test_a_new_public_key_is_read_because_of_its_first_token(
    served: Serve, publisher: Publisher, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keys, "REST", 0.01)
    client = served(jwt_jwks=publisher.url)
    known: tokens.Tokens = services(client.application)[Tokens]
    known.start()
    assert status(client, sign_as(RSA, ADMIN, kid="first")) == 200
    publisher.document = jwks(first=RSA, second=EC)
    new = sign_as(EC, ADMIN, kid="second")

    response = client.get(PLACE, headers=bearer(new))
    assert_problem(response, 401)
    assert response.json["detail"].startswith("The token's key is not known")
    assert wait_until(lambda: status(client, new) == 200)
    assert publisher.asked == 2, "and for no other reason"
    known.stop()


def test_however_many_unknown_keys_are_named_the_publisher_is_asked_once(
    served: Serve, publisher: Publisher
) -> None:
    client = served(jwt_jwks=publisher.url)
    known: tokens.Tokens = services(client.application)[Tokens]
    known.start()
    refused = {status(client, sign_as(RSA, ADMIN, kid=f"guess {n}")) for n in range(50)}
    known.stop()

    assert refused == {401}
    assert publisher.asked == 1


def test_nobody_waits_while_keys_are_read(
    keyed: Callable[[str], FlaskClient], publisher: Publisher
) -> None:
    client = keyed(publisher.url)
    asked = Event()
    publisher.before = lambda: (asked.set(), publisher.speaks.wait(60))
    assert asked.wait(60)
    publisher.document = jwks(second=EC)

    statuses = [
        status(client, token)
        for token in (
            sign_as(RSA, ADMIN, kid="first"),
            sign_as(EC, ADMIN, kid="second"),
            sign(ADMIN),
        )
    ]
    assert statuses == [200, 401, 200]
    publisher.speaks.set()


def dripping(head: bytes) -> Callable[[BinaryIO], None]:
    """A byte every tenth of a second, for ever: no time-out of a socket ends that."""

    def drip(wire: BinaryIO) -> None:
        wire.write(head)
        for byte in itertools.cycle(b"x: y\r\n"):
            wire.write(bytes([byte]))
            time.sleep(0.1)

    return drip


def pour(wire: BinaryIO) -> None:
    """A gigabyte."""
    wire.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000000\r\n\r\n")
    wire.writelines(b" " * 1_000_000 for _ in range(1000))


@pytest.mark.parametrize(
    "answer",
    [
        dripping(b""),
        dripping(b"HTTP/1.1 200 OK\r\n"),
        dripping(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n"),
        pour,
    ],
    ids=["status", "head", "body", "a gigabyte"],
)
def test_a_publisher_without_end_is_hung_up_on(
    keyed: Callable[[str], FlaskClient], publisher: Publisher, answer: Callable[[BinaryIO], None]
) -> None:
    client = keyed(publisher.url)
    publisher.instead = answer

    assert wait_until(lambda: publisher.hung_up > 1), "and it is asked again"
    assert status(client, sign_as(RSA, ADMIN, kid="first")) == 200
    publisher.document, publisher.instead = jwks(first=EC), None
    assert wait_until(lambda: status(client, sign_as(EC, ADMIN, kid="first")) == 200)


@pytest.mark.parametrize(
    "fault",
    [
        {"status": 500},
        {"status": 302, "headers": {"Location": "/elsewhere"}},
        {"document": "<html>"},
        {"document": "[]"},
        {"document": "[" * 100_000},
        {"document": '{"keys": []}'},
        {"document": '{"keys": {"first": 1}}'},
        {"headers": {"Content-Length": "100000"}},
        {"instead": lambda wire: wire.write(b"SSH-2.0\r\n")},
    ],
)
def test_known_keys_outlive_a_publisher_that_fails(
    keyed: Callable[[str], FlaskClient], publisher: Publisher, fault: dict[str, object]
) -> None:
    client = keyed(publisher.url)
    for name, value in fault.items():
        setattr(publisher, name, value)
    asked = publisher.asked

    assert wait_until(lambda: publisher.asked > asked + 2)
    assert status(client, sign_as(RSA, ADMIN, kid="first")) == 200


def test_keys_are_where_they_are_said_to_be(served: Serve, publisher: Publisher) -> None:
    with publishing(jwks(first=RSA)) as elsewhere:
        publisher.status, publisher.headers = 302, {"Location": elsewhere.url}
        client = served(jwt_jwks=publisher.url)

        assert status(client, sign_as(RSA, ADMIN, kid="first")) == 503
        assert elsewhere.asked == 0


def test_known_keys_outlive_a_publisher_that_is_gone(
    keyed: Callable[[str], FlaskClient], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keys, "log", log := Mock())
    with publishing(jwks(first=RSA)) as publisher:
        client = keyed(publisher.url)

    assert wait_until(lambda: log.warning.call_count > 1)
    assert status(client, sign_as(RSA, ADMIN, kid="first")) == 200


def test_before_any_public_key_is_known_the_answer_is_later(
    keyed: Callable[[str], FlaskClient], publisher: Publisher
) -> None:
    publisher.status = 500
    client = keyed(publisher.url)
    token = sign_as(RSA, ADMIN, kid="first")
    response = client.get(PLACE, headers=bearer(token))

    assert_problem(response, 503)
    assert response.headers["Retry-After"] == "5"
    assert status(client, sign(ADMIN)) == 200, "the secret key is known"
    publisher.status = 200
    assert wait_until(lambda: status(client, token) == 200)


def test_a_public_key_that_is_taken_away_is_refused(
    keyed: Callable[[str], FlaskClient], publisher: Publisher
) -> None:
    client = keyed(publisher.url)
    assert status(client, sign_as(RSA, ADMIN, kid="first")) == 200
    publisher.document = jwks(second=EC)

    assert wait_until(lambda: status(client, sign_as(RSA, ADMIN, kid="first")) == 401)


def test_a_file_of_keys_is_read_again(keyed: Callable[[str], FlaskClient], tmp_path: Path) -> None:
    document = tmp_path / "jwks.json"
    document.write_text(jwks(first=RSA))
    client = keyed(str(document))
    assert status(client, sign_as(RSA, ADMIN, kid="first")) == 200
    document.write_text(jwks(second=EC))
    assert wait_until(lambda: status(client, sign_as(EC, ADMIN, kid="second")) == 200)
    document.unlink()

    assert status(client, sign_as(EC, ADMIN, kid="second")) == 200
    assert status(client, sign_as(RSA, ADMIN, kid="first")) == 401


def test_only_public_keys_for_signatures_are_taken_from_a_document(
    served: Serve, tmp_path: Path
) -> None:
    secret = {"kty": "oct", "k": "c2VjcmV0", "alg": "HS256", "kid": "secret"}
    document = tmp_path / "jwks.json"
    others = [
        public(RSA) | {"kid": "encryption", "use": "enc"},
        public(RSA) | {"kid": "strong", "alg": "RS512"},
        secret,
        "text",
        {"kty": "unheard of"},
    ]
    document.write_text(json.dumps({"keys": [*others, public(RSA) | {"kid": "good"}]}))
    client = served(jwt_jwks=str(document))

    assert status(client, sign_as(RSA, ADMIN, kid="good")) == 200
    assert status(client, sign_as(RSA, ADMIN, kid="encryption")) == 401
    assert status(client, sign_as(RSA, ADMIN, kid="strong", algorithm="RS512")) == 401
    assert status(client, sign_as(RSA, ADMIN, kid="strong")) == 401
    for name in ("secret", "good"):
        # in place of the private key: what everybody can read
        header = {"alg": "HS256", "kid": name}
        assert status(client, forge(header, claims(ADMIN), b"secret")) == 401


@pytest.fixture
def verifications(monkeypatch: pytest.MonkeyPatch) -> Mock:
    """Counts how often a token is really verified."""
    counted = Mock(wraps=tokens.verify_token)
    monkeypatch.setattr(tokens, "verify_token", counted)
    return counted


def test_a_token_is_verified_once_a_minute(served: Serve, verifications: Mock) -> None:
    client, token = served(), sign(ADMIN)

    assert [status(client, token) for _ in range(3)] == [200, 200, 200]
    assert verifications.call_count == 1
    assert status(client, sign(LEARNER)) == 403
    assert verifications.call_count == 2


def test_what_was_refused_is_not_remembered(served: Serve, verifications: Mock) -> None:
    client, token = served(), sign(ADMIN, type="refresh")

    assert [status(client, token) for _ in range(2)] == [401, 401]
    assert verifications.call_count == 2


def test_a_remembered_token_ends_with_its_second(served: Serve, verifications: Mock) -> None:
    end = datetime.now(UTC).replace(microsecond=0) + timedelta(seconds=50)
    client, token = served(), sign(ADMIN, exp=end)

    def at(moment: datetime) -> int:
        with freeze_time(moment):
            return status(client, token)

    assert at(end - timedelta(seconds=2)) == 200
    assert at(end - timedelta(microseconds=1)) == 200
    assert verifications.call_count == 1
    assert at(end) == 401


def test_a_token_is_forgotten_after_a_while(
    served: Serve, verifications: Mock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tokens, "MEMORY", 0.05)
    client, token = served(), sign(ADMIN)
    assert status(client, token) == 200
    time.sleep(0.06)

    assert status(client, token) == 200
    assert verifications.call_count == 2
