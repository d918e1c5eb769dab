"""What Python becomes in the small language: shapes, places, names, and what is said of files that cannot be read."""

from __future__ import annotations

import warnings

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pitfall_lint import facts as facts_module
from pitfall_lint import language as L
from pitfall_lint.discover import Kind
from pitfall_lint.facts.records import PythonFacts


def read(source: str | bytes, kind: Kind = Kind.PYTHON) -> PythonFacts:
    data = source.encode() if isinstance(source, str) else source
    facts = facts_module.read("app/views.py", kind, data)
    assert isinstance(facts, PythonFacts)
    return facts


def body(source: str) -> L.Body:
    facts = read(source)
    assert facts.problem is None
    return facts.body


def shape(node: object) -> object:
    """The node without its places: its class's name and its fields."""
    if isinstance(node, L.Function):
        return ("Function", node.name, shape(node.body))
    if isinstance(node, L.Node):
        fields = [f for f in node.__struct_fields__ if f not in ("start", "end", "name_end")]
        return (type(node).__name__, *[shape(getattr(node, f)) for f in fields])
    if isinstance(node, tuple):
        return tuple(shape(n) for n in node)
    return node


def cut(source: str, node: L.Node | L.Function) -> str:
    """The text at the node's place."""
    lines = source.split("\n")
    first, last = L.line_of(node.start), L.line_of(node.end)
    if first == last:
        return lines[first - 1][L.column_of(node.start) : L.column_of(node.end)]
    middle = lines[first : last - 1]
    return "\n".join([lines[first - 1][L.column_of(node.start) :], *middle, lines[last - 1][: L.column_of(node.end)]])


def name(id: str) -> tuple[str, str]:
    return ("Name", id)


# ------------------------------------------------------------------- lowering


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("a = b = v", (("Let", name("a"), name("v"), None, None), ("Let", name("b"), name("v"), None, None))),
        ("a: T", (("Let", name("a"), None, name("T"), None),)),
        ("a: T = v", (("Let", name("a"), name("v"), name("T"), None),)),
        ("a //= v", (("Let", name("a"), name("v"), None, "//"),)),
        ("pass", ()),
        ("del a, b", (("Delete", (name("a"), name("b"))),)),
        ("import a.b, c as d", (("Import", "a.b", 0, None, None), ("Import", "c", 0, None, "d"))),
        ("from ..m import n as k, o", (("Import", "m", 2, "n", "k"), ("Import", "m", 2, "o", None))),
        ("from . import *", (("Import", "", 1, "*", None),)),
        (
            "for a in b:\n  break\nelse: c",
            (("For", name("a"), name("b"), (("Jump", "break"),), (("Do", name("c")),)),),
        ),
        (
            "if a: b\nelif c: d",
            (("If", name("a"), (("Do", name("b")),), (("If", name("c"), (("Do", name("d")),), ()),)),),
        ),
        ("with a as b, c: d", (("With", ((name("a"), name("b")), (name("c"), None)), (("Do", name("d")),)),)),
        (
            "try: a\nexcept B as e: c\nexcept: d\nelse: f\nfinally: g",
            (
                (
                    "Try",
                    (("Do", name("a")),),
                    (("Handler", name("B"), "e", (("Do", name("c")),)), ("Handler", None, None, (("Do", name("d")),))),
                    (("Do", name("f")),),
                    (("Do", name("g")),),
                ),
            ),
        ),
        (
            "assert a, b",
            (("If", ("Operation", "not", (name("a"),)), (("Raise", ("Other", (name("b"),))),), ()),),
        ),
        ("raise A from b", (("Raise", name("A")),)),
    ],
)
def test_statements(source: str, expected: object) -> None:
    assert shape(body(source)) == expected


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("a.b", ("Attr", name("a"), "b")),
        ("a(b, *c, d=e, **f)", (
            "Call", name("a"), (name("b"), ("Star", name("c"))),
            (("Keyword", "d", name("e")), ("Keyword", None, name("f"))),
        )),
        ("a[1:b]", ("Subscript", name("a"), ("Slice", ("Const", 1, "int"), name("b"), None))),
        ("a[b, c]", ("Subscript", name("a"), ("Collection", "tuple", (name("b"), name("c"))))),
        ("{a: b, **c}", ("Mapping", (name("a"), None), (name("b"), name("c")))),
        ("a and b and c", ("Choice", "and", None, (name("a"), name("b"), name("c")))),
        ("a if b else c", ("Choice", "if", name("b"), (name("a"), name("c")))),
        ("a < b is not c", ("Operation", "< is not", (name("a"), name("b"), name("c")))),
        ("not a", ("Operation", "not", (name("a"),))),
        ("-1", ("Operation", "u-", (("Const", 1, "int"),))),
        ("a + b - c", ("Operation", "-", (("Operation", "+", (name("a"), name("b"))), name("c")))),
        ("{a: b for a, b in c if d}", (
            "Comprehension", "dict", name("a"), name("b"),
            (("Clause", ("Collection", "tuple", (name("a"), name("b"))), name("c"), (name("d"),)),),
        )),
        ("lambda a, *b: c", (
            "Lambda", (("Param", "a", "normal", None, None), ("Param", "b", "args", None, None)), name("c"),
        )),
        ("(a := b)", ("Bind", name("a"), name("b"))),
        ("'a' \"b\"", ("Const", "ab", "str")),
        ("b'a\\xff'", ("Const", "aÿ", "bytes")),
        ("9223372036854775807", ("Const", 2**63 - 1, "int")),
        ("9223372036854775808", ("Const", "9223372036854775808", "int")),
        ("0x" + "f" * 5000, ("Const", "0x" + "f" * 5000, "int")),
        ("1j", ("Other", ())),
        ("...", ("Const", None, "ellipsis")),
        ("None", ("Const", None, "none")),
        ("True", ("Const", True, "bool")),
        ("1.5", ("Const", 1.5, "float")),
        ("'\\ud800'", ("Const", "\\ud800", "str")),
        ("f'a{{{b}c' 'd'", ("Text", (("Const", "a{", "str"), name("b"), ("Const", "cd", "str")))),
        ("f'{a!r}{b!s:>{c}}'", ("Text", (("Call", name("repr"), (name("a"),), ()), name("b"), name("c")))),
        ("f'{a = }'", ("Text", (("Const", "a = ", "str"), ("Call", name("repr"), (name("a"),), ())))),
    ],
)  # fmt: skip
def test_expressions(source: str, expected: object) -> None:
    assert shape(body(f"x = {source}")[0]) == ("Let", name("x"), expected, None, None)


