"""Recipes become edits and moves. Each kind of recipe has its own module, imported when the first one comes by."""

from __future__ import annotations

from dataclasses import dataclass

from pitfall_lint.errors import CannotFix
from pitfall_lint.finding import BindExtension, DropLoad, EagerLoad, Edit, Edits, Fix, LoaderOption, Move, Recipe
from pitfall_lint.fixes.text import Text
from pitfall_lint.source import Source


@dataclass(frozen=True, slots=True)
class Expansion:
    """What a recipe comes to. Both empty: there is nothing to do."""

    edits: tuple[Edit, ...] = ()
    moves: tuple[Move, ...] = ()


class Expander:
    """Expands the recipes of one run; keeps decoded files, so that asking for many findings of one file is cheap."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.texts: dict[str, Text] = {}
        self.limits: dict[str, int] = {}

    def expand(self, fix: Fix) -> Expansion:
        """The edits and moves of a fix (none for a manual one); CannotFix where it cannot be done safely."""
        return Expansion() if fix.recipe is None else self.expand_recipe(fix.recipe)

    def expand_recipe(self, recipe: Recipe) -> Expansion:
        """The same for a bare recipe."""
        if isinstance(recipe, Edits):
            return Expansion(recipe.edits, recipe.moves)
        if isinstance(recipe, EagerLoad):
            from pitfall_lint.fixes.eager_load import expand_eager_load

            return self.kept_short(recipe, expand_eager_load(recipe, self.text(recipe.query.path)))
        if isinstance(recipe, BindExtension):
            from pitfall_lint.fixes.flask import expand_bind

            return Expansion(expand_bind(recipe, self.source))
        if isinstance(recipe, LoaderOption):
            from pitfall_lint.fixes.loader_options import expand_loader_option

            return Expansion(expand_loader_option(recipe, self.text(recipe.query.path), self.source))
        if isinstance(recipe, DropLoad):
            from pitfall_lint.fixes.drop_load import expand_drop_load

            return Expansion(expand_drop_load(recipe, self.text(recipe.query.path)))
        raise CannotFix(f"no way to expand {type(recipe).__name__} is known")

    def kept_short(self, recipe: EagerLoad, edits: tuple[Edit, ...]) -> Expansion:
        """The edits of a query, folded where its lines would become too long."""
        if not edits or recipe.form not in ("expression", "model"):
            return Expansion(edits)
        from pitfall_lint.fixes.folding import folded, limit_of

        path = recipe.query.path
        text = self.text(path)
        if path not in self.limits:
            self.limits[path] = limit_of(path, text, self.source)
        start, end = text.offset(recipe.query.start), text.offset(recipe.query.end)
        return Expansion(folded(edits, text, start, end, self.limits[path]))

    def text(self, path: str) -> Text:
        """The file, decoded; kept while its bytes stay the same."""
        try:
            data = self.source.read(path)
        except OSError as error:
            raise CannotFix(f"the file cannot be read: {error.strerror or error}", path) from error
        kept = self.texts.get(path)
        if kept is None or kept.data != data:
            kept = self.texts[path] = Text(path, data)
        return kept


def expand(fix: Fix, source: Source) -> Expansion:
    """The edits and moves of a single fix; for many use one `Expander`."""
    return Expander(source).expand(fix)
