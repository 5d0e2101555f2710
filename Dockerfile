# Cosmodrome in a container; compose.yaml starts it, docs/deploying.md explains it.
# scripts/dockerfile_steps runs these lines without Docker.

FROM python:3.13-slim AS build
WORKDIR /source
RUN python -m venv --without-pip /opt/cosmodrome
COPY requirements.txt ./
RUN pip --python /opt/cosmodrome/bin/python install --no-cache-dir --requirement requirements.txt
COPY pyproject.toml README.md CHANGELOG.md CONTRIBUTING.md LICENSE ./
COPY docs docs
COPY src src
RUN pip --python /opt/cosmodrome/bin/python install --no-cache-dir --no-deps .

FROM python:3.13-slim
RUN useradd --no-create-home --uid 10001 --home-dir /data --shell /usr/sbin/nologin cosmodrome \
    && install --directory --owner=cosmodrome --mode=0700 /data
COPY --from=build /opt/cosmodrome /opt/cosmodrome
ENV PATH=/opt/cosmodrome/bin:/usr/local/bin:/usr/bin:/bin \
    COSMODROME_DATA_DIR=/data \
    COSMODROME_HOST=0.0.0.0 \
    PYTHONDONTWRITEBYTECODE=1
USER 10001
WORKDIR /data
VOLUME ["/data"]
EXPOSE 8000
HEALTHCHECK --start-period=60s --timeout=10s \
    CMD ["python", "-c", "from urllib.request import urlopen; urlopen('http://127.0.0.1:8000/readyz', timeout=8)"]
ENTRYPOINT ["cosmodrome"]
CMD ["serve"]
