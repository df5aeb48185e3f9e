# One image for migrate, api, worker and beat; which of them it is, the command says.
FROM python:3.11-slim-bookworm

ENV PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 PYTHONPATH=/app ANALYTICS_HOME=/var/lib/analytics

RUN useradd --system --uid 10001 --home-dir "$ANALYTICS_HOME" --create-home analytics

COPY requirements-runtime.lock /tmp/
RUN pip install --no-cache-dir --require-hashes --requirement /tmp/requirements-runtime.lock

WORKDIR /app
COPY celerybeat-schedule.py ./
COPY sql sql
COPY shared shared
COPY workers workers
COPY api api
COPY ops ops

# What `pip install .` would write; SQL is read from beside the packages, so they stay in /app.
RUN printf '#!/usr/local/bin/python\nfrom ops.cli import main\n\nmain()\n' > /usr/local/bin/analytics \
    && chmod 755 /usr/local/bin/analytics

USER analytics
EXPOSE 8000
CMD ["analytics", "--help"]
