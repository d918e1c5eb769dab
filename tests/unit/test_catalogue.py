"""Docstrings become pages: the format, to the letter, and that every rule keeps to it and shows what it says."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from pitfall_lint import catalogue, config, engine, registry
from pitfall_lint.catalogue import ExampleFile
from pitfall_lint.finding import Applicability, Finding, Severity
from pitfall_lint.rule import Rule

PAGES = Path(__file__).resolve().parents[2] / "docs" / "rules"
UNSHOWN = ("PFL001", "PFL002", "PFL003")  # what the linter says about itself


class Good(Rule):
    """A foreign key is read once per row.

    What it finds
    Rows | columns, on
    two lines:

    - a list
    - of two

    Why it matters
    It is slow.

    Example
    Before.

        # books/views.py
        def index():
            return 1

        {# books/templates/index.html #}
        {% for book in books %}{% endfor %}

    After.

        # requirements.txt
        django

    Better

        # books/views.py
        def index():
            return 2
        {# books/templates/index.html: removed #}

    Fix
    Safe.

    Limits
    ```
    x = 1

        y = 2
    ```

    Options
    - `most` (default 3): how many.

    References
    - [Fields](https://docs.djangoproject.com/en/stable/ref/)
    - https://example.com/more.
    """

    code, name, severity, fixable = "DJG199", "good-rule", Severity.ERROR, Applicability.SAFE
    options = {"most": 3}  # noqa: RUF012

    def check(self, project: object) -> Iterator[Finding]:
        """Find nothing."""
        yield from ()


MARKDOWN = """\
# good-rule (DJG199)

A foreign key is read once per row.

Severity: **error** · Fix: safe, applied by `--fix` · Family: Django: queries

## What it finds

Rows | columns, on
two lines:

- a list
- of two

## Why it matters

It is slow.

## Example

Before.

`books/views.py`

```python
def index():
    return 1
```

`books/templates/index.html`

```html+django
{% for book in books %}{% endfor %}
```

After.

`requirements.txt`

```text
django
```

## Better

`books/views.py`

```python
def index():
    return 2
```

`books/templates/index.html` is removed.

## Fix

Safe.

## Limits

```python
x = 1

    y = 2
```

## Options

- `most` (default 3): how many.

## References

- [Fields](https://docs.djangoproject.com/en/stable/ref/)
- https://example.com/more.
"""


def bad(doc: str, **attributes: object) -> type[Rule]:
    """A rule with another docstring."""
    return type("Bad", (Good,), {"__doc__": doc, "options": {}, **attributes})


def test_a_page() -> None:
    """Every part of it."""
    assert catalogue.markdown(catalogue.read(Good)) == MARKDOWN
    assert catalogue.problems(Good) == []


def test_the_files_of_an_example() -> None:
    """`Better` shows what changes; the rest stays."""
    page = catalogue.read(Good)
    assert catalogue.files(page, "Example") == {
        "books/views.py": "def index():\n    return 1\n",
        "books/templates/index.html": "{% for book in books %}{% endfor %}\n",
        "requirements.txt": "django\n",
    }
    assert catalogue.files(page, "Better") == {
        "books/views.py": "def index():\n    return 2\n",
        "requirements.txt": "django\n",
    }
    assert catalogue.references(page) == ["https://docs.djangoproject.com/en/stable/ref/", "https://example.com/more"]


@pytest.mark.parametrize(
    "line",
    [
        "# a.py",
        "{# a/b.html #}",
        "<!-- a.html -->",
        "/* static/a.css */",
        "// a.js",
        "# Procfile",
        "# deploy/Dockerfile",
        "# .env.example",
        "# setup.cfg",
    ],
)
def test_a_line_that_begins_a_file(line: str) -> None:
    """A comment that holds nothing but a path."""
    rule = bad(f"S.\n\nExample\n\n    {line}\n    x = 1\n")
    (path,) = catalogue.files(catalogue.read(rule), "Example")
    assert path in line


@pytest.mark.parametrize(
    "line", ["# models.Book", "# see a.py", "# ...", "# and/or", "x = 1  # a.py", "# noqa", "# .."]
)
def test_a_line_that_does_not(line: str) -> None:
    """Any other comment is code of `app.py`."""
    rule = bad(f"S.\n\nExample\n\n    {line}\n    x = 1\n")
    assert catalogue.files(catalogue.read(rule), "Example") == {"app.py": f"{line}\nx = 1\n"}


def test_code_right_below_the_title_and_in_fences() -> None:
    """Both are read; blank lines within stay."""
    rule = bad("S.\n\nExample\n    x = 1\n\n    y = 2\nand\n```\n# b.py\nz = 3\n```\n")
    page = catalogue.read(rule)
    assert page.sections["Example"] == (
        ExampleFile("app.py", "x = 1\n\ny = 2\n", named=False),
        "and",
        ExampleFile("b.py", "z = 3\n"),
    )


def test_a_title_within_a_paragraph_is_none() -> None:
    """Only after a blank line."""
    rule = bad("S.\n\nWhat it finds\nThe word\nFix\nalone.\n")
    assert catalogue.read(rule).sections["What it finds"] == ("The word\nFix\nalone.",)


def test_problems_are_named() -> None:
    """Each with what to do."""
    assert catalogue.problems(bad("No stop\n\nFix\n")) == [
        "the first line is no sentence that ends with a full stop",
        "the sections are Fix; expected What it finds, Why it matters, Example, Better, Fix, Limits, References",
        "`Fix` is empty",
        "`Example` shows no code",
        "`Better` shows no code",
        "`References` names no page",
    ]
    doc = Good.__doc__ or ""
    assert catalogue.problems(bad(doc.replace("`most`", "most"), options={"most": 3})) == [
        "`Options` does not name `most`"
    ]
    assert catalogue.problems(bad(doc.replace("https://example", "http://example"), options={"most": 3})) == [
        "http://example.com/more is not https"
    ]
    assert catalogue.problems(bad(doc.replace("# requirements.txt", "# books/views.py"), options={"most": 3})) == [
        "`Example` shows books/views.py twice"
    ]
    assert catalogue.problems(bad(doc.replace("index.html: removed", "other.html: removed"), options={"most": 3})) == [
        "`Better` removes books/templates/other.html, which `Example` does not show"
    ]


def test_the_index() -> None:
    """A table a family, sorted by code."""
    other = bad(Good.__doc__ or "", code="DJG101", name="other-rule")
    flask = bad((Good.__doc__ or "").replace("once", "once|twice"), code="FLK203", name="flask-rule")
    assert catalogue.documentation([Good, flask, other])["README.md"] == (
        catalogue.GENERATED + "\n\n# Rules\n\n## Django: queries\n\n"
        "| code | name | severity | fix | what it finds |\n| --- | --- | --- | --- | --- |\n"
        "| [DJG101](DJG101.md) | other-rule | error | safe | A foreign key is read once per row. |\n"
        "| [DJG199](DJG199.md) | good-rule | error | safe | A foreign key is read once per row. |\n\n"
        "## Flask: security\n\n"
        "| code | name | severity | fix | what it finds |\n| --- | --- | --- | --- | --- |\n"
        "| [FLK203](FLK203.md) | flask-rule | error | safe | A foreign key is read once\\|twice per row. |\n"
    )
    assert set(catalogue.documentation([Good])) == {"DJG199.md", "README.md"}


# ------------------------------------------------------------------ the rules

RULES = [pytest.param(rule, id=rule.code) for rule in registry.rules()]
SHOWN = [pytest.param(rule, id=rule.code) for rule in registry.rules() if rule.code not in UNSHOWN]


@pytest.mark.parametrize("rule", RULES)
def test_every_rule_is_documented(rule: type[Rule]) -> None:
    """All sections, in order, and a family."""
    assert catalogue.problems(rule) == []
    assert catalogue.read(rule).family in catalogue.FAMILIES.values()


def found(root: Path, files: Mapping[str, str]) -> set[str]:
    """The codes that a little project gives, with every rule."""
    for path, text in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text, encoding="utf-8")
    settings = config.load(root, overrides={"min-confidence": "low"})
    run = engine.check(root, settings, cache=False, workers=1)
    return {finding.code for finding in run.findings} | {code for failure in run.failures for code in failure.codes}


@pytest.mark.parametrize("rule", SHOWN)
def test_every_example_shows_its_pitfall(rule: type[Rule], tmp_path: Path) -> None:
    """`Example` gives the rule's code, `Better` does not."""
    page = catalogue.read(rule)
    (tmp_path / "example").mkdir()
    (tmp_path / "better").mkdir()
    assert rule.code in found(tmp_path / "example", catalogue.files(page, "Example"))
    assert rule.code not in found(tmp_path / "better", catalogue.files(page, "Better"))


def test_the_pages_are_fresh() -> None:
    """docs/rules holds exactly what scripts/docs.py would write."""
    written = {path.name: path.read_text(encoding="utf-8") for path in PAGES.glob("*.md")}
    assert written == catalogue.documentation(registry.rules()), "run scripts/docs.py"
