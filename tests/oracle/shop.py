"""Runs a copy of the example shop: prints, as JSON, what each page answers and how many queries it takes."""

from __future__ import annotations

import hashlib
import json
import os
import sys

PAGES = (
    "/",
    "/categories/",
    "/products/product-1/",
    "/orders/",
    "/orders/totals/",
    "/orders/A0001/invoice/",
)


def main(project: str, rows: int) -> None:
    """Migrate, seed, and visit every page as one of the staff."""
    sys.path.insert(0, project)
    os.environ.update(DJANGO_SETTINGS_MODULE="shop.settings", SHOP_DATABASE=":memory:")
    import django

    django.setup()
    from django.contrib.auth.models import User
    from django.core.management import call_command
    from django.db import connection
    from django.template import TemplateDoesNotExist
    from django.test import Client
    from django.test.utils import CaptureQueriesContext

    call_command("migrate", verbosity=0)
    call_command("seed", rows=rows, stdout=sys.stderr)
    client = Client()
    client.force_login(User.objects.create_superuser("staff", password=hashlib.sha256(os.urandom(8)).hexdigest()))
    answers = {}
    for page in PAGES:
        with CaptureQueriesContext(connection) as queries:
            try:
                response = client.get(page, secure=True, headers={"host": "localhost"})
                text = response.content.decode() if response.status_code == 200 else f"status {response.status_code}"
            except TemplateDoesNotExist as error:
                text = f"no template {error}"
        answers[page] = {"text": text, "queries": len(queries)}
    print(json.dumps(answers))


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
