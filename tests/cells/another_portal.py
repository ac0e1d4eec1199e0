"""Another portal in the same database: empty but for a catalog, whose rows have other numbers."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.contrib.contenttypes.models import ContentType
from django.core.management.sql import emit_post_migrate_signal
from django.db import DEFAULT_DB_ALIAS, connection
from django.test import override_settings

from benefits_portal.benefits.models import ExternalOffer, Offer, PackageLine, Product
from benefits_portal.cells.exporting import export
from benefits_portal.personal import own_models
from benefits_portal.tenants.models import Partner

SECRET = "for tests only: shared by two portals"
HERE, THERE = 0, 1
CATALOG = (Offer, Product, PackageLine, ExternalOffer)
MOVED = 5_000  # by how much the numbers of the catalog differ
RENUMBER = """
    UPDATE benefits_offer SET id = id + %(by)s;
    UPDATE benefits_product SET id = id + %(by)s;
    UPDATE benefits_externaloffer SET id = id + %(by)s;
    UPDATE benefits_packageline
    SET id = id + %(by)s, offer_id = offer_id + %(by)s, product_id = product_id + %(by)s;
    UPDATE django_content_type SET id = id + %(by)s;
    UPDATE auth_permission SET content_type_id = content_type_id + %(by)s;
"""


def sent(partner: Partner, folder: Path) -> Path:
    """The file of `partner` for the other portal."""
    path = folder / f"{partner.mpn_id}.jsonl"
    with override_settings(TRANSFER_SECRET=SECRET):
        export(partner, path, THERE)
    return path


@contextmanager
def another_portal(*kept: type) -> Iterator[None]:
    """Within the block the database is the other portal's; rows of `kept` models are there too."""
    tables = [model._meta.db_table for model in own_models() if model not in (*CATALOG, *kept)]
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE; SET session_replication_role = replica")
        for table in tables:
            cursor.execute(f"DELETE FROM {table}")  # noqa: S608 - our own names
        cursor.execute(RENUMBER, {"by": MOVED})
        cursor.execute("SET session_replication_role = origin; SET CONSTRAINTS ALL DEFERRED")
    ContentType.objects.clear_cache()
    try:
        with override_settings(CELL=THERE, TRANSFER_SECRET=SECRET):
            emit_post_migrate_signal(0, interactive=False, db=DEFAULT_DB_ALIAS)
            yield
    finally:
        ContentType.objects.clear_cache()
