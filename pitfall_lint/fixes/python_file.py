"""A Python file that gets imports and lines of its own: where they can stand, and `CannotFix` where they cannot.

Only lines are inserted, and names into an import that is there already; what to insert is the business of each codemod.
"""

from __future__ import annotations

import ast
import sys
import warnings
from collections.abc import Iterator

from pitfall_lint.errors import CannotFix
from pitfall_lint.finding import Edit, Place
from pitfall_lint.fixes.text import Text
from pitfall_lint.language import column_of, line_of, pack
from pitfall_lint.source import Source


class PythonFile:
    """One Python file that gets lines."""

    def __init__(self, path: str, source: Source) -> None:
        self.path = path
        try:
            self.text = Text(path, source.read(path))
        except OSError as error:
            raise CannotFix(f"the file cannot be read: {error.strerror or error}", path) from error
        self.rows = self.text.text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                self.tree = ast.parse("\n".join(self.rows))
        except (SyntaxError, ValueError, RecursionError) as error:
            version = ".".join(map(str, sys.version_info[:2]))
            raise CannotFix(f"Python {version} cannot read the file's syntax", path) from error

    def start(self, node: ast.stmt | ast.alias) -> int:
        """The packed position where a node begins."""
        return self._pack(node.lineno, node.col_offset)

    def end(self, node: ast.stmt | ast.alias) -> int:
        """The packed position after a node."""
        return self._pack(node.end_lineno or node.lineno, node.end_col_offset or node.col_offset)

    def _pack(self, row: int, column: int) -> int:
        """`ast` counts columns in UTF-8 bytes."""
        line = self.rows[row - 1]
        return pack(row, column if line.isascii() else len(line.encode()[:column].decode(errors="replace")))

    def statement(self, place: Place) -> tuple[ast.stmt, list[ast.stmt]]:
        """The smallest statement that covers `place`, and the block that it stands in."""
        found: tuple[ast.stmt, list[ast.stmt]] | None = None
        for block in _blocks(self.tree):
            for node in block:
                inside = self.start(node) <= place.start and place.end <= self.end(node)
                if inside and (found is None or self.start(node) >= self.start(found[0])):
                    found = node, block
        if found is None:
            raise CannotFix("the statement to follow is no longer where it was", self.path)
        return found

    def line_after(self, place: Place, code: str) -> Edit:
        """`code` on a line of its own below the statement at `place`, indented as that is."""
        node, block = self.statement(place)
        lead = next(other for other in block if line_of(self.end(other)) >= line_of(self.start(node)))
        indent = self.rows[line_of(self.start(lead)) - 1][: column_of(self.start(lead))]
        if indent.strip():
            raise CannotFix("the statement stands on the line of its `if`, `with` or `def`", self.path)
        return self.insert(self._last_row(node, block), indent + code)

    def insert(self, row: int, line: str) -> Edit:
        """A new line below the line `row` (0: at the top)."""
        if row < len(self.rows):
            at = pack(row + 1, 0)
            return Edit(Place(self.path, at, at), line + "\n")
        at = pack(row, len(self.rows[row - 1]))
        return Edit(Place(self.path, at, at), "\n" + line)

    # ------------------------------------------------------------- imports

    def imported(self, module: str, name: str, before: Place) -> list[Edit]:
        """The import of `name`, sorted into the imports at the top; nothing where it is imported already."""
        for statement in self.tree.body:
            if (
                isinstance(statement, ast.ImportFrom)
                and (statement.module, statement.level) == (module, 0)
                and any(alias.name == name and alias.asname in (None, name) for alias in statement.names)
                and self.start(statement) < before.start
            ):
                return []
        if self.binds(name):
            raise CannotFix(f"the name {name} is taken", self.path)
        head = list(self._head(before))
        line = f"from {module} import {name}"
        alike = [item for item in head if _family(_module(item)) == _family(module)]
        beside = alike or self._beside(head)
        below = [item for item in beside if _key(item) <= (True, module.lower())]
        if below:
            return [self.insert(self._last_row(below[-1]), line)]
        if beside:
            return [self.insert(line_of(self.start(beside[0])) - 1, line)]
        standard = [item for item in head if _root(item) in sys.stdlib_module_names]
        if standard:
            return [self.insert(self._last_row(standard[-1]), f"\n{line}")]
        if head:
            return [self.insert(line_of(self.start(head[0])) - 1, f"{line}\n")]
        return [self.insert(self._top(before), line)]

    def _beside(self, head: list[ast.Import | ast.ImportFrom]) -> list[ast.Import | ast.ImportFrom]:
        """The imports of what is neither Python's own nor this project's."""
        own = {*self.path.removesuffix(".py").split("/")}
        return [item for item in head if _root(item) not in {"", *own, *sys.stdlib_module_names}]

    def _head(self, before: Place) -> Iterator[ast.Import | ast.ImportFrom]:
        """The imports before anything else happens in the file."""
        for statement in self.tree.body:
            if self.start(statement) >= before.start:
                return
            if isinstance(statement, (ast.Import, ast.ImportFrom)):
                if _module(statement) != "__future__":
                    yield statement
            elif not (isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)):
                return

    def _top(self, before: Place) -> int:
        """The last line of the docstring and the `__future__` imports, or of the comments at the top."""
        row = 0
        for statement in self.tree.body:
            docstring = isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)
            future = isinstance(statement, ast.ImportFrom) and statement.module == "__future__"
            if not docstring and not future:
                break
            row = self._last_row(statement)
        while row < len(self.rows) and self.rows[row].startswith("#"):
            row += 1
        return min(row, line_of(before.start) - 1)

    def _last_row(self, statement: ast.stmt, block: list[ast.stmt] | None = None) -> int:
        """The line on which a statement ends, and with it those that follow it after a semicolon."""
        last = line_of(self.end(statement))
        for other in block or self.tree.body:
            if line_of(self.start(other)) == last:
                last = max(last, line_of(self.end(other)))
        return last

    def joined(self, module: str, name: str, before: Place) -> Edit:
        """`name` added to the `from module import ...` above, in order where the names are sorted."""
        level = len(module) - len(module.lstrip("."))
        bodies = [self.tree.body]
        bodies += [
            node.body
            for node in ast.walk(self.tree)
            if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))
            and self.start(node) <= before.start
            and before.end <= self.end(node)
        ]
        for statement in (item for body in bodies for item in body):
            if not isinstance(statement, ast.ImportFrom) or self.start(statement) >= before.start:
                continue
            if (statement.module or "") != module[level:] or statement.level != level or statement.names[0].name == "*":
                continue
            names = [alias.asname or alias.name for alias in statement.names]
            previous = statement.names[-1]
            if names == sorted(names):
                smaller = [alias for alias in statement.names if (alias.asname or alias.name) < name]
                if not smaller:
                    at = self.start(statement.names[0])
                    return Edit(Place(self.path, at, at), name + self._gap(statement))
                previous = smaller[-1]
            at = self.end(previous)
            return Edit(Place(self.path, at, at), self._gap(statement, name))
        raise CannotFix(f"the file imports nothing from {module}", self.path)

    def _gap(self, statement: ast.ImportFrom, name: str = "") -> str:
        """What separates two names of an import: a comma, and a new line where each stands on its own."""
        rows = [alias.lineno for alias in statement.names]
        first = statement.names[0]
        alone = first.lineno > statement.lineno and len(set(rows)) == len(rows)
        return ",\n" + " " * first.col_offset + name if alone else ", " + name

    def binds(self, name: str) -> bool:
        """Is the name bound anywhere in the file, by whatever scope?"""
        for node in ast.walk(self.tree):
            if isinstance(node, (ast.Import, ast.ImportFrom)):
                if any((alias.asname or alias.name.partition(".")[0]) == name for alias in node.names):
                    return True
            elif isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
                if node.name == name:
                    return True
            elif isinstance(node, ast.arg):
                if node.arg == name:
                    return True
            elif isinstance(node, ast.Name) and node.id == name and isinstance(node.ctx, ast.Store):
                return True
        return False


def _blocks(node: ast.AST) -> Iterator[list[ast.stmt]]:
    """Every block of statements below a node."""
    for part in ast.walk(node):
        for field in ("body", "orelse", "finalbody"):
            block = getattr(part, field, None)
            if isinstance(block, list) and block and isinstance(block[0], ast.stmt):
                yield block


def _root(statement: ast.Import | ast.ImportFrom) -> str:
    """The package that is imported from; empty for a relative import."""
    return _module(statement).partition(".")[0]


def _family(module: str) -> str:
    """What is imported side by side: one package, and Flask with its extensions."""
    root = module.partition(".")[0]
    return "flask" if root.startswith("flask") else root


def _key(statement: ast.Import | ast.ImportFrom) -> tuple[bool, str]:
    """Sorts as isort does: `import a` before `from a import b`."""
    return isinstance(statement, ast.ImportFrom), _module(statement).lower()


def _module(statement: ast.Import | ast.ImportFrom) -> str:
    if isinstance(statement, ast.ImportFrom):
        return ("." if statement.level else "") + (statement.module or "")
    return statement.names[0].name
