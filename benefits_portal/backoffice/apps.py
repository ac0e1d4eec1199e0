from django.apps import AppConfig


class BackOfficeConfig(AppConfig):
    """The toolkit of the back office. It has no models, and knows none."""

    name = "benefits_portal.backoffice"
