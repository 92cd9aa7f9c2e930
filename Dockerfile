# One image for web and worker; the command decides.
FROM python:3.11-slim AS build
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
WORKDIR /build
COPY requirements.txt constraints.txt ./
RUN python -m venv /opt/shopsight && /opt/shopsight/bin/pip install -r requirements.txt

FROM python:3.11-slim
# LightGBM needs the OpenMP runtime.
RUN apt-get update \
    && apt-get install -y --no-install-recommends libgomp1 \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --create-home --uid 10001 appuser \
    && mkdir -p /srv/shopsight /data && chown appuser /data
COPY --from=build /opt/shopsight /opt/shopsight
WORKDIR /srv/shopsight
COPY . .
USER appuser
ENV PATH=/opt/shopsight/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    SHOPSIGHT_HOME=/data \
    SHOPSIGHT_HOST=0.0.0.0
VOLUME /data
EXPOSE 8501
HEALTHCHECK --interval=15s --timeout=5s --start-period=60s --retries=4 \
    CMD python -c "import os, urllib.request as u; u.urlopen('http://127.0.0.1:' + os.environ.get('SHOPSIGHT_PORT', '8501') + '/healthz', timeout=4)"
# Both processes on embedded files; compose.yaml runs them apart.
CMD ["python", "-m", "app", "up"]
