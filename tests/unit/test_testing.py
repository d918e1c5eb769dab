"""The fixture harness held to what it refuses: each way in which a case can be wrong must fail, and say why."""

from __future__ import annotations

from pathlib import Path

import pytest

from pitfall_lint.testing import CaseError, CaseFailed, cases, check_case
from pitfall_lint.testing_cases import expectations, lay_out
from pitfall_lint.testing_queries import RunFailed, count

MODELS = """from django.db import models


class Author(models.Model):
    name = models.CharField(max_length=50)


class Book(models.Model):
    author = models.ForeignKey(Author, on_delete=models.CASCADE)


def names():
    books = Book.objects.order_by("pk"){joined}{comment}
    return [book.author.name for book in books]
"""
RUN = """

def setup(rows):
    for number in range(rows):
        Book.objects.create(author=Author.objects.create(name=str(number)))


def run():
    names()
"""
EXPECT = '  # expect: DJG101 "author"'
JOIN = '.select_related("author")'
DIRTY = MODELS.format(joined="", comment=EXPECT)
FIXED = MODELS.format(joined=JOIN, comment=EXPECT)


def write(folder: Path, **files: str) -> Path:
    """A folder of cases of DJG101; `__` in a name stands for a dot."""
    rule = folder / "DJG101_n_plus_one_to_one"
    for name, text in files.items():
        path = rule / f"{name.replace('__', '.')}.py"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return folder


def check(folder: Path) -> None:
    """Every case there."""
    for case in cases(folder):
        check_case(case)


def test_a_good_case_passes(tmp_path: Path) -> None:
    check(
        write(tmp_path, loop=DIRTY + RUN, loop__fixed=FIXED + RUN, joined=MODELS.format(joined=JOIN, comment="") + RUN)
    )


def test_a_finding_that_is_not_expected_fails(tmp_path: Path) -> None:
    with pytest.raises(CaseFailed, match=r"found, not expected: app/models\.py:13 DJG101"):
        check(write(tmp_path, loop=MODELS.format(joined="", comment="") + RUN))


def test_an_expectation_that_is_not_met_fails(tmp_path: Path) -> None:
    with pytest.raises(CaseFailed, match=r"expected, not found: app/models\.py:13 DJG101"):
        check(write(tmp_path, joined=FIXED + RUN))


@pytest.mark.parametrize("comment", ['  # expect: DJG101 "publisher"', "  # expect: DJG101[error]"])
def test_words_and_severity_count(tmp_path: Path, comment: str) -> None:
    with pytest.raises(CaseFailed, match="expected, not found"):
        check(write(tmp_path, loop=MODELS.format(joined="", comment=comment) + RUN, loop__fixed=FIXED + RUN))


def test_a_missing_twin_fails(tmp_path: Path) -> None:
    with pytest.raises(CaseFailed, match=r"(?s)the fix differs:.*\+.*select_related"):
        check(write(tmp_path, loop=DIRTY + RUN))


def test_a_wrong_twin_fails(tmp_path: Path) -> None:
    wrong = MODELS.format(joined='.prefetch_related("author")', comment=EXPECT)
    with pytest.raises(CaseFailed, match=r"(?s)-.*prefetch_related.*\+.*select_related"):
        check(write(tmp_path, loop=DIRTY + RUN, loop__fixed=wrong + RUN))


def test_a_twin_of_a_clean_case_fails(tmp_path: Path) -> None:
    clean = MODELS.format(joined=JOIN, comment="")
    with pytest.raises(CaseFailed, match="the fix differs"):
        check(write(tmp_path, joined=clean, joined__fixed=clean))


def test_the_twin_can_be_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = write(tmp_path, loop=DIRTY + RUN)
    monkeypatch.setenv("PITFALL_WRITE_FIXED", "1")
    check(folder)
    assert (folder / "DJG101_n_plus_one_to_one" / "loop.fixed.py").read_text(encoding="utf-8") == FIXED + RUN
    monkeypatch.delenv("PITFALL_WRITE_FIXED")
    check(folder)


def test_a_finding_that_the_count_denies_fails(tmp_path: Path) -> None:
    idle = RUN.replace("    names()", "    Book.objects.count()")
    with pytest.raises(CaseFailed, match="found DJG101, but it takes 1 queries with 3 rows, 1 with 6"):
        check(write(tmp_path, loop=DIRTY + idle, loop__fixed=FIXED + idle))