def test_match_is_a_chain_of_choices() -> None:
    source = "match a:\n  case B(x=y) if y: c\n  case 1 as z: d\n  case other: e"
    first = body(source)[0]
    assert shape(first) == (
        "If",
        ("Other", (name("a"), name("B"), name("y"))),
        (("Let", name("y"), ("Other", ()), None, None), ("Do", name("c"))),
        (
            (
                "If",
                ("Other", (("Const", 1, "int"),)),
                (("Let", name("z"), name("a"), None, None), ("Do", name("d"))),
                (("Let", name("other"), name("a"), None, None), ("Do", name("e"))),
            ),
        ),
    )


def test_await_is_transparent_and_async_is_as_sync() -> None:
    plain = "def f():\n    for a in b: c(d)\n    with e as g: return [h for h in i]\n"
    waiting = (
        "async def f():\n    async for a in b: await c(await d)\n    async with e as g: return [h async for h in i]\n"
    )
    assert shape(body(plain)) == shape(body(waiting))
    assert body(waiting)[0].is_async  # type: ignore[union-attr]


def test_functions_and_classes() -> None:
    source = '''
@deco(arg)
class Shop(Base, *mixins, metaclass=Meta):
    """Docstring."""
    @property
    def rows(self, a: int, /, b=c, *args, d, **kw) -> R:
        """Docstring."""
        def inner():
            yield self.author.name
        class Local:
            def method(self): return lambda: (yield)
        return inner(key=1)
'''
    cls = body(source)[0]
    assert isinstance(cls, L.Class)
    assert cut(source, cls).startswith("class Shop(")
    assert L.column_of(cls.name_end) == len("class Shop")
    assert [L.dotted(b) for b in cls.bases] == ["Base", None]
    assert [k.name for k in cls.keywords] == ["metaclass"]
    (method,) = cls.body
    assert isinstance(method, L.Function)
    assert method.qualname == "Shop.rows"
    assert cut(source, method).startswith("def rows(self")
    assert L.column_of(method.name_end) == len("    def rows")
    assert [(p.name, p.kind, p.default is not None) for p in method.params] == [
        ("self", "positional", False), ("a", "positional", False), ("b", "normal", True), ("args", "args", False),
        ("d", "keyword", False), ("kw", "kwargs", False),
    ]  # fmt: skip
    assert not method.is_generator
    inner, local, _ = method.body
    assert isinstance(inner, L.Function)
    assert inner.qualname == "Shop.rows.<locals>.inner"
    assert inner.is_generator
    assert inner.names == ("author", "name", "self")
    assert isinstance(local, L.Class)
    inmost = local.body[0]
    assert isinstance(inmost, L.Function)
    assert inmost.qualname == "Shop.rows.<locals>.Local.method"
    assert not inmost.is_generator  # the lambda is
    assert method.names == ("Local", "author", "inner", "method", "name", "self")
    assert read(source).words == ("Base", "Meta", "R", "Shop", "arg", "c", "deco", "int", "mixins", "property", "rows")


