"""Traces for OpenTelemetry, where a setting names a collector; else nothing of it is imported."""

from shared.errors import ConfigurationError
from shared.settings import Settings


def begin(settings: Settings, part: str) -> bool:
    """Tell the collector what the database is asked; False where a setting names none.

    Once in each process; what begins a trace, a request or a task, is the caller's to instrument.
    The service is called `analytics-PART`. A statement outside of any trace, as one that only looks
    for news, is not told. What else may be chosen stands in OpenTelemetry's own variables.

    Raises ConfigurationError where the packages are missing.
    """
    endpoint = settings.otel_exporter_otlp_endpoint
    if not endpoint:
        return False
    try:
        # no process pays for what it doesn't use
        from opentelemetry import trace  # noqa: PLC0415
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import (  # noqa: PLC0415
            OTLPSpanExporter,
        )
        from opentelemetry.instrumentation.psycopg import PsycopgInstrumentor  # noqa: PLC0415
        from opentelemetry.sdk.resources import Resource  # noqa: PLC0415
        from opentelemetry.sdk.trace import ReadableSpan, TracerProvider  # noqa: PLC0415
        from opentelemetry.sdk.trace.export import BatchSpanProcessor  # noqa: PLC0415
    except ImportError:
        raise ConfigurationError(
            "OTEL_EXPORTER_OTLP_ENDPOINT is set, but OpenTelemetry is not installed: "
            "pip install 'mentorhub-analytics[telemetry]'."
        ) from None

    class OfTraces(BatchSpanProcessor):
        def on_end(self, span: ReadableSpan) -> None:
            if span.parent or span.kind is not trace.SpanKind.CLIENT:
                super().on_end(span)

    provider = TracerProvider(resource=Resource.create({"service.name": f"analytics-{part}"}))
    exporter = OTLPSpanExporter(endpoint=f"{endpoint.rstrip('/')}/v1/traces")
    provider.add_span_processor(OfTraces(exporter))
    trace.set_tracer_provider(provider)
    PsycopgInstrumentor().instrument()
    return True
