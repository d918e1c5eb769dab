"""Runs every scenario of a Django project with few rows and with more, and prints as JSON what each sent to the
database and from where: the lines of the project's own files that were on the stack, of templates too.

A scenario is a page (every pattern of the root URLconf, the admin's own for each registered model) or a public function
without parameters in a module called `reports_*`. The project's `seed.py` has `seed(rows)`. One process counts a whole
project.
"""

from __future__ import annotations

import importlib
import inspect
import json
import os
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from types import FrameType
from typing import Any

from watching import ROWS, Line, Scenario, Watch, reports

_CHANGING = re.compile(r'name="csrfmiddlewaretoken" value="\w+"|\bcsrfToken: "\w+"|nonce="[^"]*"')
_LIBRARIES = re.compile(r"rest_framework|django.contrib.admin|django.forms")


class DjangoWatch(Watch):
    """A watch that knows Django's templates, and the classes for which libraries work."""

    def __init__(self, root: Path) -> None:
        from django.template.base import Node

        super().__init__(root)
        self.annotated = Node.render_annotated.__code__
        self.classes: dict[type, Line | None] = {}

    def class_lines(self, frame: FrameType) -> Iterator[Line]:
        """The headers of the project's classes for whose objects a library's frame runs: a serializer's field, an
        admin page, a form.
        """
        if not _LIBRARIES.search(frame.f_code.co_filename):
            return
        held = frame.f_locals
        me = held.get("self")
        reads = frame.f_code.co_name == "get_attribute"  # a field reads a row: its serializer is what asks for it
        admin = getattr(held.get("cl"), "model_admin", None) or getattr(me, "model_admin", None)
        around = getattr(me, "parent", None)
        for found in (None if reads else me, around, getattr(around, "parent", None), admin):
            if found is not None:
                line = self.header(type(found))
                if line is not None:
                    yield line

    def header(self, cls: type) -> Line | None:
        """Where a class of the project begins."""
        if cls not in self.classes:
            path = getattr(sys.modules.get(cls.__module__), "__file__", None) or ""
            self.classes[cls] = None
            if path.startswith(self.prefix):
                try:
                    lines, first = inspect.getsourcelines(cls)
                except OSError:  # a class that a library made, as `api_view` does
                    return None
                offset = next(index for index, line in enumerate(lines) if line.lstrip().startswith("class "))
                self.classes[cls] = path.removeprefix(self.prefix), first + offset
        return self.classes[cls]

    def line_of(self, frame: FrameType) -> Line | None:
        """The line of the project that a frame is at, if it is at one."""
        code = frame.f_code
        if code is self.annotated:
            node = frame.f_locals["self"]
            name = getattr(getattr(node, "origin", None), "name", None) or ""
            token = getattr(node, "token", None)
            return (name.removeprefix(self.prefix), token.lineno) if token and name.startswith(self.prefix) else None
        return super().line_of(frame)

    def wrap(self, execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        """A wrapper for `connection.execute_wrapper`."""
        self.note(sql, sys._getframe(1))
        return execute(sql, params, many, context)

    def trace(self, frame: FrameType, event: str, argument: Any) -> Any:
        """For `sys.settrace`: which lines run."""
        code = frame.f_code
        if code is self.annotated:
            line = self.line_of(frame)
            if line is not None:
                self.ran.add(line)
            return None
        return super().trace(frame, event, argument)


def main(root: Path) -> None:
    """Count, and print the answer on the last line."""
    sys.path.insert(0, str(root))
    os.environ["DJANGO_SETTINGS_MODULE"] = "settings"
    import django

    django.setup()
    from django.conf import settings
    from django.core.management import call_command
    from django.db import connection, transaction

    settings.ALLOWED_HOSTS = ["testserver"]
    call_command("migrate", run_syncdb=True, verbosity=0)
    seed = importlib.import_module("seed").seed
    watch = DjangoWatch(root)
    answer: dict[str, dict[str, Any]] = {}
    for rows in ROWS:
        call_command("flush", interactive=False, verbosity=0)
        seed(rows)
        for name, run in scenarios(root):
            forget()
            watch.sent = []
            sys.settrace(watch.trace)
            try:
                with transaction.atomic(), connection.execute_wrapper(watch.wrap):
                    shown = run()
                    transaction.set_rollback(True)
            except Exception as error:
                sys.settrace(None)
                raise RuntimeError(f"{name} fails with {rows} rows") from error
            finally:
                sys.settrace(None)
            answer.setdefault(name, {"shown": [], "sent": []})
            answer[name]["shown"].append(_CHANGING.sub("", shown))
            answer[name]["sent"].append(watch.sent)
    print()
    print(json.dumps({"scenarios": answer, "ran": sorted(watch.ran)}), end="")


def forget() -> None:
    """Empty what outlives a request."""
    from django.contrib.contenttypes.models import ContentType

    ContentType.objects.clear_cache()


def scenarios(root: Path) -> Iterator[Scenario]:
    """Every function and every page."""
    yield from reports(root)
    yield from pages()


def pages() -> Iterator[Scenario]:
    """Every page, seen by one of the staff."""
    from django.contrib.auth import get_user_model
    from django.test import Client
    from django.urls import get_resolver

    client = Client()
    user = get_user_model().objects.filter(is_superuser=True).first()
    client.force_login(user)

    def visit(address: str) -> str:
        response = client.get(address)
        if response.status_code != 200:
            raise RuntimeError(f"{address} answers {response.status_code}: {response.content.decode()[:500]}")
        return response.content.decode()

    for address in (*addresses(get_resolver().url_patterns, "/"), *admin_addresses()):
        yield address, lambda address=address: visit(address)


def addresses(patterns: Any, prefix: str) -> Iterator[str]:
    """The patterns as addresses, each parameter being 1."""
    for pattern in patterns:
        if pattern.pattern.__class__.__name__ not in ("RoutePattern", "LocalePrefixPattern"):
            continue
        address = prefix + re.sub(r"<[^>]*>", "1", str(pattern.pattern))
        if hasattr(pattern, "url_patterns"):
            if pattern.app_name != "admin":
                yield from addresses(pattern.url_patterns, address)
        else:
            yield address


def admin_addresses() -> Iterator[str]:
    """Each registered model's changelist and its first row's form."""
    from django.apps import apps

    if not apps.is_installed("django.contrib.admin"):
        return
    from django.contrib import admin
    from django.urls import reverse

    for model in admin.site._registry:
        name = f"admin:{model._meta.app_label}_{model._meta.model_name}"
        yield reverse(f"{name}_changelist")
        if model._default_manager.filter(pk=1).exists():
            yield reverse(f"{name}_change", args=(1,))


if __name__ == "__main__":
    main(Path(sys.argv[1]).resolve())
