FROM python:3.11-slim AS build
WORKDIR /app
RUN python -m venv /venv
COPY requirements.lock ./
RUN /venv/bin/pip install --no-cache-dir --require-hashes -r requirements.lock
COPY app.py serve.py ./
COPY .streamlit .streamlit
COPY lessons lessons
COPY mnist_core mnist_core
COPY models models
COPY pages pages
COPY static static
# What would otherwise be written when first asked for, where nothing can be written.
RUN /venv/bin/python -m compileall -q mnist_core pages

FROM python:3.11-slim
RUN useradd --uid 10001 --no-create-home --shell /usr/sbin/nologin digit-lab \
    && install -d -o digit-lab -g digit-lab /data
COPY --from=build /venv /venv
COPY --from=build /app /app
ENV PATH=/venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    HOME=/tmp \
    DIGITLAB_RUNS=/data/runs \
    DIGITLAB_CACHE=/data/cache \
    STREAMLIT_SERVER_ADDRESS=0.0.0.0 \
    STREAMLIT_SERVER_PORT=8501 \
    STREAMLIT_SERVER_HEADLESS=true
WORKDIR /app
USER 10001:10001
VOLUME /data
EXPOSE 8501
HEALTHCHECK --start-period=30s --timeout=5s CMD ["python", "-c", "import os, posixpath, urllib.request; urllib.request.urlopen(posixpath.join('http://127.0.0.1:' + os.environ['STREAMLIT_SERVER_PORT'], os.environ.get('STREAMLIT_SERVER_BASE_URL_PATH', ''), '_stcore/health'), timeout=4)"]
# Without a shell between, so that the server gets SIGTERM itself.
CMD ["streamlit", "run", "serve.py"]
