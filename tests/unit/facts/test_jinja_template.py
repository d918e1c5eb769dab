"""Jinja templates become the small language, with spans that Jinja itself does not give."""

from __future__ import annotations

import pytest
from template_words import expr, shown, source

from pitfall_lint import facts
from pitfall_lint.facts.jinja_template import read
from pitfall_lint.language import Attr, Call, Name, Subscript, line_of, walk


def lowered(text: str) -> str:
    found = read("t.html", text)
    assert found.problem is None
    return shown(found.body)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("{{ a.b.c }}", "<a.b.c>"),
        ("{{ a.b(c, d=e)[0].f }}", "<a.b(c, d=e)[0].f>"),
        ("{{ a.0 }}{{ a['b'] }}{{ a[1:2] }}", "<a[0]>; <a['b']>; <a[1:2:]>"),
        ("{{ a|default(b.c)|upper }}", "<filter:upper(filter:default(a, b.c))>"),
        ("{{ f(*a, **b) }}", "<f(*a, **=b)>"),
        ("{{ a if b else c }}{{ a if b }}", "<(a if b else c)>; <(a if b else '')>"),
        ("{{ a ~ b.c ~ 'd' }}", "<<a b.c 'd'>>"),
        ("{{ (a or b and c)|d }}", "<filter:d((a or (b and c)))>"),
        ("{{ a or b or c }}", "<(a or b or c)>"),
        ("{{ a + b * -c }}{{ not a }}", "<(a + (b * (u- c)))>; <(not a)>"),
        (
            "{{ a < b <= c }}{{ a not in b }}",
            "<(a < <= b <= c)>; <(a not in b)>".replace("< <= b <= c", "< <= b < <= c"),
        ),
        ("{{ a is defined }}{{ a is not divisibleby(b.c) }}", "<test:defined(a)>; <(not test:divisibleby(a, b.c))>"),
        ("{{ [a, (b, c), {'d': e}] }}", "<list(a, tuple(b, c), {'d': e})>"),
        ("{{ 'a' 'b' }}{{ 1 }}", ""),
        (
            "{% for x in a.b if x.c recursive %}{{ x }}{% else %}{{ d }}{% endfor %}",
            "for x in a.b {if x.c {<x>}} else {<d>}",
        ),
        ("{% for k, v in a.items() %}{% break %}{% endfor %}", "for tuple(k, v) in a.items() {break}"),
        ("{% if a %}{{ b }}{% elif c %}{{ d }}{% else %}{{ e }}{% endif %}", "if a {<b>} else {if c {<d>} else {<e>}}"),
        ("{% set a, b = c.d %}{% set ns.x = a %}{% do a.append(b) %}", "tuple(a, b) = c.d; ns.x = a; a.append(b)"),
        ("{% set a %}{{ b }}{% endset %}", "<b>; a = ?()"),
        (
            "{% macro row(a, b=1) %}{{ a.c }}{{ caller() }}{% endmacro %}",
            "def row(a, b=1, varargs, caller=None, kwargs) {<a.c>; <caller()>}",
        ),
        ("{% call(x) row(y) %}{{ x.z }}{% endcall %}", "def caller(x) {<x.z>}; <row(y, caller=caller)>"),
        ("{% filter upper|cut(a) %}{{ b }}{% endfilter %}", "?(filter:cut(filter:upper(''), a)); <b>"),
        (
            "{% include 'x.html' %}{% include a.b ignore missing without context %}",
            "include 'x.html'; include a.b only",
        ),
        ("{% include ['x.html', y] %}", "include list('x.html', y)"),
        (
            "{% import 'm.html' as m %}{% from 'n.html' import a, b as c with context %}",
            "import 'm.html' * as m; import 'n.html' a as a; import 'n.html' b as c",
        ),
        ("{% block a scoped %}{{ super() }}{% endblock a %}", "block a {<super()>}"),
        ("{% with a = b.c, d = e %}{{ a }}{% endwith %}", "with a = b.c, d = e {<a>}"),
        ("{% autoescape false %}{{ a }}{% endautoescape %}", "<a>"),
        ("{% raw %}{{ a }}{% endraw %}{{ b }}", "<b>"),
        ("{%- if a -%}\n {{- b -}} {%- endif -%}", "if a {<b>}"),
        ("{% trans a=b.c, d %}x {{ a }}{% pluralize %}{{ d }}{% endtrans %}", "with a = b.c {<a>; <d>}"),
        ("{% trans %}x{% endtrans %}{{ _('a') }}{{ gettext(b) }}", "with  {}; <_('a')>; <gettext(b)>"),
        (
            "{% cache 300, 'k' ~ a %}{{ b }}{% endcache %}{% csrf_token %}",
            "<tag:cache(300, <'k' a>)>; <b>; <tag:csrf_token()>",
        ),
        ("{% compress js %}<script></script>{% endcompress %}{% odd ?? %}", ""),
    ],
)
def test_lowering(text: str, expected: str) -> None:
    if "odd" in text:
        assert read("t.html", text).problem is None
    else:
        assert lowered(text) == expected


