# The portal as one image: gunicorn as a user without rights, static files collected, settings from the environment.
FROM python:3.13-slim
ENV PYTHONDONTWRITEBYTECODE=1 UV_LINK_MODE=copy PATH=/srv/portal/.venv/bin:$PATH
RUN pip install --no-cache-dir uv && useradd --system --uid 10001 --no-create-home portal
WORKDIR /srv/portal
COPY pyproject.toml .python-version ./
RUN uv sync --no-dev --no-cache
COPY . .
RUN SECRET_KEY=build PRODUCT_KEY_SECRETS=build DATABASE_URL=sqlite:////tmp/none python manage.py collectstatic --no-input \
    && python -m compileall -q benefits_portal
USER portal
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=3s CMD ["python", "-c", "import os, urllib.request as r; r.urlopen(r.Request('http://127.0.0.1:8000/healthz', headers={'Host': os.environ['ALLOWED_HOSTS'].split(',')[0]}))"]
CMD ["gunicorn", "benefits_portal.wsgi", "--bind", "0.0.0.0:8000"]