def test_a_long_sum_is_one_operation() -> None:
    (let,) = body("x = " + " + ".join(f"a{i}" for i in range(900)))
    assert isinstance(let, L.Let)
    assert isinstance(let.value, L.Operation)
    assert [o.id for o in let.value.operands] == [f"a{i}" for i in range(900)]  # type: ignore[union-attr]


# --------------------------------------------------------------------- places


def test_columns_count_characters() -> None:
    source = "é = 'ñ'; ü = a.ß\n@ö.x\ndef ñandú(é): return é.ü\nπ = f'ä{ ö } {(ü, 1)}{ü, 1}'; y\n"
    first, second, function, text, last = body(source)
    assert [cut(source, n) for n in (first, second, text, last)] == [
        "é = 'ñ'", "ü = a.ß", "π = f'ä{ ö } {(ü, 1)}{ü, 1}'", "y",
    ]  # fmt: skip
    assert isinstance(function, L.Function)
    assert [cut(source, n) for n in function.decorators] == ["ö.x"]
    assert cut(source, function.body[0]) == "return é.ü"
    assert L.column_of(function.name_end) == len("def ñandú")
    parts = text.value.parts  # type: ignore[union-attr]
    assert [cut(source, p) for p in parts if isinstance(p, (L.Name, L.Collection))] == ["ö", "(ü, 1)", "ü, 1"]


def test_expressions_within_f_strings_stand_where_they_are_written() -> None:
    source = (
        "x = (f'{a.b} {a.b:>3} {a.b}' 'plain {z}'\n"
        "     rf'''\n  {c .d}\\{e[\"k\"]!r:{ width }.{f'{g}'}}\n{{h}} {\n  i}'''  # {z}\n     f'\\N{BULLET}{j}')\n"
    )
    (let,) = body(source)
    text = let.value  # type: ignore[union-attr]
    assert isinstance(text, L.Text)
    written = [cut(source, p.args[0] if isinstance(p, L.Call) else p) for p in text.parts if not isinstance(p, L.Const)]
    assert written == ["a.b", "a.b", "a.b", "c .d", 'e["k"]', "width", "f'{g}'", "i", "j"]
    assert {cut(source, p) for p in text.parts if isinstance(p, L.Const)} == {cut(source, text)}


def test_the_name_of_an_oddly_written_function() -> None:
    source = "async  def  \\\n  f(): pass\nclass\tA: pass\n"
    function, cls = body(source)
    assert (L.line_of(function.name_end), L.column_of(function.name_end)) == (2, 3)  # type: ignore[union-attr]
    assert (L.line_of(cls.name_end), L.column_of(cls.name_end)) == (3, 7)  # type: ignore[union-attr]


def test_a_line_longer_than_columns_go() -> None:
    source = "x = '" + "a" * (1 << 20) + "'; y.z"
    _, last = body(source)
    assert (L.line_of(last.start), L.column_of(last.start)) == (1, L.COLUMN_MASK)


# -------------------------------------------------------------------- shallow


