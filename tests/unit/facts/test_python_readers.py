"""Two readers, one language: every form of syntax gives the same facts through `ast` and libcst, to the byte."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from pitfall_lint.facts import decode, newer_syntax, python
from pitfall_lint.facts.records import PythonFacts

FORMS = (Path(__file__).parent / "syntax_forms.txt").read_text(encoding="utf-8").split("# ----\n")


def through_ast(source: bytes, shallow: bool = False) -> bytes:
    return python._read("a.py", source, python._decoded(source), shallow)


def through_libcst(source: bytes, shallow: bool = False) -> bytes | None:
    return python._read_with_libcst("a.py", python._decoded(source), shallow)


def facts_of(encoded: bytes | None) -> PythonFacts:
    assert encoded is not None
    facts = decode(encoded)
    assert isinstance(facts, PythonFacts)
    return facts


def parses(source: str) -> bool:
    try:
        compile(source.encode(), "", "exec", dont_inherit=True, flags=0x400)
    except SyntaxError:
        return False
    return True


@pytest.mark.parametrize("source", FORMS)
@pytest.mark.parametrize("shallow", [False, True])
@pytest.mark.filterwarnings("ignore")
def test_both_readers_agree(source: str, shallow: bool) -> None:
    if not parses(source):
        assert sys.version_info < (3, 12), source
        pytest.skip("newer than this interpreter")
    assert through_ast(source.encode(), shallow) == through_libcst(source.encode(), shallow)


@pytest.mark.filterwarnings("ignore")
def test_both_readers_agree_on_all_forms_at_once() -> None:
    source = "".join(form for form in FORMS if parses(form)).replace("\ufeff", "").encode()
    assert through_ast(source) == through_libcst(source)


@pytest.mark.parametrize("ending", ["\r\n", "\r"])
def test_line_endings_make_no_difference(ending: str) -> None:
    source = 'x = """a\nb"""\ndef f():\n    return (1,\n        2)\n'
    assert python.read("a.py", source.replace("\n", ending).encode()) == python.read("a.py", source.encode())
    assert through_libcst(source.replace("\n", ending).encode()) == through_ast(source.encode())


NEWER = [
    "try: a\nexcept A, B: b\nexcept c.D, e(f, [g, h]), x['k, l']: # i, j\n    'except A, B:'\nx = '''\nexcept A, B:\n'''\n",
    "try:\n    a\nexcept* A, é.B:\n    ü\n",
    "try: a\nexcept(A, B): b\nexcept A | B, C: c\n",
    "try: a\nexcept A, B, C | D: c\n",
    "try: a\nexcept (A\n, B), C[\n1, 2]: c\n",
    "@d\nasync  def f[T: (int, str), *Ts](a: T) -> T: return a\nclass A[T: 'a[b']:\n    def g[X](self): pass\n",
    "class A[\n    T,\n](B): pass\n",
    "type X = list[Y]\ntype  Y = X; z = 1\ntype Z[T: (int)] = (X | T)\n\ntype = 1; type.x = 2\n",
    "type X = 1; y = 2\n",
    "type é = ü\n",
    "x = f\"{a['b']}{f\"{c}\"}\"\ntry: a\nexcept A, B: b\n",
    "x = {f'a__{b['c'].d}{e['f']['g']:>{h['i']}}': j, f'{k[\"l\"]}': 'm'}\ny = f\"{n(\"o\", 'p')}\" 'q'\n",
    "x = f'{a['\"']}'\n",
]


@pytest.mark.parametrize("source", NEWER)
def test_newer_syntax_is_read_as_libcst_reads_it(source: str) -> None:
    facts = facts_of(python.read("a.py", source.encode()))
    assert facts.problem is None
    assert facts.body
    assert python.read("a.py", source.encode()) == through_libcst(source.encode())
    for shallow in (False, True):
        tree = newer_syntax.parse(source)
        expected = through_libcst(source.encode(), shallow)
        assert tree is None or python._lowered("a.py", tree, source, shallow) == expected


def test_most_newer_syntax_needs_no_libcst() -> None:
    for source in (NEWER[0], NEWER[1], NEWER[5], NEWER[9], NEWER[11]):
        assert newer_syntax.parse(source) is not None
    assert newer_syntax.parse("x = (\n") is None


def test_what_both_refuse_is_the_problem_that_ast_saw() -> None:
    facts = facts_of(python.read("a.py", b"x = 1\nname = {{ cookiecutter.name }}!\n"))
    assert facts.body == ()
    assert facts.lines == 2
    assert facts.problem is not None
    assert facts.problem.message
    assert facts.problem.position >> 20 == 2
