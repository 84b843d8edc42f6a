# Two stages: the first builds and installs, the second holds only what runs.
FROM python:3.12-slim AS build
ENV PIP_NO_CACHE_DIR=1
WORKDIR /src
COPY requirements/ requirements/
RUN python -m venv /opt/build && /opt/build/bin/pip install --require-hashes -r requirements/build.txt
RUN python -m venv /opt/stancemark && /opt/stancemark/bin/pip install --require-hashes -r requirements/run.txt
COPY pyproject.toml README.md LICENSE NOTICE ./
COPY webapp/ webapp/
COPY templates/ templates/
COPY static/ static/
COPY seeds/ seeds/
RUN /opt/build/bin/hatchling build -t wheel -d /opt/wheel \
    && /opt/stancemark/bin/pip install --no-deps /opt/wheel/*.whl

FROM python:3.12-slim
RUN groupadd --gid 10001 stancemark \
    && useradd --uid 10001 --gid 10001 --home-dir /data --create-home stancemark
COPY --from=build /opt/stancemark /opt/stancemark
ENV PATH=/opt/stancemark/bin:$PATH \
    STANCEMARK_HOST=0.0.0.0
USER 10001:10001
# The database and its secret key live here; everything else may be read-only.
WORKDIR /data
VOLUME /data
EXPOSE 8000
HEALTHCHECK --interval=30s --timeout=5s --start-period=20s \
    CMD ["python", "-c", "from os import environ as e; from urllib.request import urlopen; urlopen('http://127.0.0.1:' + e.get('STANCEMARK_PORT', '8000') + '/healthz', timeout=4)"]
CMD ["stancemark", "serve"]
