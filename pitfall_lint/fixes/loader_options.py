"""The codemod behind `LoaderOption`: loader options go into a query's last `.options(...)`, or one is added, and what
they name is imported.

https://docs.sqlalchemy.org/en/20/orm/queryguide/relationships.html
"""

from __future__ import annotations

import re

import libcst as cst

from pitfall_lint.errors import CannotFix
from pitfall_lint.finding import Edit, LoaderOption
from pitfall_lint.fixes.chain import Chain
from pitfall_lint.fixes.python_file import PythonFile
from pitfall_lint.fixes.text import Text
from pitfall_lint.fixes.tree import Tree
from pitfall_lint.source import Source

_ROWS = re.compile(
    r"all|first|one|one_or_none|get|get_or_404|first_or_404|one_or_404|count|scalar|scalars|scalar_one|paginate|exists"
    r"|scalar_one_or_none|subquery|delete|update|fetchall|fetchone"
)


def expand_loader_option(recipe: LoaderOption, text: Text, source: Source) -> tuple[Edit, ...]:
    """The edits of the recipe; CannotFix where its place spans no query that takes options."""
    start, end = text.offset(recipe.query.start), text.offset(recipe.query.end)
    if (
        not start < end
        or re.match(r"\w|[ \t]*\(", text.text[end : end + 80])
        or re.search(r"[\w.]\Z", text.text[:start][-1:])
    ):
        raise CannotFix("the place does not span a whole query", text.path)
    if text.in_string(start):
        raise CannotFix("the query stands within a string", text.path)
    try:
        tree, node = Tree.of_expression(text.text, start, end)
    except (cst.ParserSyntaxError, ValueError, RecursionError) as error:
        raise CannotFix("the place does not span a whole query", text.path) from error
    chain = Chain(text, tree, node, end)
    if not chain.links and not isinstance(node, cst.Call):
        raise CannotFix("the place does not span a query", text.path)
    if chain.links and chain.links[-1].call is not None and _ROWS.fullmatch(chain.links[-1].name):
        raise CannotFix(f"`{chain.links[-1].name}()` gives rows, not a query", text.path)
    edits: list[Edit] = []
    before = [link for link in chain.links if link.outer and link.name == "options" and link.call is not None]
    plain = [
        link for link in before if link.call is not None and not any(arg.star or arg.keyword for arg in link.call.args)
    ]
    if plain and plain[-1].call is not None:
        edits += chain.append_arguments(plain[-1].call, recipe.options)
    else:
        edits.append(chain.append([f"options({', '.join(recipe.options)})"], chain.end))
    file = PythonFile(text.path, source)
    if recipe.names:
        edits += _imported(file, recipe)
    for module, name in recipe.imports:
        edits += file.imported(module, name, recipe.query)
    return tuple(sorted(edits))


def _imported(file: PythonFile, recipe: LoaderOption) -> list[Edit]:
    """The names, added to a `from sqlalchemy.orm import ...` that is there, or in one of their own."""
    taken = next((name for name in recipe.names if file.binds(name)), None)
    if taken is not None:
        raise CannotFix(f"the name {taken} is taken", file.path)
    try:
        return [file.joined("sqlalchemy.orm", name, recipe.query) for name in recipe.names]
    except CannotFix:
        return file.imported("sqlalchemy.orm", ", ".join(recipe.names), recipe.query)
