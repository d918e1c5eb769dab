"""Sources in which `«` and `»` mark the span that a recipe names."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pitfall_lint.finding import Applicability, EagerLoad, Fix, Place
from pitfall_lint.fixes import Expander
from pitfall_lint.fixes.text import Text
from pitfall_lint.source import MemorySource

PATH = "shop/views.py"


def recipe_in(marked: str, joined: Sequence[str], prefetched: Sequence[str], **more: Any) -> tuple[str, EagerLoad]:
    """The source without its marks, and the recipe for the place they mark."""
    start = marked.index("«")
    end = marked.index("»") - 1
    source = marked.replace("«", "").replace("»", "")
    text = Text(PATH, source.encode())
    place = Place(PATH, text.position(start), text.position(end))
    return source, EagerLoad(place, tuple(joined), tuple(prefetched), **more)


def fixed(source: str, recipe: EagerLoad) -> str:
    """The source after the recipe."""
    edits = Expander(MemorySource({PATH: source})).expand(Fix(Applicability.SAFE, "", recipe)).edits
    return Text(PATH, source.encode()).edited(edits).decode()


def rewrite(marked: str, joined: Sequence[str] = (), prefetched: Sequence[str] = (), **more: Any) -> str:
    return fixed(*recipe_in(marked, joined, prefetched, **more))
