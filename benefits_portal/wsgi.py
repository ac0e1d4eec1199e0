"""The WSGI application, for gunicorn: `gunicorn benefits_portal.wsgi`."""

import os

from django.core.wsgi import get_wsgi_application

from benefits_portal.charsets import mark_charset

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "benefits_portal.settings")
application = mark_charset(get_wsgi_application())