def test_a_growth_that_nothing_finds_fails_unless_it_says_why(tmp_path: Path) -> None:
    hidden = DIRTY.replace(EXPECT, "").replace(
        "book.author.name", "getattr(book, Book._meta.get_fields()[-1].name).name"
    )
    with pytest.raises(CaseFailed, match="found nothing, but it takes 4 queries with 3 rows, 7 with 6"):
        check(write(tmp_path, hidden=hidden + RUN))
    check(write(tmp_path, hidden=hidden + RUN + '\n\nLIMIT = "the name is computed"\n'))


def test_a_limit_that_is_none_any_more_fails(tmp_path: Path) -> None:
    clean = MODELS.format(joined=JOIN, comment="")
    with pytest.raises(CaseFailed, match="is none any more"):
        check(write(tmp_path, joined=clean + RUN + '\n\nLIMIT = "long ago"\n'))


def test_a_run_that_fails_says_what_it_wrote(tmp_path: Path) -> None:
    with pytest.raises(RunFailed, match="ZeroDivisionError"):
        check(write(tmp_path, joined=MODELS.format(joined=JOIN, comment="") + RUN.replace("names()", "1 / 0")))


def test_a_twin_without_its_case_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CaseError, match=r"loop.fixed.py is the fixed form of no case"):
        cases(write(tmp_path, loop__fixed=FIXED))


@pytest.mark.parametrize("text", ["# expect: DJG101 author", "# expect: DJG1", "# expect: DJG101[loud]"])
def test_a_comment_that_is_not_understood_is_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(CaseError, match="not of the form"):
        check(write(tmp_path, joined=f"x = 1  {text}\n"))


def test_expectations_stand_on_their_line_or_above_it(tmp_path: Path) -> None:
    folder = tmp_path / "DJG101_n_plus_one_to_one" / "many"
    (folder / "templates").mkdir(parents=True)
    (folder / "views.py").write_text(
        '# expect: DJG101 "a", DJG102[info] "b" "c"\n# expect: DJG109\n\nx = 1  # noqa: X  # expect: DJG103[unfixed]\n',
        encoding="utf-8",
    )
    (folder / "templates" / "a.html").write_text(
        "{# expect: DJG201 #}\n<p>{# expect: DJG206 #}</p>\n", encoding="utf-8"
    )
    (folder / "a.css").write_text("a {} /* expect: DJG204 */\n", encoding="utf-8")
    (folder / "expected.txt").write_text(
        '# no comment fits there\nlogo.png DJG204 "logo"\nb.json:3 DJG205\n', encoding="utf-8"
    )
    (case,) = cases(tmp_path)
    root = tmp_path / "root"
    root.mkdir()
    assert lay_out(case, root) is None
    assert not (root / "expected.txt").exists()
    assert [str(item) for item in expectations(case, root)] == [
        "a.css:1 DJG204",
        "b.json:3 DJG205",
        'logo.png:0 DJG204 "logo"',
        "templates/a.html:2 DJG201",
        "templates/a.html:2 DJG206",
        'views.py:3 DJG101 "a"',
        'views.py:3 DJG102[info] "b" "c"',
        "views.py:3 DJG109",
        "views.py:4 DJG103[unfixed]",
    ]


def test_queries_of_sqlalchemy_are_counted_too(tmp_path: Path) -> None:
    (tmp_path / "app.py").write_text(
        """
from sqlalchemy import ForeignKey, create_engine, select
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column, relationship
from sqlalchemy.pool import StaticPool


class Base(DeclarativeBase):
    pass


class Author(Base):
    __tablename__ = "author"
    id: Mapped[int] = mapped_column(primary_key=True)


class Book(Base):
    __tablename__ = "book"
    id: Mapped[int] = mapped_column(primary_key=True)
    author_id: Mapped[int] = mapped_column(ForeignKey("author.id"))
    author: Mapped[Author] = relationship()


engine = create_engine("sqlite://", poolclass=StaticPool)


def setup(rows):
    Base.metadata.drop_all(engine)
    Base.metadata.create_all(engine)
    with Session(engine) as session:
        session.add_all(Book(author=Author()) for number in range(rows))
        session.commit()


def run():
    with Session(engine) as session:
        for book in session.scalars(select(Book)):
            book.author.id
""",
        encoding="utf-8",
    )
    counted = count(tmp_path, "app")
    assert (len(counted.few), len(counted.more)) == (4, 7)
