"""Two readers, one language: every form of syntax gives the same facts through `ast` and through libcst, to the byte."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from pitfall_lint.facts import decode, python
from pitfall_lint.facts.records import PythonFacts

FORMS = (Path(__file__).parent / "syntax_forms.txt").read_text(encoding="utf-8").split("# ----\n")


def through_ast(source: bytes, shallow: bool = False) -> bytes:
    return python._read("a.py", source, python._decoded(source), shallow)


def through_libcst(source: bytes, shallow: bool = False) -> bytes | None:
    return python._read_newer("a.py", python._decoded(source), shallow)


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


def test_what_this_interpreter_refuses_is_read_by_libcst() -> None:
    source = b"try:\n    a\nexcept A, B:\n    b\n"
    same = b"try:\n    a\nexcept(A, B):\n    b\n"
    facts, parenthesised = facts_of(python.read("a.py", source)), facts_of(python.read("a.py", same))
    assert facts.problem is None
    assert facts.words == parenthesised.words == ("A", "B", "a", "b")
    assert facts.body[0].handlers[0].caught.kind == "tuple"  # type: ignore[union-attr]


def test_what_both_refuse_is_the_problem_that_ast_saw() -> None:
    facts = facts_of(python.read("a.py", b"x = 1\nname = {{ cookiecutter.name }}!\n"))
    assert facts.body == ()
    assert facts.lines == 2
    assert facts.problem is not None
    assert facts.problem.message
    assert facts.problem.position >> 20 == 2