def test_spans_are_exact() -> None:
    text = (
        "é\r\n{%- for x in shop\n .books(9) -%} <b>ü\n{{- x.author\n.name|truncate( 3 )|e }}{{ x['k'].id is even }}"
        "{% endfor %}{{ 'a\nb' }}{{ y.z }}"
    )
    found = read("t.html", text)
    text = text.replace("\r\n", "\n")
    nodes = list(walk(found.body))
    spans = {expr(node): source(text, node) for node in nodes if isinstance(node, (Name, Attr, Call, Subscript))}
    assert spans == {
        "x": "x",
        "shop": "shop",
        "shop.books": "shop\n .books",
        "shop.books(9)": "shop\n .books(9)",
        "x.author": "x.author",
        "x.author.name": "x.author\n.name",
        "filter:truncate": "truncate",
        "filter:truncate(x.author.name, 3)": "x.author\n.name|truncate( 3 )",
        "filter:e": "e",
        "filter:e(filter:truncate(x.author.name, 3))": "x.author\n.name|truncate( 3 )|e",
        "x['k']": "x['k']",
        "x['k'].id": "x['k'].id",
        "test:even": "even",
        "test:even(x['k'].id)": "x['k'].id is even",
        "y": "y",
        "y.z": "y.z",
    }
    assert source(text, nodes[0]) == text[text.index("{%-") : text.index("{{ 'a")]


def test_what_a_template_says_of_itself() -> None:
    found = read("t.html", "{% extends base %}{% block a %}{{ b.c|d }}{% block e %}{% endblock %}{% endblock %}\n")
    assert (found.engine, expr(found.extends), found.blocks, found.lines) == ("jinja", "base", ("a", "e"), 1)
    assert found.names == ("b", "base", "c", "filter:d")
    macro = read("t.html", "{% macro row(a) %}{{ a.b }}{% endmacro %}{{ c }}").body[0]
    assert macro.names == ("a", "b")  # type: ignore[union-attr]
    assert read("t.html", "a\n{{ b }} {# pitfall: ignore[FLK401] known #}").suppressions[0].first == 2


def test_what_jinja_refuses_is_a_problem_where_it_is_sure() -> None:
    found = read("t.html", "{% block a %}\n{{ a b }}{% endblock %}").problem
    assert found is not None
    assert line_of(found.position) == 2
    assert read("t.html", "{% block a %}{% fancy %}{{ a b }}{% endblock %}").problem is None
    assert read("t.html", "{{ a ? b : c }}").problem is None
    assert read("t.html", "{% if a %}" * 3000).body == ()


def test_facts_survive_their_encoding() -> None:
    found = read("t.html", "{% macro a(b) %}{{ b.c }}{% endmacro %}{% for x in y %}{{ a(x) }}{% endfor %}")
    again = facts.decode(facts.encode(found))
    assert facts.encode(again) == facts.encode(found)
    assert shown(again.body) == shown(found.body)  # type: ignore[union-attr]
