"""DJG201: a template that lies where no loader looks.

A name that is found nowhere, and of which no file lies in the project either, is DJG203's matter.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterator

from pitfall_lint.finding import Applicability, Confidence, Edit, Edits, Finding, Fix, Move, Place, Step
from pitfall_lint.language import pack
from pitfall_lint.project import Project
from pitfall_lint.project.template_places import Misnamed, Stray, TemplatePlaces
from pitfall_lint.project.template_references import Reference
from pitfall_lint.rule import Rule

_HOW = {
    "render": "rendered here",
    "attribute": "named here",
    "extends": "extended here",
    "include": "included here",
    "import": "imported here",
}


class MisplacedTemplate(Rule):
    """A template lies where no template loader looks.

    What it finds
    A template file that none of the loaders in `TEMPLATES` can find: in a folder called `template/`, beside the code of
    an app, in an app that is not in `INSTALLED_APPS`, in the settings package while `DIRS` points elsewhere. It counts
    where code or another template asks for it by name, or where it is a Django template for sure. Also a name that
    repeats the folder that the loaders stand in already (`"templates/shop/cart.html"`).

    Why it matters
    Rendering it raises `TemplateDoesNotExist`, often only in the one branch that nobody tried. Where nothing asks for
    it, the page that was meant to be shown is another.

    Example
    ```python
    # config/settings.py
    ROOT_URLCONF = "config.urls"
    INSTALLED_APPS = ["books"]
    TEMPLATES = [{"BACKEND": "django.template.backends.django.DjangoTemplates", "DIRS": [], "APP_DIRS": True}]
    ```
    ```python
    # books/views.py
    from django.shortcuts import render


    def shelf(request):
        return render(request, "books/shelf.html")
    ```
    ```html
    <!-- books/template/books/shelf.html -->
    <h1>Shelf</h1>
    ```

    Better
    ```python
    # config/settings.py
    ROOT_URLCONF = "config.urls"
    INSTALLED_APPS = ["books"]
    TEMPLATES = [{"BACKEND": "django.template.backends.django.DjangoTemplates", "DIRS": [], "APP_DIRS": True}]
    ```
    ```python
    # books/views.py
    from django.shortcuts import render


    def shelf(request):
        return render(request, "books/shelf.html")
    ```
    ```html
    <!-- books/templates/books/shelf.html -->
    <h1>Shelf</h1>
    ```

    Fix
    Moves the file to where a loader finds it under the name by which the code asks: into `templates/` of its app, else
    into the project's folder of `DIRS`. Safe where the move alone is enough; unsafe where a reference must change with
    it, or where nothing is seen to ask for the file. For an app that is not installed, manual: install it.

    Limits
    Silent where `DIRS`, the loaders or the apps cannot all be followed (values from the environment, loaders of one's
    own, settings that import a local file), about names that are built at run time, and about what is no template of
    the project: tests, documentation, static files, front ends with a build of their own. Templates of tests found by
    overridden settings are left alone.

    References
    - https://docs.djangoproject.com/en/stable/topics/templates/#configuration
    - https://docs.djangoproject.com/en/stable/ref/templates/api/#template-loaders
    """

    code, name = "DJG201", "misplaced-template"
    fixable = Applicability.SAFE

    def check(self, project: Project) -> Iterator[Finding]:
        """One finding a file, and one for each name that repeats a folder."""
        if not project.django.present:
            return
        places = TemplatePlaces(project)
        for misnamed in places.misnamed():
            yield self._misnamed(misnamed)
        for stray in places.misplaced():
            yield self._stray(project, stray)

    def _misnamed(self, misnamed: Misnamed) -> Finding:
        reference, name = misnamed.reference, misnamed.name
        message = f'"{reference.name}" is found by no loader: templates are named from within their folder, as "{name}"'
        fix = Fix(Applicability.UNSAFE, f'Ask for "{name}"', Edits((_renamed(reference, name),)))
        return self.found(reference.place, message, fix=fix, scope=reference.scope, data={"template": misnamed.path})

    def _stray(self, project: Project, stray: Stray) -> Finding:
        start = pack(1, 0)
        steps = [Step(reference.place, _HOW[reference.how]) for reference in stray.asked]
        message = f"No template loader finds `{stray.path}`: {_reason(stray)}; {_advice(stray)}"
        return self.found(
            Place(stray.path, start, start),
            message,
            fix=_fix(stray),
            confidence=Confidence.HIGH if stray.asked else Confidence.MEDIUM,
            steps=steps,
            data={"template": stray.name, "target": stray.target or ""},
        )


def _reason(stray: Stray) -> str:
    folder = posixpath.dirname(stray.path)
    base = stray.path[: -len(stray.name)].rstrip("/") if stray.path.endswith("/" + stray.name) else folder
    return {
        "folder": f"it looks in `templates/`, not in `{posixpath.basename(base)}/`",
        "app": f"the app `{posixpath.dirname(base)}` is not in INSTALLED_APPS",
        "apps-off": "TEMPLATES has no APP_DIRS (nor the app_directories loader)",
        "package": f"DIRS does not name `{base}`",
        "beside": f"`{folder or '.'}` is no folder of templates",
    }[stray.why]


def _advice(stray: Stray) -> str:
    if stray.why == "app":
        return "install the app"
    return f"move it to `{stray.target}`" if stray.target else f'move it to where "{stray.name}" is looked for'


def _fix(stray: Stray) -> Fix:
    if stray.why == "app":
        app = posixpath.dirname(stray.path[: -len(stray.name)].rstrip("/")).replace("/", ".")
        words = f'Add the app to INSTALLED_APPS, under the name by which it is imported (such as "{app}")'
        return Fix(Applicability.MANUAL, words)
    if stray.target is None:
        words = (
            f'Move the file into a folder that DIRS names, or add its folder to DIRS, so that "{stray.name}" is found'
        )
        return Fix(Applicability.MANUAL, words)
    edits = tuple(_renamed(reference, stray.name) for reference in stray.renamed)
    applicability = Applicability.SAFE if stray.asked and stray.settled else Applicability.UNSAFE
    words = f"Move `{stray.path}` to `{stray.target}`"
    if edits:
        words += f' and ask for "{stray.name}"'
    return Fix(applicability, words, Edits(edits, (Move(stray.path, stray.target),)))


def _renamed(reference: Reference, name: str) -> Edit:
    """The name within its quotes; what stands before and after them stays."""
    place = reference.place
    inner = Place(place.path, place.end - 1 - len(reference.name), place.end - 1)
    return Edit(inner, name)
