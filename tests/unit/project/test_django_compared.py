"""Django itself loads a project with every form of relation and inheritance; the linter must say the same of it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from support import project_of

from pitfall_lint.project import Project
from pitfall_lint.project.django.models import Model

HERE = Path(__file__).parent
COMPARED = HERE / "compared"


@cache
def django_says() -> dict[str, Any]:
    """What Django says, by label."""
    environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "conf.settings", "PYTHONDONTWRITEBYTECODE": "1"}
    command = [sys.executable, str(HERE / "django_says.py")]
    done = subprocess.run(command, cwd=COMPARED, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@cache
def linted() -> Project:
    """The same project as the linter reads it."""
    return project_of({path.relative_to(COMPARED).as_posix(): path.read_text() for path in COMPARED.rglob("*.py")})


def relations_of(model: Model) -> list[dict[str, Any]]:
    """The model's relations in the words of `django_says`."""
    return sorted(
        (
            {
                "name": relation.name,
                "kind": relation.kind,
                "target": relation.target.label if relation.target is not None else None,
                "nullable": relation.nullable if relation.kind != "generic_fk" else False,
                "query_name": relation.query_name,
                "inverse": None if relation.kind.startswith("generic") else relation.inverse,
                "attname": relation.attname,
            }
            for relation in model.relations.values()
        ),
        key=lambda one: one["name"],
    )


def test_the_same_models() -> None:
    own = {model.label for model in linted().django.models.values() if not model.abstract}
    assert own == set(django_says())


@pytest.mark.parametrize("label", sorted(django_says()))
def test_the_same_relations(label: str) -> None:
    model = linted().django.model_named(label)
    assert model is not None
    assert relations_of(model) == django_says()[label]["relations"]


@pytest.mark.parametrize("label", sorted(django_says()))
def test_the_same_fields_and_managers(label: str) -> None:
    model = linted().django.model_named(label)
    assert model is not None
    said = django_says()[label]
    kinds = {name: "AutoField" if kind == "BigAutoField" else kind for name, kind in said["fields"].items()}
    assert {name: field.kind for name, field in model.fields.items()} == kinds
    assert model.pk_name == said["pk"]
    assert model.proxy == said["proxy"]
    assert sorted(model.managers) == said["managers"]
    assert model.default_manager.name == said["default_manager"]
