"""An API over a small MentorHub that no test here changes."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from api.app import create_app
from api.database.reader import Reader
from api.services import services
from ops.local.embedded import Postgres
from shared.settings import Settings
from tests.support.contract import DocumentedClient
from tests.support.databases import calculated
from tests.support.tokens import bearer, sign
from tests.support.world import ADMIN


@pytest.fixture(autouse=True)
def _every_response_is_documented(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Flask, "test_client_class", DocumentedClient)


@pytest.fixture(scope="session")
def world(postgres: Postgres, analytics_template: str) -> Settings:
    """Settings of a database with something of everything, calculated."""
    return calculated(postgres, "api", analytics_template)


@pytest.fixture(scope="session")
def app(world: Settings) -> Iterator[Flask]:
    app = create_app(world)
    yield app
    services(app)[Reader].close()


@pytest.fixture
def served(world: Settings) -> Iterator[Callable[..., FlaskClient]]:
    """Makes clients of an API over the same rows with other settings."""
    with ExitStack() as ending:

        def serve(**settings: Any) -> FlaskClient:
            app = create_app(replace(world, **settings))
            ending.callback(services(app)[Reader].close)
            return app.test_client()

        yield serve


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """Nobody in particular."""
    return app.test_client()


@pytest.fixture
def admin(app: Flask) -> FlaskClient:
    """Somebody who may read everything."""
    client = app.test_client()
    client.environ_base["HTTP_AUTHORIZATION"] = bearer(sign(ADMIN))["Authorization"]
    return client
