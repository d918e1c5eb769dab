"""Facts: what later stages need from one file, computed from its bytes alone.

One module reads one kind of file, and none knows another file. `read` gives the records; `read_encoded` gives what a
worker sends and the cache keeps, and `decode` makes it records again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from pitfall_lint.facts.records import Facts, OtherFacts

if TYPE_CHECKING:
    from pitfall_lint.discover import Kind

_encode = msgspec.msgpack.Encoder().encode
_decoder: msgspec.msgpack.Decoder[Facts] = msgspec.msgpack.Decoder(Facts)


def read(path: str, kind: Kind, data: bytes) -> Facts:
    """The facts of a file; never raises, whatever the bytes."""
    return decode(read_encoded(path, kind, data))


def read_encoded(path: str, kind: Kind, data: bytes) -> bytes:
    """The facts of a file as `decode` takes them; what Python's reader writes takes no detour through records."""
    name = kind.name
    if name in ("PYTHON", "PYTHON_TEST", "PYTHON_MIGRATION"):
        from pitfall_lint.facts import python

        return python.read(path, data, shallow=name != "PYTHON")
    return _encode(_read_other(path, name, data))


def encode(facts: Facts) -> bytes:
    """What `decode` takes."""
    return _encode(facts)


def decode(encoded: bytes) -> Facts:
    """The facts that were encoded. Bodies of functions stay encoded until read."""
    return _decoder.decode(encoded)


def _read_other(path: str, kind: str, data: bytes) -> Facts:
    if kind in ("STATIC", "OTHER"):
        return OtherFacts(path, 0, "")
    text = text_of(data)
    if kind == "TEMPLATE":
        from pitfall_lint.facts.template_engine import engine_of

        kind = "JINJA_TEMPLATE" if engine_of(path, text) == "jinja" else "DJANGO_TEMPLATE"
    if kind == "DJANGO_TEMPLATE":
        from pitfall_lint.facts import django_template

        return django_template.read(path, text)
    if kind == "JINJA_TEMPLATE":
        from pitfall_lint.facts import jinja_template

        return jinja_template.read(path, text)
    if kind == "MANIFEST":
        from pitfall_lint.facts import manifest

        return manifest.read(path, text)
    return OtherFacts(path, text.count("\n") + (not text.endswith("\n") and text != ""), text)


def text_of(data: bytes) -> str:
    """Bytes as UTF-8 text whose lines end in `\\n`; a byte-order mark is left out and what is no UTF-8 is replaced."""
    text = data.removeprefix(b"\xef\xbb\xbf").decode("utf-8", "replace")
    return text.replace("\r\n", "\n").replace("\r", "\n") if "\r" in text else text
