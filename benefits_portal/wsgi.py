"""The WSGI application, for gunicorn: `gunicorn benefits_portal.wsgi`."""

import os

from django.conf import settings
from django.core.wsgi import get_wsgi_application

from benefits_portal.charsets import mark_charset
from benefits_portal.local_only import local_only

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "benefits_portal.settings")
application = mark_charset(get_wsgi_application())
if settings.IS_LOCAL:
    application = local_only(application)
