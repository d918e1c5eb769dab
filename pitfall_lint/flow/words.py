"""Nodes of the small language back into the words of the user's source, for messages: short, on one line, never
wrong about names."""

from __future__ import annotations

from typing import Any

from pitfall_lint import language as l

LONGEST = 90


_WRITTEN: dict[int, tuple[Any, str]] = {}


def source_of(node: Any, longest: int = LONGEST) -> str:
    """`node` as its author might have written it, cut to `longest` characters."""
    held = _WRITTEN.get(id(node))
    if held is None or held[0] is not node:
        held = _WRITTEN[id(node)] = (node, _write(node, 0))
    text = held[1]
    return text if len(text) <= longest else text[: longest - 1] + "…"


def _write(node: Any, depth: int) -> str:
    if depth > 12 or node is None:
        return "…"
    deeper = depth + 1
    if isinstance(node, l.Name):
        return node.id
    if isinstance(node, l.Const):
        return repr(node.value) if node.kind in ("str", "int", "float", "bool", "none") else "…"
    if isinstance(node, (l.Attr, l.Lookup)):
        return f"{_write(node.object, deeper)}.{node.name}"
    if isinstance(node, l.Call):
        return _call(node, deeper)
    if isinstance(node, l.Subscript):
        return f"{_write(node.object, deeper)}[{_write(node.index, deeper)}]"
    if isinstance(node, l.Slice):
        lower, upper = (_write(part, deeper) if part is not None else "" for part in (node.lower, node.upper))
        return f"{lower}:{upper}"
    if isinstance(node, l.Star):
        return f"*{_write(node.value, deeper)}"
    if isinstance(node, l.Collection):
        inner = ", ".join(_write(item, deeper) for item in node.items)
        return {"list": f"[{inner}]", "set": f"{{{inner}}}"}.get(node.kind, f"({inner})")
    if isinstance(node, l.Text) and len(node.parts) == 1:
        return _write(node.parts[0], deeper)
    if isinstance(node, l.Operation) and len(node.operands) == 2 and " " not in node.op:
        return f"{_write(node.operands[0], deeper)} {node.op} {_write(node.operands[1], deeper)}"
    return "…"


def _call(node: l.Call, depth: int) -> str:
    func = node.func
    if isinstance(func, l.Name) and func.id.startswith("filter:") and node.args:
        rest = ":" + _write(node.args[1], depth) if len(node.args) > 1 else ""
        return f"{_write(node.args[0], depth)}|{func.id[7:]}{rest}"
    if isinstance(func, l.Name) and func.id.startswith("tag:"):
        return " ".join([func.id[4:], *(_write(arg, depth) for arg in node.args)])
    parts = [_write(arg, depth) for arg in node.args]
    parts += [
        f"{word.name}={_write(word.value, depth)}" if word.name else f"**{_write(word.value, depth)}"
        for word in node.keywords
    ]
    return f"{_write(func, depth)}({', '.join(parts)})"
