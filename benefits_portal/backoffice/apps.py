from django.apps import AppConfig


class BackOfficeConfig(AppConfig):
    """The toolkit of the back office; it has no models, and knows none of the other apps."""

    name = "benefits_portal.backoffice"
