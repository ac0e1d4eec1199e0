"""The WSGI application, for gunicorn: `gunicorn benefits_portal.wsgi`."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "benefits_portal.settings")
application = get_wsgi_application()
