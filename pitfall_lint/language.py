"""The small language that everything lowers to: Python functions, Django and Jinja templates, and what desugarings
write.

Every node is a msgspec record with its span. Nodes are compared by identity; two trees are the same when their
encodings are
(`encode(a) == encode(b)`). What a node means is the interpreter's business; how a file becomes nodes is that of
`facts/`.

Positions are packed into one integer, `line << 20 | column`: line from 1, column from 0 in characters (not bytes).
`end` is
exclusive. Columns past 1,048,575 are cut to that.

Names with a colon cannot be written by a user and belong to templates: `filter:NAME` is a template filter (called
with the value
first), `tag:NAME` a custom tag (called with its arguments), `test:NAME` a Jinja test.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, TypeAlias, Union

import msgspec
from msgspec.structs import astuple

COLUMN_BITS = 20
COLUMN_MASK = (1 << COLUMN_BITS) - 1


def pack(line: int, column: int) -> int:
    """One integer for a position: `line` from 1, `column` from 0 in characters."""
    return line << COLUMN_BITS | (column if column < COLUMN_MASK else COLUMN_MASK)


def line_of(position: int) -> int:
    """The line, from 1."""
    return position >> COLUMN_BITS


def column_of(position: int) -> int:
    """The column, from 0, in characters."""
    return position & COLUMN_MASK


class Node(msgspec.Struct, frozen=True, array_like=True, eq=False, gc=False):
    """What every node has: where it begins and where it ends."""

    start: int
    end: int


# ---------------------------------------------------------------- expressions


class Name(Node, frozen=True, array_like=True, eq=False, gc=False, tag=1):
    """A variable, builtin or global that is read (or, as a target, bound)."""

    id: str


class Const(Node, frozen=True, array_like=True, eq=False, gc=False, tag=2):
    """A literal. `kind` is one of str bytes int float bool none ellipsis; bytes, and numbers that do not fit 64
    bits, stand in `value` as text."""

    value: str | int | float | bool | None
    kind: str


class Attr(Node, frozen=True, array_like=True, eq=False, gc=False, tag=3):
    """`object.name` in Python and in Jinja (where a missing attribute is then looked up as an item)."""

    object: Expr
    name: str


class Lookup(Node, frozen=True, array_like=True, eq=False, gc=False, tag=4):
    """`object.name` in a Django template: item, attribute or index, and whatever is callable is called without
    arguments."""

    object: Expr
    name: str


class Keyword(Node, frozen=True, array_like=True, eq=False, gc=False, tag=5):
    """One keyword argument of a call or class header; `name` is None for `**value`."""

    name: str | None
    value: Expr


class Call(Node, frozen=True, array_like=True, eq=False, gc=False, tag=6):
    """`func(args, keywords)`; a `Star` among the arguments is `*value`."""

    func: Expr
    args: tuple[Expr, ...]
    keywords: tuple[Keyword, ...]


class Subscript(Node, frozen=True, array_like=True, eq=False, gc=False, tag=7):
    """`object[index]`; the index of a slice is a `Slice`."""

    object: Expr
    index: Expr


class Slice(Node, frozen=True, array_like=True, eq=False, gc=False, tag=8):
    """`lower:upper:step` within a subscript."""

    lower: Expr | None
    upper: Expr | None
    step: Expr | None


class Collection(Node, frozen=True, array_like=True, eq=False, gc=False, tag=9):
    """A display; `kind` is list, tuple or set. As a target it unpacks."""

    kind: str
    items: tuple[Expr, ...]


class Mapping(Node, frozen=True, array_like=True, eq=False, gc=False, tag=10):
    """A dict display: `keys[i]` belongs to `values[i]`; a key that is None is `**values[i]`."""

    keys: tuple[Expr | None, ...]
    values: tuple[Expr, ...]


class Star(Node, frozen=True, array_like=True, eq=False, gc=False, tag=11):
    """`*value` in a call, a display or a target."""

    value: Expr


class Clause(Node, frozen=True, array_like=True, eq=False, gc=False, tag=12):
    """One `for target in iter if tests` of a comprehension."""

    target: Expr
    iter: Expr
    tests: tuple[Expr, ...]


class Comprehension(Node, frozen=True, array_like=True, eq=False, gc=False, tag=13):
    """`kind` is list, set, generator or dict (then `key` is set and `element` is the value)."""

    kind: str
    key: Expr | None
    element: Expr
    clauses: tuple[Clause, ...]


class Choice(Node, frozen=True, array_like=True, eq=False, gc=False, tag=14):
    """One of several values. `kind` is `if` (`test` decides between two options), `and`, `or` (options evaluated
    from the left; `test` is None)."""

    kind: str
    test: Expr | None
    options: tuple[Expr, ...]


class Operation(Node, frozen=True, array_like=True, eq=False, gc=False, tag=15):
    """An operator over its operands. `op` is as Python writes it: `+ - * / // % ** @ & | ^ << >>`, `not`, `~`,
    `u-`, `u+`, and for
    comparisons the operators joined by spaces: `==`, `is not`, `< <=`.
    """

    op: str
    operands: tuple[Expr, ...]


class Text(Node, frozen=True, array_like=True, eq=False, gc=False, tag=16):
    """An f-string or the output of `{{ }}`: each part that is no string constant has its `__str__` called."""

    parts: tuple[Expr, ...]


class Lambda(Node, frozen=True, array_like=True, eq=False, gc=False, tag=17):
    """`lambda params: body`."""

    params: tuple[Param, ...]
    body: Expr


class Bind(Node, frozen=True, array_like=True, eq=False, gc=False, tag=18):
    """`(target := value)`."""

    target: Name
    value: Expr


class Yield(Node, frozen=True, array_like=True, eq=False, gc=False, tag=19):
    """`yield value`, or `yield from value` where `each` is true."""

    value: Expr | None
    each: bool


class Other(Node, frozen=True, array_like=True, eq=False, gc=False, tag=20):
    """Anything else: its parts are evaluated, its value is unknown."""

    parts: tuple[Expr, ...]


# ----------------------------------------------------------------- statements


class Let(Node, frozen=True, array_like=True, eq=False, gc=False, tag=32):
    """`target = value`. `a = b = v` lowers to two of them. `value` is None for a bare annotation; `op` is set for
    `target op= value`."""

    target: Expr
    value: Expr | None
    annotation: Expr | None
    op: str | None


class Do(Node, frozen=True, array_like=True, eq=False, gc=False, tag=33):
    """An expression evaluated for what it does."""

    value: Expr


class For(Node, frozen=True, array_like=True, eq=False, gc=False, tag=34):
    """`for target in iter`, `async for`, `{% for %}`; `orelse` is `else:` or `{% empty %}`."""

    target: Expr
    iter: Expr
    body: Body
    orelse: Body


class While(Node, frozen=True, array_like=True, eq=False, gc=False, tag=35):
    """`while test`."""

    test: Expr
    body: Body
    orelse: Body


class If(Node, frozen=True, array_like=True, eq=False, gc=False, tag=36):
    """`if test`; elif nests in `orelse`; `match` lowers to a chain of these whose tests are `Other`."""

    test: Expr
    body: Body
    orelse: Body


class With(Node, frozen=True, array_like=True, eq=False, gc=False, tag=37):
    """`with value as target` for each item (target None where there is no `as`). In a template, `{% with %}`:
    bindings hold in the body only."""

    items: tuple[tuple[Expr, Expr | None], ...]
    body: Body


class Handler(Node, frozen=True, array_like=True, eq=False, gc=False, tag=38):
    """`except caught as name`."""

    caught: Expr | None
    name: str | None
    body: Body


class Try(Node, frozen=True, array_like=True, eq=False, gc=False, tag=39):
    """`try` in full."""

    body: Body
    handlers: tuple[Handler, ...]
    orelse: Body
    final: Body


class Return(Node, frozen=True, array_like=True, eq=False, gc=False, tag=40):
    """`return value`."""

    value: Expr | None


class Raise(Node, frozen=True, array_like=True, eq=False, gc=False, tag=41):
    """`raise value`; ends the path."""

    value: Expr | None


class Jump(Node, frozen=True, array_like=True, eq=False, gc=False, tag=42):
    """`kind` is break or continue."""

    kind: str


class Delete(Node, frozen=True, array_like=True, eq=False, gc=False, tag=43):
    """`del targets`."""

    targets: tuple[Expr, ...]


class Outer(Node, frozen=True, array_like=True, eq=False, gc=False, tag=44):
    """`global` or `nonlocal` names."""

    names: tuple[str, ...]


class Import(Node, frozen=True, array_like=True, eq=False, gc=False, tag=45):
    """One imported name. `import a.b` -> module "a.b", name None, alias None (binds `a`); `import a.b as c` ->
    alias "c";
    `from ..m import n as k` -> module "m", level 2, name "n", alias "k"; `import *` has name "*".
    """

    module: str
    level: int
    name: str | None
    alias: str | None


class Param(Node, frozen=True, array_like=True, eq=False, gc=False, tag=46):
    """`kind` is positional, normal, keyword, args (`*name`) or kwargs (`**name`)."""

    name: str
    kind: str
    default: Expr | None
    annotation: Expr | None


class Function(msgspec.Struct, array_like=True, eq=False, tag=47):
    """A `def` (or a Jinja macro). `start` is that of the `def` keyword (not its decorators), `name_end` the end of
    its name.

    `encoded` is the body, encoded apart so that it costs nothing until somebody looks: read `body`. `names` holds
    each distinct
    variable and attribute name that the body (and nested functions) mentions, sorted: an index for "could this
    matter?".
    In test and migration modules bodies are left out (`encoded` is empty, `names` too).
    """

    start: int
    end: int
    name: str
    qualname: str
    params: tuple[Param, ...]
    decorators: tuple[Expr, ...]
    returns: Expr | None
    is_async: bool
    is_generator: bool
    name_end: int
    names: tuple[str, ...]
    encoded: msgspec.Raw
    decoded: Any = None  # the statements once somebody asked; always None when encoded

    @property
    def body(self) -> Body:
        """The statements, decoded at the first reading."""
        if self.decoded is None:
            self.decoded = decode_body(self.encoded) if len(bytes(self.encoded)) else ()
        return self.decoded  # type: ignore[no-any-return]


class Class(Node, frozen=True, array_like=True, eq=False, gc=False, tag=48):
    """A `class`; `start` is that of the keyword, `name_end` the end of its name."""

    name: str
    qualname: str
    bases: tuple[Expr, ...]
    keywords: tuple[Keyword, ...]
    decorators: tuple[Expr, ...]
    body: Body
    name_end: int


class Include(Node, frozen=True, array_like=True, eq=False, gc=False, tag=49):
    """`{% include template with a=b only %}`: the template is rendered with the current context (unless `only`)
    and the bindings."""

    template: Expr
    bindings: tuple[Keyword, ...]
    only: bool


class Block(Node, frozen=True, array_like=True, eq=False, gc=False, tag=50):
    """`{% block name %}`: a template that extends this one may replace the body. `partial` is true for `{%
    partialdef %}`, which is rendered only where named."""

    name: str
    body: Body
    partial: bool


class TemplateImport(Node, frozen=True, array_like=True, eq=False, gc=False, tag=51):
    """Jinja `{% import template as alias %}` (name None) or `{% from template import name as alias %}`."""

    template: Expr
    name: str | None
    alias: str


Expr: TypeAlias = Union[  # noqa: UP007
    Name,
    Const,
    Attr,
    Lookup,
    Call,
    Subscript,
    Slice,
    Collection,
    Mapping,
    Star,
    Comprehension,
    Choice,
    Operation,
    Text,
    Lambda,
    Bind,
    Yield,
    Other,
]
Stmt: TypeAlias = Union[  # noqa: UP007
    Let,
    Do,
    For,
    While,
    If,
    With,
    Try,
    Return,
    Raise,
    Jump,
    Delete,
    Outer,
    Import,
    Function,
    Class,
    Include,
    Block,
    TemplateImport,
]
Body: TypeAlias = tuple[Stmt, ...]

_encoder = msgspec.msgpack.Encoder()
_body_decoder: msgspec.msgpack.Decoder[Body] = msgspec.msgpack.Decoder(Body)


def encode(node: Any) -> bytes:
    """The node, or tuple of nodes, as msgpack."""
    return _encoder.encode(node)


def decode_body(encoded: bytes | msgspec.Raw) -> Body:
    """The statements that `encode` was given."""
    return _body_decoder.decode(encoded)


def children(node: Any) -> list[Any]:
    """The nodes directly below `node`, in order; the body of a `Function` is decoded."""
    if type(node) is Function:
        groups = (node.decorators, node.params, (node.returns,), node.body)
        return [child for group in groups for child in group if child is not None]
    below: list[Any] = []
    for value in astuple(node):
        kind = type(value)
        if kind is tuple:
            _gather(value, below)
        elif kind not in _LEAVES:
            below.append(value)
    return below


_LEAVES = frozenset({int, str, bool, float, type(None)})


def _gather(values: tuple[Any, ...], below: list[Any]) -> None:
    for value in values:
        kind = type(value)
        if kind is tuple:
            _gather(value, below)
        elif kind not in _LEAVES:
            below.append(value)


def walk(node: Any) -> Iterator[Any]:
    """`node` and every node below it, in source order; nested functions and classes included. A tuple of nodes may
    be given too."""
    stack: list[Any] = []
    _gather((node,), stack)
    stack.reverse()
    while stack:
        current = stack.pop()
        yield current
        below = children(current)
        below.reverse()
        stack += below


def dotted(node: Any) -> str | None:
    """`a.b.c` for a chain of names and attributes, None for anything else."""
    parts: list[str] = []
    while isinstance(node, Attr):
        parts.append(node.name)
        node = node.object
    if isinstance(node, Name):
        parts.append(node.id)
        return ".".join(reversed(parts))
    return None
