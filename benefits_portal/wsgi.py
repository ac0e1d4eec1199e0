"""The WSGI application, for gunicorn: `gunicorn benefits_portal.wsgi`."""

import os
import sys

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.wsgi import get_wsgi_application

from benefits_portal.charsets import mark_charset
from benefits_portal.local_only import local_only

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "benefits_portal.settings")
try:
    application = mark_charset(get_wsgi_application())
except ImproperlyConfigured as problem:  # the text says what to set
    sys.exit(str(problem))
if settings.IS_LOCAL:
    application = local_only(application)
