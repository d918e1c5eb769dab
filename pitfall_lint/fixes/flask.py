"""Binding a Flask extension where the app is made: an import, the call, and a line in the manifest.

Only lines are inserted (and a name into an import that is there already); where they cannot stand on lines of their
own, or a name is taken, `CannotFix` says why. What to bind and where was decided by whoever wrote the recipe.
"""

from __future__ import annotations

from pitfall_lint import facts
from pitfall_lint.discover import Kind
from pitfall_lint.errors import CannotFix
from pitfall_lint.facts.records import ManifestFacts
from pitfall_lint.finding import BindExtension, Edit
from pitfall_lint.fixes.manifest import add_requirement
from pitfall_lint.fixes.python_file import PythonFile
from pitfall_lint.fixes.text import Text
from pitfall_lint.source import Source


def expand_bind(recipe: BindExtension, source: Source) -> tuple[Edit, ...]:
    """The edits that bind the extension, sorted; CannotFix where they would not be sound."""
    site = recipe.after or recipe.app
    calling = PythonFile(site.path, source)
    edits: list[Edit] = []
    if recipe.instance and recipe.instance_after is not None:
        making = calling if recipe.instance_after.path == site.path else PythonFile(recipe.instance_after.path, source)
        if not making.binds(recipe.instance) and not calling.binds(recipe.instance):
            made = making.line_after(recipe.instance_after, f"{recipe.instance} = {recipe.extension}()")
            called = calling.line_after(site, _call(f"{recipe.instance}.init_app", recipe))
            edits += [*making.imported(recipe.module, recipe.extension, recipe.instance_after), made, called]
            if making is not calling:
                edits.append(calling.joined(recipe.import_from, recipe.instance, site))
    if not edits:
        edits += calling.imported(recipe.module, recipe.extension, site)
        edits.append(calling.line_after(site, _call(recipe.extension, recipe)))
    declared = _declared(recipe, source)
    return tuple(sorted([*edits, *([declared] if declared is not None else [])]))


def _call(function: str, recipe: BindExtension) -> str:
    return f"{function}({recipe.variable}{', ' + recipe.arguments if recipe.arguments else ''})"


def _declared(recipe: BindExtension, source: Source) -> Edit | None:
    if recipe.manifest is None:
        return None
    try:
        data = source.read(recipe.manifest)
    except OSError as error:
        raise CannotFix(f"the manifest cannot be read: {error.strerror or error}", recipe.manifest) from error
    read = facts.read(recipe.manifest, Kind.MANIFEST, data)
    if not isinstance(read, ManifestFacts):
        return None
    return add_requirement(read, Text(recipe.manifest, data).text, recipe.requirement)
