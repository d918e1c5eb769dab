"""Django templates become the small language, tag by tag; odd ones are read all the same."""

from __future__ import annotations

import json
import random
import subprocess
import sys
from collections.abc import Iterable

import pytest
from template_words import expr, shown, source

from pitfall_lint import facts
from pitfall_lint.facts.django_template import read
from pitfall_lint.language import Call, Const, Lookup, Name, line_of, walk

ASK_DJANGO = """
import json, sys
import django
from django.conf import settings
from django.template import Engine, TemplateSyntaxError
settings.configure()
django.setup()
engine = Engine(builtins=["django.templatetags.i18n"])
def accepts(text):
    try:
        return bool(engine.from_string(text))
    except TemplateSyntaxError:
        return False
print(json.dumps([accepts(text) for text in json.load(sys.stdin)]))
"""


def accepted_by_django(texts: Iterable[str]) -> list[bool]:
    command = [sys.executable, "-c", ASK_DJANGO]
    done = subprocess.run(command, input=json.dumps(list(texts)), capture_output=True, text=True, check=True)
    return list(json.loads(done.stdout))


def lowered(text: str) -> str:
    return shown(read("t.html", text).body)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("{{ a }}", "<a>"),
        ("{{ a.b.0.c }}", "<a:b:0:c>"),
        ("{{a.b|length}}", "<filter:length(a:b)>"),
        ('{{ a|date:"Y, m"|default:b.c }}', "<filter:default(filter:date(a, 'Y, m'), b:c)>"),
        ("{{ a | upper }}", "<filter:upper(a)>"),
        ('{{ _("Hello")|upper }}', "<filter:upper('Hello')>"),
        ("{{ 'it\\'s' }}{{ 12 }}{{ 1.5 }}", ""),
        ("{{ 3|add:-2 }}", "<filter:add(3, -2)>"),
        ("{{ }}{{ a b }}{{ a..b }}{{ a|}}", ""),
        ("{{ a }}{{ True }}{{ block.super }}", "<a>; <block:super>"),
        ("{% for x in a.b %}{{ x }}{% endfor %}", "for x in a:b {<x>}"),
        ("{% for k, v in d.items %}{% empty %}{{ e }}{% endfor %}", "for tuple(k, v) in d:items {} else {<e>}"),
        ("{% for x in a|slice:':3' reversed %}{% endfor %}", "for x in tag:reversed(filter:slice(a, ':3')) {}"),
        ("{% for x,y in a reversed %}{% endfor %}", "for tuple(x, y) in tag:reversed(a) {}"),
        ("{% if a %}{{ b }}{% elif c %}{{ d }}{% else %}{{ e }}{% endif %}", "if a {<b>} else {if c {<d>} else {<e>}}"),
        ("{% if a.b and not c or d %}{% endif %}", "if ((a:b and (not c)) or d) {}"),
        (
            "{% if a == 1 and b not in c and d is not None %}{% endif %}",
            "if ((a == 1) and (b not in c) and (d is not None)) {}",
        ),
        ("{% if not a == b %}{% endif %}", "if (not (a == b)) {}"),
        ("{% if a|length > 3 %}{% endif %}", "if (filter:length(a) > 3) {}"),
        ("{% if a b %}{% endif %}", "if ?(a, b) {}"),
        ("{% ifequal a b %}{{ c }}{% else %}{{ d }}{% endifequal %}", "if (a == b) {<c>} else {<d>}"),
        ("{% ifchanged a.b %}{{ c }}{% endifchanged %}", "if ?(a:b) {<c>}"),
        ("{% with a=b.c d='e' %}{{ a }}{% endwith %}", "with a = b:c, d = 'e' {<a>}"),
        ("{% with b.c as a %}{{ a }}{% endwith %}", "with a = b:c {<a>}"),
        ("{% include 'x.html' %}", "include 'x.html'"),
        ("{% include x.y with a=b.c d=1 only %}", "include x:y a=b:c d=1 only"),
        ("{% block a %}{{ b }}{% endblock a %}", "block a {<b>}"),
        ("{% partialdef row %}{{ b }}{% endpartialdef %}{% partial row %}", "partial row {<b>}; include '#row'"),
        ("{% partialdef row inline %}{{ b }}{% endpartialdef %}", "partial row {<b>}; include '#row'"),
        (
            "{% regroup books by author.country as groups %}",
            "groups = [{'grouper': groups:item:author:country, 'list': list(groups:item)} for groups:item in books]",
        ),
        ("{% cycle 'a' b.c as d %}{% cycle 'a' b.c %}", "d = ?('a', b:c); <'a' b:c>"),
        ("{% firstof a b.c 'd' %}{% firstof a b as c %}", "<(a or b:c or 'd')>; c = (a or b)"),
        ("{% url 'book' a.pk b=c %}", "<tag:url('book', a:pk, b=c)>"),
        ("{% url 'book' a.pk as u %}{{ u }}", "u = tag:url('book', a:pk); <u>"),
        ("{% static 'a.css' %}", "<tag:static('a.css')>"),
        ("{% trans 'a' as b %}{% trans a.b %}{% trans 'c' %}", "b = ?('a'); <a:b>"),
        ("{% blocktrans with a=b.c %}x {{ a }}{% endblocktrans %}", "with a = b:c {<a>}"),
        (
            "{% blocktranslate with b.c as a and d as e count n=f|length trimmed %}{{ a }}{% plural %}{{ n }}"
            "{% endblocktranslate %}",
            "with a = b:c, e = d, n = filter:length(f) {<a>; <n>}",
        ),
        ("{% blocktrans asvar t %}{{ a }}{% endblocktrans %}", "<a>; t = ?()"),
        ("{% cache 500 side a.b using='x' %}{{ c }}{% endcache %}", "with nothing = tag:cache(500, a:b, 'x') {<c>}"),
        ("{% verbatim %}{{ a }}{% if %}{% endverbatim %}{{ b }}", "<b>"),
        ("{% verbatim x %}{% endverbatim %}{{ a }}{% endverbatim x %}{{ b }}", "<b>"),
        ("{% comment 'why' %}{{ a }}{% endfor %}{% endcomment %}{{ b }}", "<b>"),
        ("{% spaceless %}{% autoescape off %}{{ a }}{% endautoescape %}{% endspaceless %}", "<a>"),
        ("{% filter lower|cut:a.b %}{{ c }}{% endfilter %}", "?(filter:cut(filter:lower(''), a:b)); <c>"),
        ("{% lorem %}{% now 'Y' %}{% now 'Y' as y %}{% csrf_token %}", "y = ?()"),
        ("{% shelf a.b 'c' d=e|f %}", "<tag:shelf(a:b, 'c', d=filter:f(e))>"),
        ("{% shelf a.b as c %}{{ c }}", "c = tag:shelf(a:b); <c>"),
        ("{% panel a %}{{ b }}{% else %}{{ c }}{% endpanel %}{{ d }}", "<tag:panel(a)>; <b>; <c>; <d>"),
        (
            "{% if a %}{% perm b %}{{ c }}{% else %}{{ d }}{% endperm %}{% else %}{{ e }}{% endif %}",
            "if a {<tag:perm(b)>; <c>; <d>} else {<e>}",
        ),
        ("{% image p width-400 as i %}{{ i.url }}", "i = tag:image(p, ?()); <i:url>"),
        ("{# {{ a }} #}{{ b }}", "<b>"),
        ("{{ a\n}}{% if\n a %}{{ b }}", "<b>"),
    ],
)
def test_lowering(text: str, expected: str) -> None:
    assert lowered(text) == expected


