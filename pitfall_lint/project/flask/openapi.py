"""The operations of an OpenAPI or Swagger document in YAML, read by indentation alone: enough to know which routes a
connexion app serves.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from pitfall_lint.language import pack

_KEY = re.compile(r"""^( *)(?:"([^"]*)"|'([^']*)'|([^\s#:][^:#]*)|([^\s#"'][^#]*?)) *:(?: +(.*))?$""")
_METHODS = frozenset({"get", "post", "put", "patch", "delete", "head", "options"})


@dataclass(frozen=True, slots=True)
class Operation:
    """One method of one path. `identifier` is its operationId, "" where there is none."""

    rule: str
    method: str
    identifier: str
    start: int
    end: int


def operations(text: str) -> Iterator[Operation]:
    """The operations below the document's `paths`."""
    levels: list[tuple[int, str]] = []
    current: tuple[str, str, int, int] | None = None
    identifier = ""
    for number, line in enumerate(text.splitlines(), 1):
        match = _KEY.match(line)
        if match is None:
            continue
        indent = len(match.group(1))
        key = next(group for group in match.groups()[1:5] if group is not None).strip()
        while levels and levels[-1][0] >= indent:
            levels.pop()
        names = [name for _, name in levels]
        if len(names) == 2 and names[0] == "paths" and key in _METHODS:
            if current is not None:
                yield Operation(current[0], current[1], identifier, current[2], current[3])
            current, identifier = (names[1], key.upper(), pack(number, indent), pack(number, len(line))), ""
        elif current is not None and key == "operationId" and len(names) == 3 and names[0] == "paths":
            identifier = (match.group(6) or "").strip().strip("\"'")
        levels.append((indent, key))
    if current is not None:
        yield Operation(current[0], current[1], identifier, current[2], current[3])
