"""Which engine a template is written for, judged by its place and its text alone.

A template that both would read alike counts as Django's. The project may know better (a Flask project has no Django
templates): see `project/templates.py`.
"""

from __future__ import annotations

import re

_JINJA_NAMES = (".jinja", ".jinja2", ".j2")
_TAGS = re.compile(r"\{%[-+]?\s*(\w+)([^\n]*?)[-+]?%\}|\{\{(.*?)\}\}")
_JINJA_TAGS = frozenset(
    {
        "macro",
        "endmacro",
        "set",
        "endset",
        "import",
        "from",
        "call",
        "endcall",
        "do",
        "endtrans",
        "pluralize",
        "raw",
        "endraw",
        "break",
        "continue",
    }
)
_DJANGO_TAGS = frozenset(
    {
        "load",
        "url",
        "static",
        "blocktrans",
        "blocktranslate",
        "endblocktrans",
        "endblocktranslate",
        "empty",
        "comment",
        "endcomment",
        "verbatim",
        "ifequal",
        "ifnotequal",
        "ifchanged",
        "regroup",
        "firstof",
        "cycle",
        "now",
        "widthratio",
        "spaceless",
        "cache",
        "get_current_language",
        "trans",
        "translate",
        "templatetag",
        "partialdef",
    }
)
_NOT_DJANGO = re.compile(
    r"(?:[^\W_]|\w_)\(|\[|\sis\s(?:not\s)?(?:defined|none|mapping|string|iterable)\b|\s~\s|\sif\s.*\selse\s|\bloop\.|\|\w+\("
)
_NOT_JINJA = re.compile(r"\|\s*\w+:\S|\bforloop\.|\bblock\.super\b")
_STRINGS = re.compile(r'"[^"\n]*"|\'[^\'\n]*\'')


def engine_of(path: str, text: str) -> str:
    """`django` or `jinja`."""
    return decided(path, text) or "django"


def decided(path: str, text: str) -> str | None:
    """The engine where place or text decides it; None for a template that either could read."""
    if path.endswith(_JINJA_NAMES) or "/jinja2/" in f"/{path}" or "/jinja/" in f"/{path}":
        return "jinja"
    if "{" not in text:
        return None
    if "{%-" in text or "-%}" in text or "{{-" in text or "-}}" in text:
        return "jinja"
    django = jinja = 0
    for match in _TAGS.finditer(text):
        name, rest, shown = match.groups()
        if name is not None:
            if name in _DJANGO_TAGS and not (name == "trans" and not rest.strip()):
                django += 2
            elif name in _JINJA_TAGS or (name == "trans" and not rest.strip()):
                jinja += 2
            if name in ("include", "extends") and " with " in rest and "context" not in rest:
                django += 2
        code = _STRINGS.sub('""', rest if name is not None else shown)
        if _NOT_JINJA.search(code):
            django += 1
        elif _NOT_DJANGO.search(code):
            jinja += 1
        if abs(django - jinja) > 8:
            break
    if django == jinja:
        return None
    return "django" if django > jinja else "jinja"