def test_what_a_template_says_of_itself() -> None:
    read_facts = read(
        "t.html",
        "{% extends base.name %}\n{% load i18n shelf %}{% load a b from tools %}\n{% block x %}{{ y.z|cut:q }}"
        "{% block w %}{% endblock %}{% endblock %}{% badge %}\n",
    )
    assert expr(read_facts.extends) == "base:name"
    assert read_facts.libraries == ("i18n", "shelf", "tools")
    assert read_facts.blocks == ("x", "w")
    assert read_facts.lines == 3
    assert read_facts.names == ("base", "filter:cut", "name", "q", "tag:badge", "y", "z")


def test_spans_are_exact() -> None:
    text = "é\n  {% for x in shop.books|slice:':9' %}<p>ü {{ x.author.name|default:'…' }}</p>{% endfor %}\n"
    nodes = list(walk(read("t.html", text).body))
    spans = {expr(node): source(text, node) for node in nodes if isinstance(node, (Name, Lookup, Call, Const))}
    assert spans == {
        "x": "x",
        "shop": "shop",
        "shop:books": "shop.books",
        "filter:slice": "slice",
        "':9'": "':9'",
        "filter:slice(shop:books, ':9')": "shop.books|slice:':9'",
        "x:author": "x.author",
        "x:author:name": "x.author.name",
        "filter:default": "default",
        "'…'": "'…'",
        "filter:default(x:author:name, '…')": "x.author.name|default:'…'",
    }
    assert source(text, nodes[0]) == text[text.index("{%") : text.rindex("%}") + 2]


