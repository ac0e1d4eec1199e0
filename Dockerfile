# The portal as one image: gunicorn as a user without rights, static files collected, settings from the environment.
# To pin it to the byte, add the digest that `docker buildx imagetools inspect` prints: python:…@sha256:…
FROM python:3.13.11-slim-trixie
ENV PYTHONDONTWRITEBYTECODE=1 PIP_DISABLE_PIP_VERSION_CHECK=1
WORKDIR /srv/portal
COPY requirements.txt ./
RUN pip install --no-cache-dir --no-input --only-binary :all: --require-hashes --requirement requirements.txt
COPY . .
RUN secret=only-while-this-image-is-being-built \
    && SECRET_KEY=$secret PRODUCT_KEY_SECRETS=$secret DATABASE_URL=sqlite:////tmp/none python manage.py collectstatic --no-input \
    && python -m compileall -q benefits_portal gunicorn.conf.py
USER 10001:10001
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=3s CMD ["python", "-c", "import os, urllib.request as r; r.urlopen(r.Request('http://127.0.0.1:8000/healthz', headers={'Host': os.environ['ALLOWED_HOSTS'].split(',')[0]}))"]
CMD ["gunicorn", "benefits_portal.wsgi", "--bind", "0.0.0.0:8000"]
