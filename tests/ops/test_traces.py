"""What a collector of OpenTelemetry's is told of a whole stack."""

from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any, NamedTuple

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from tests.support.mentorhub import tell
from tests.support.processes import wait_until
from tests.support.stack import Stack


class Span(NamedTuple):
    service: str
    name: str
    trace: bytes
    id: bytes
    parent: bytes
    attributes: dict[str, str]


class Collector(ThreadingHTTPServer):
    """Keeps what it is told by OTLP over HTTP."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Taking)
        self.spans: list[Span] = []

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    def of(self, service: str, name: str) -> list[Span]:
        return [each for each in self.spans if (each.service, each.name) == (service, name)]

    def below(self, span: Span) -> list[Span]:
        return [each for each in self.spans if each.parent == span.id and each.trace == span.trace]


class Taking(BaseHTTPRequestHandler):
    server: Collector  # pyright: ignore[reportIncompatibleVariableOverride]

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        for told in ExportTraceServiceRequest.FromString(body).resource_spans:
            service = values(told.resource.attributes)["service.name"]
            self.server.spans += [
                Span(
                    service,
                    span.name,
                    span.trace_id,
                    span.span_id,
                    span.parent_span_id,
                    values(span.attributes),
                )
                for scope in told.scope_spans
                for span in scope.spans
            ]
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_: Any) -> None:  # pyright: ignore[reportIncompatibleMethodOverride]
        """Nothing."""


def values(attributes: Any) -> dict[str, str]:
    return {
        each.key: str(getattr(each.value, each.value.WhichOneof("value"))) for each in attributes
    }


@pytest.fixture(scope="module")
def collector() -> Iterator[Collector]:
    with Collector() as collector:
        Thread(target=collector.serve_forever).start()
        yield collector
        collector.shutdown()


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory, collector: Collector) -> Iterator[Stack]:
    home = tmp_path_factory.mktemp("traces") / "home"
    with Stack(home, OTEL_EXPORTER_OTLP_ENDPOINT=f"{collector.address}/") as running:
        running.start()
        yield running


def test_a_change_is_followed_from_the_relay_to_the_statements_of_its_fold(
    stack: Stack, collector: Collector
) -> None:
    tell(
        stack.description()["environment"]["SOURCE_DATABASE_URL"],
        "INSERT INTO users (username, email, hashed_password) VALUES ('a', 'b', '')",
    )
    assert wait_until(lambda: stack.total_users() == 21)

    def followed() -> bool:
        return any(
            "FOLD" in each.attributes["db.statement"].upper()
            for sent in collector.of("analytics-relay", "apply_async/workers.tasks.user_changed")
            for run in collector.below(sent)
            if (run.service, run.name) == ("analytics-worker", "run/workers.tasks.user_changed")
            for each in collector.below(run)
        )

    assert wait_until(followed), {(each.service, each.name) for each in collector.spans}


def test_a_request_is_told_with_its_name_and_without_its_query(
    stack: Stack, collector: Collector
) -> None:
    path = "/api/v1/analytics/user-growth"
    assert stack.get(f"{path}?days=11", stack.admin_token())[0] == 200

    assert wait_until(lambda: bool(collector.of("analytics-api", f"GET {path}")))
    (asked,) = collector.of("analytics-api", f"GET {path}")
    assert asked.attributes["http.url"] == path
    assert len(asked.attributes["request"]) == 32
    statements = [each.attributes["db.statement"] for each in collector.below(asked)]
    assert any("user_day" in statement for statement in statements)


def test_no_secret_and_nothing_that_only_looks_for_news_is_told(
    stack: Stack, collector: Collector
) -> None:
    assert wait_until(
        lambda: bool(collector.of("analytics-beat", "apply_async/workers.tasks.audit"))
    )
    told = " ".join(str(span) for span in collector.spans)
    token = stack.admin_token()
    assert token not in told
    assert [span for span in collector.spans if "days=11" in str(span)] == []
    assert all(span.parent or "db.statement" not in span.attributes for span in collector.spans)
