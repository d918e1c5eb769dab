"""Which engine a template is written for."""

from __future__ import annotations

import pytest

from pitfall_lint.facts.template_engine import decided, engine_of


@pytest.mark.parametrize(
    ("path", "text", "engine"),
    [
        ("a/jinja2/x.html", "", "jinja"),
        ("a/x.jinja2", "{% load i18n %}", "jinja"),
        ("x.html", "{% load i18n %}{{ a.b }}", "django"),
        ("x.html", "{% url 'a' b %}", "django"),
        ("x.html", "{% include 'a.html' with b=c %}", "django"),
        ("x.html", "{% for a in b %}{% empty %}{% endfor %}", "django"),
        ("x.html", "{{ a|date:'Y' }}", "django"),
        ("x.html", "{{ forloop.counter }}{{ block.super }}", "django"),
        ("x.html", "{{ url_for('a', b=c) }}", "jinja"),
        ("x.html", "{% set a = b %}", "jinja"),
        ("x.html", "{% macro a() %}{% endmacro %}", "jinja"),
        ("x.html", "{%- if a %}{% endif %}", "jinja"),
        ("x.html", "{% if a is defined %}{% endif %}", "jinja"),
        ("x.html", "{{ a['b'] }}", "jinja"),
        ("x.html", "{% trans %}a{% endtrans %}", "jinja"),
        ("x.html", "{% trans 'a' %}", "django"),
        ("x.html", "{% include 'a.html' with context %}", None),
        ("x.html", "{% extends 'a.html' %}{{ a.b }}{% csrf_token %}{{ _('a (b)') }}", None),
        ("x.html", "<p>", None),
    ],
)
def test_engine(path: str, text: str, engine: str | None) -> None:
    assert decided(path, text) == engine
    assert engine_of(path, text) == (engine or "django")
