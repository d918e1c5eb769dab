"""pitfall-lint: a static-analysis linter for the pitfalls of Flask and Django projects.

A checkout keeps the catalogue in `rules/` beside this package, a wheel keeps it inside; both import as
`pitfall_lint.rules`.
"""

from pathlib import Path

__version__ = "0.1.0"

if not (Path(__file__).parent / "rules").is_dir():
    __path__.append(str(Path(__file__).parents[1]))