@pytest.mark.parametrize("kind", [Kind.PYTHON_TEST, Kind.PYTHON_MIGRATION])
def test_shallow_modules_have_headers_only(kind: Kind) -> None:
    source = """
import a
try:
    from b import c
except ImportError:
    c = None
if a:
    from d import e
NAME = value()
NAME.x = 1
call(NAME)
class Case(Base):
    attribute = heavy()
    class Meta(Inner): x = 1
    @mark
    def test(self, fixture=1): self.client.get("/")
def helper(): yield 1
"""
    facts = read(source, kind)
    assert facts.shallow
    assert [type(n).__name__ for n in facts.body] == ["Import", "Import", "Let", "Import", "Let", "Class", "Function"]
    cls = facts.body[5]
    assert isinstance(cls, L.Class)
    assert [type(n).__name__ for n in cls.body] == ["Class", "Function"]
    method = cls.body[1]
    assert isinstance(method, L.Function)
    assert (method.body, method.names, method.qualname) == ((), (), "Case.test")
    assert len(method.params) == 2
    assert "client" not in facts.words


# ------------------------------------------------------------------- problems


@pytest.mark.parametrize(
    ("source", "line"),
    [
        (b"x = 1\ny = (\n", 2),
        (b"x = {{ name }}!\n", 1),
        (b"x = 1\0", 1),
        (b"x = 1\n\xff\xfe\n", 2),
        (b"# coding: no-such-encoding\n", 1),
        (b"(" * 5000, 1),
        (b"-" * 100_000 + b"1", 1),
        (b"x" + b"." + b"y." * 20_000 + b"z", 1),
        (b"def f():\nreturn 1\n", 2),
    ],
    ids=["open bracket", "template", "null byte", "no text", "encoding", "brackets", "signs", "attributes", "indent"],
)
def test_what_cannot_be_read_is_a_problem(source: bytes, line: int) -> None:
    facts = read(source)
    assert facts.body == ()
    assert facts.problem is not None
    assert facts.problem.message
    assert L.line_of(facts.problem.position) in (line, 1)


def test_encodings() -> None:
    latin = "# -*- coding: latin-1 -*-\nx = 'é'; y\n".encode("latin-1")
    for data in (latin, "\ufeff\nx = 'é'; y\n".encode(), "\nx = 'é'; y\n".encode()):
        let, last = read(data).body
        assert let.value.value == "é"  # type: ignore[union-attr]
        assert last.start == L.pack(2, 9)


def test_reading_warns_of_nothing() -> None:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        assert body("x = '\\d'; y = 1 is 1; z = f'{a}\\d'")
    assert caught == []


def test_facts_survive_their_encoding() -> None:
    source = b"class A:\n    def m(self): return [b.c for b in self.d]\n    def empty(self): pass\n"
    encoded = facts_module.read_encoded("a.py", Kind.PYTHON, source)
    facts = facts_module.decode(encoded)
    assert isinstance(facts, PythonFacts)
    for method in facts.body[0].body:  # type: ignore[union-attr]
        method.body  # noqa: B018  # decoded bodies must not be written
        method.decoded = None
    assert facts_module.encode(facts) == encoded
    assert isinstance(facts.body[0].body[1].encoded, msgspec.Raw)  # type: ignore[union-attr]


@settings(max_examples=300, deadline=None)
@given(st.one_of(st.binary(max_size=200), st.text(max_size=200).map(lambda t: t.encode("utf-8", "surrogatepass"))))
def test_no_bytes_make_it_fail(data: bytes) -> None:
    for kind in (Kind.PYTHON, Kind.PYTHON_TEST):
        assert isinstance(facts_module.read("a.py", kind, data), PythonFacts)


PIECES = [
    "f'", "'", '"""', "{", "}", "{x", "!r", ":", "=", "(", ")", "\n", "    ", "#", " # noqa", "x", ".y", "é", "\\",
    "rf\"", "def f():", "class A:", "match x:", "case y:", "if x:", "lambda:", "yield ", "await ", ",", "*", "[", "]",
    " for x in y ", "@", "import a", "\\N{", "\r", "\t", "\f", ";", "return ", "async ", "None", "1e9", "b'",
]  # fmt: skip


@settings(max_examples=300, deadline=None)
@given(st.lists(st.sampled_from(PIECES), max_size=30).map("".join))
def test_no_scraps_of_python_make_it_fail(source: str) -> None:
    assert isinstance(facts_module.read("a.py", Kind.PYTHON, source.encode()), PythonFacts)
