"""Eager loading that a class body asks for: `queryset` of a generic view, `list_select_related` of an admin class.

https://docs.djangoproject.com/en/stable/ref/class-based-views/mixins-multiple-object/ and
https://docs.djangoproject.com/en/stable/ref/contrib/admin/#django.contrib.admin.ModelAdmin.list_select_related
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import libcst as cst

from pitfall_lint.errors import CannotFix
from pitfall_lint.finding import EagerLoad, Edit
from pitfall_lint.fixes.chain import append_items
from pitfall_lint.fixes.paths import SEPARATOR, covers, longest
from pitfall_lint.fixes.text import Text
from pitfall_lint.fixes.tree import Tree, classes, code


def view_model(recipe: EagerLoad, text: Text) -> tuple[Edit, ...]:
    """After `model = Book`, add `queryset = Book.objects.select_related(...)`."""
    tree = _tree(text)
    start = text.offset(recipe.query.start)
    for node in classes(tree.module.body):
        for statement in _statements(node):
            if _target(statement) == "model" and tree.start(statement) == start:
                return _add_queryset(recipe, text, tree, node, statement)
    raise CannotFix("no `model = ...` stands there", text.path)


def _add_queryset(
    recipe: EagerLoad, text: Text, tree: Tree, node: cst.ClassDef, statement: cst.BaseSmallStatement
) -> tuple[Edit, ...]:
    if any(_target(other) == "queryset" for other in _statements(node)):
        raise CannotFix("the class has a `queryset` already", text.path)
    value = _value(statement)
    is_lookup = isinstance(value, cst.Call) and not value.args and code(value.func).endswith("get_user_model")
    if value is None or value.lpar or not (is_lookup or isinstance(value, cst.Name | cst.Attribute)):
        raise CannotFix("the model is not named there", text.path)
    calls = _calls(recipe, text)
    if not calls:
        return ()
    queryset = "queryset = " + ".".join([code(value), recipe.manager, *calls])
    return (_add_after(text, tree, node, statement, queryset),)


def admin_class(recipe: EagerLoad, text: Text) -> tuple[Edit, ...]:
    """Add to the `list_select_related` of an admin class, or give it one; prefetches go into a `get_queryset`, and so
    do joins where Django looks at nothing else.
    """
    tree = _tree(text)
    start = text.offset(recipe.query.start)
    for node in classes(tree.module.body):
        if tree.start(node) <= start < tree.end(node.name):
            if recipe.form == "admin-queryset":
                return tuple(_load_in_queryset(_calls(recipe, text), text, tree, node))
            edits = _join_in_list(recipe, text, tree, node) if recipe.joined else []
            if recipe.prefetched:
                edits += _load_in_queryset(_calls(recipe, text)[-1:], text, tree, node)
            return tuple(edits)
    raise CannotFix("no class stands there", text.path)


def _join_in_list(recipe: EagerLoad, text: Text, tree: Tree, node: cst.ClassDef) -> list[Edit]:
    if "get_list_select_related" in _methods(node):
        raise CannotFix("the class decides in `get_list_select_related()`", text.path)
    statements = list(_statements(node))
    present = [statement for statement in statements if _target(statement) == "list_select_related"]
    wanted = longest(recipe.joined)
    if present:
        return _merge_in_list(text, tree, _value(present[-1]), wanted)
    items = ", ".join(f"{text.quote}{path}{text.quote}" for path in wanted)
    line = f"list_select_related = ({items},)" if len(wanted) == 1 else f"list_select_related = ({items})"
    after: cst.BaseSmallStatement | None = None
    for statement in _leading(node):
        if isinstance(statement, cst.Pass) or code(statement) == "...":
            return [text.edit(tree.start(statement), tree.end(statement), line)]
        if _target(statement) is not None and (after is None or _target(after) != "list_display"):
            after = statement
        elif isinstance(statement, cst.Expr) and after is None:
            after = statement  # the docstring
    if after is not None:
        return [_add_after(text, tree, node, after, line)]
    first = node.body.body[0]
    at = _first_line(text, tree, first)
    return [text.edit(at, at, f"{_indent(text, _begin(tree, first))}{line}{text.newline_at(at)}{text.newline_at(at)}")]


def _merge_in_list(text: Text, tree: Tree, value: cst.BaseExpression | None, wanted: Sequence[str]) -> list[Edit]:
    if isinstance(value, cst.Name) and value.value == "False":
        items = ", ".join(f"{text.quote}{path}{text.quote}" for path in wanted)
        return [text.edit(tree.start(value), tree.end(value), f"({items},)" if len(wanted) == 1 else f"({items})")]
    if not isinstance(value, cst.Tuple | cst.List):
        raise CannotFix("`list_select_related` is not a list written out", text.path)
    strings = {e.value: e.value.evaluated_value for e in value.elements if isinstance(e.value, cst.SimpleString)}
    edits: list[Edit] = []
    missing: list[str] = []
    for path in wanted:
        if any(isinstance(name, str) and covers(name, path) for name in strings.values()):
            continue
        shorter = [s for s, name in strings.items() if isinstance(name, str) and path.startswith(name + SEPARATOR)]
        if not shorter:
            missing.append(path)
            continue
        string = max(shorter, key=lambda s: len(s.value))
        del strings[string]
        begin, end = tree.start(string) + len(string.prefix) + len(string.quote), tree.end(string) - len(string.quote)
        edits.append(text.edit(begin, end, path))
    if not missing:
        return edits
    quotes = [e.value.quote for e in value.elements if isinstance(e.value, cst.SimpleString)]
    quote = quotes[-1][0] if quotes else text.quote
    added = [f"{quote}{path}{quote}" for path in missing]
    if value.elements:
        last = value.elements[-1].value
        start, end = tree.start(last), tree.end(last)
        if last.lpar:
            raise CannotFix("`list_select_related` is not a list written out", text.path)
        return edits + append_items(text, start, end, added)
    if isinstance(value, cst.Tuple):
        content = f"({', '.join(added)},)" if len(added) == 1 else f"({', '.join(added)})"
    else:
        content = f"[{', '.join(added)}]"
    return [*edits, text.edit(*_outside(text, tree, value), content)]


def _outside(text: Text, tree: Tree, value: cst.Tuple | cst.List) -> tuple[int, int]:
    start, end = tree.start(value), tree.end(value)
    if isinstance(value, cst.Tuple):  # the parentheses of an empty tuple may lie outside its position
        while text.text[start] != "(":
            start -= 1
        end = text.text.index(")", start) + 1
    return start, end


def _load_in_queryset(calls: Sequence[str], text: Text, tree: Tree, node: cst.ClassDef) -> list[Edit]:
    if "get_queryset" in _methods(node):
        raise CannotFix("the class builds its own queryset in `get_queryset()`", text.path)
    if not isinstance(node.body, cst.IndentedBlock):
        raise CannotFix("the class body stands on the line of its header", text.path)
    last = node.body.body[-1]
    if isinstance(last, cst.SimpleStatementLine) and isinstance(last.body[0], cst.Pass):
        raise CannotFix("the class is empty", text.path)
    indent = _indent(text, _begin(tree, node.body.body[0]))
    outer = _indent(text, tree.start(node))
    step = indent[len(outer) :] if indent.startswith(outer) else "    "
    at = text.line_end(tree.end(last))
    newline = text.newline_at(at)
    lines = (
        "",
        f"{indent}def get_queryset(self, request):",
        f"{indent}{step}return {'.'.join(['super().get_queryset(request)', *calls])}",
    )
    return [text.edit(at, at, "".join(newline + line for line in lines))]


# ----------------------------------------------------------------------- reading a class


def _tree(text: Text) -> Tree:
    try:
        return text.tree
    except (cst.ParserSyntaxError, ValueError, RecursionError) as error:
        raise CannotFix("the file cannot be parsed", text.path) from error


def _statements(node: cst.ClassDef) -> Iterator[cst.BaseSmallStatement]:
    """The simple statements directly in the class body."""
    if isinstance(node.body, cst.SimpleStatementSuite):
        yield from node.body.body
        return
    for line in node.body.body:
        if isinstance(line, cst.SimpleStatementLine):
            yield from line.body


def _leading(node: cst.ClassDef) -> Iterator[cst.BaseSmallStatement]:
    """The simple statements before the first method or nested class."""
    if isinstance(node.body, cst.SimpleStatementSuite):
        yield from node.body.body
        return
    for line in node.body.body:
        if not isinstance(line, cst.SimpleStatementLine):
            return
        yield from line.body


def _methods(node: cst.ClassDef) -> set[str]:
    return {line.name.value for line in node.body.body if isinstance(line, cst.FunctionDef)}


def _target(statement: cst.BaseSmallStatement) -> str | None:
    """The name that an assignment binds, where it binds one."""
    if isinstance(statement, cst.Assign) and len(statement.targets) == 1:
        target = statement.targets[0].target
    elif isinstance(statement, cst.AnnAssign) and statement.value is not None:
        target = statement.target
    else:
        return None
    return target.value if isinstance(target, cst.Name) else None


def _value(statement: cst.BaseSmallStatement) -> cst.BaseExpression | None:
    return statement.value if isinstance(statement, cst.Assign | cst.AnnAssign) else None


def _calls(recipe: EagerLoad, text: Text) -> list[str]:
    pairs = (("select_related", longest(recipe.joined)), ("prefetch_related", longest(recipe.prefetched)))
    quote = text.quote
    return [f"{name}({', '.join(quote + path + quote for path in paths)})" for name, paths in pairs if paths]


# ------------------------------------------------------------------------------- placing


def _begin(tree: Tree, statement: cst.BaseStatement | cst.BaseSmallStatement) -> int:
    """Where a statement begins, its decorators included."""
    decorators = statement.decorators if isinstance(statement, cst.FunctionDef | cst.ClassDef) else ()
    return tree.start(decorators[0] if decorators else statement)


def _first_line(text: Text, tree: Tree, statement: cst.BaseStatement | cst.BaseSmallStatement) -> int:
    """The beginning of the line of a statement, or of the comments directly above it."""
    at = text.line_start(_begin(tree, statement))
    while at:
        above = text.line_start(at - 1) if text.text[at - 2 : at] != "\r\n" else text.line_start(at - 2)
        if not text.text[above:at].lstrip().startswith("#"):
            break
        at = above
    return at


def _indent(text: Text, at: int) -> str:
    """The white space before a statement that begins its line."""
    before = text.text[text.line_start(at) : at]
    return before[: len(before) - len(before.lstrip(" \t\f"))]


def _add_after(text: Text, tree: Tree, node: cst.ClassDef, after: cst.BaseSmallStatement, line: str) -> Edit:
    """Add a statement to a class body after another one: below its line, or beside it where it shares the line."""
    end = tree.end(after)
    rest = text.text[end : text.line_end(end)].lstrip(" \t")
    if isinstance(node.body, cst.SimpleStatementSuite) or (rest and not rest.startswith("#")):
        return text.edit(end, end, f"; {line}")
    at = text.line_end(end)
    return text.edit(at, at, text.newline_at(at) + _indent(text, tree.start(after)) + line)