@pytest.mark.parametrize(
    ("text", "row"),
    [
        ("{% if a %}\n{% for x in y %}{% endfor %}", 1),
        ("a\n{% for x in y %}{% if z %}{% endfor %}{% endif %}", 2),
        ("{% block a %}\n{{ b }}", 1),
        ("{% comment %}\n{{ b }}", 1),
    ],
)
def test_a_block_that_django_refuses_is_a_problem(text: str, row: int) -> None:
    found = read("t.html", text).problem
    assert found is not None
    assert line_of(found.position) == row
    assert accepted_by_django([text]) == [False]


@pytest.mark.parametrize(
    "text",
    [
        "{% endif %}{% else %}{% empty %}{% endblock %}",
        "{% shelf %}{% if a %}{% endshelf %}",  # its body may be raw text
        "{% raw %}{% if %}{% endraw %}{% if a %}{% endif %}",
        "{% for %}{% endfor %}{% if %}{% endif %}{% with %}{% endwith %}{% include %}{% extends %}{% regroup %}",
    ],
)
def test_what_is_only_odd_is_no_problem(text: str) -> None:
    assert read("t.html", text).problem is None


def test_suppressions() -> None:
    text = (
        "{# pitfall: ignore[DJG101, DJG103] joined elsewhere #}\n\n{{ a }}\n{{ b }} {# pitfall: ignore #}\n{# note #}"
    )
    first, second = read("t.html", text).suppressions
    assert (first.codes, first.reason, first.row, first.first, first.last) == (
        ("DJG101", "DJG103"),
        "joined elsewhere",
        1,
        3,
        3,
    )
    assert (second.codes, second.row, second.first) == ((), 4, 4)


def test_any_nesting_and_any_noise_is_read() -> None:
    deep = "{% if a %}" * 5000 + "{{ b }}" + "{% endif %}" * 5000
    assert "<b>" in lowered(deep)
    facts.decode(facts.encode(read("t.html", deep)))
    for text in (
        "{% if " + " and ".join(["a"] * 5000) + " %}{% endif %}",
        "{% if " + "not " * 5000 + "a %}{% endif %}",
        "{{ a" + ".b" * 5000 + " }}",
        "{{ a" + "|f" * 5000 + " }}",
        "{% if a %}" + "{% elif b %}{{ c }}" * 5000 + "{% endif %}",
        "x" * (1 << 20) + "{{ a }}\n{{ b }}",
    ):
        facts.decode(facts.encode(read("t.html", text)))
    pieces = [
        "{%",
        "%}",
        "{{",
        "}}",
        "{#",
        "#}",
        " if ",
        " for x in ",
        "endif",
        "endfor",
        "else",
        " with a=",
        "'",
        '"',
        "|",
        ":",
        ".",
        "x",
        "\n",
    ]
    chance = random.Random(7)
    for _ in range(3000):
        text = "".join(chance.choice(pieces) for _ in range(chance.randrange(40)))
        facts.decode(facts.encode(read("t.html", text)))


def test_what_django_accepts_is_lowered_without_problem() -> None:
    """Whatever the pieces, a template that Django compiles is never a problem."""
    pairs = [("{% if a %}", "{% endif %}"), ("{% for x in a %}", "{% endfor %}"), ("{% with a=b %}", "{% endwith %}")]
    pairs += [("{% comment %}", "{% endcomment %}"), ("{% verbatim %}", "{% endverbatim %}"), ("", "{% else %}")]
    pairs += [("{% blocktrans %}", "{% endblocktrans %}"), ("{% filter upper %}", "{% endfilter %}"), ("", "{{ a.b }}")]
    chance = random.Random(3)

    def some(depth: int) -> str:
        first, last = chance.choice(pairs)
        inner = "".join(some(depth - 1) for _ in range(chance.randrange(3))) if depth else ""
        return (first if chance.random() < 0.95 else "") + inner + (last if chance.random() < 0.95 else "")

    texts = sorted({some(3) for _ in range(3000)})
    accepted = [text for text, fine in zip(texts, accepted_by_django(texts), strict=True) if fine]
    assert 300 < len(accepted) < len(texts) - 300
    assert [text for text in accepted if read("t.html", text).problem is not None] == []
