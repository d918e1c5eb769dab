"""Views that list rows: Django's list views and REST framework's, what they are about, whether they hand out all of it
in one answer, and whether the program itself makes such rows.

https://docs.djangoproject.com/en/stable/topics/pagination/
https://www.django-rest-framework.org/api-guide/pagination/
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from pitfall_lint import language as l
from pitfall_lint.finding import Place
from pitfall_lint.project.classes import ClassSymbol, ExternalSymbol, FunctionSymbol, Member, ModuleSymbol
from pitfall_lint.project.constants import NOTHING
from pitfall_lint.project.prelude import StandIn, in_prelude

if TYPE_CHECKING:
    from pitfall_lint.project import Project
    from pitfall_lint.project.django.models import Manager, Model
    from pitfall_lint.project.modules import Module

PAGES = "django.views.generic.list.BaseListView"
DATES = "django.views.generic.dates.BaseDateListView"
APIS = "rest_framework.mixins.ListModelMixin"
GENERIC_API = "rest_framework.generics.GenericAPIView"
MAKERS = ("django.views.generic.edit.BaseCreateView", "rest_framework.mixins.CreateModelMixin")
GUARDS = (
    "django.contrib.auth.mixins.PermissionRequiredMixin",
    "django.contrib.auth.mixins.UserPassesTestMixin",
)
# Outside classes that leave alone which rows are listed and how many.
HARMLESS = frozenset({"django", "builtins", "rest_framework", "guardian", "braces", "rules", "typing", "abc", "object"})
# What a view that pages, or answers in its own way, defines.
OWN_PAGES = ("get_paginate_by", "paginate_queryset", "get_paginator", "paginator_class", "get", "render_to_response")
OWN_APIS = ("paginate_queryset", "paginator", "list", "get", "get_paginated_response", "finalize_response")
KEEPING = frozenset(
    """all order_by select_related prefetch_related annotate alias only defer distinct using reverse select_subclasses
    fetch_mode""".split()  # noqa: SIM905
)
CREATING = frozenset({"create", "get_or_create", "update_or_create", "bulk_create", "acreate", "aget_or_create"})
_SIZED = "rest_framework.pagination."


@dataclass(frozen=True, slots=True)
class Listing:
    """A view whose one answer holds every row of `model`. `kind` is page or api; `deliberate`: it says itself that it
    does not paginate; `size_missing`: the settings name a paginator and no size, so it cuts nothing.
    """

    symbol: ClassSymbol
    kind: str
    model: Model
    deliberate: bool
    size_missing: bool = False

    @property
    def place(self) -> Place:
        """The class's header."""
        node = self.symbol.node
        return Place(self.symbol.module.path, node.start, node.name_end)


class Listings:
    """Answers which views list a whole table."""

    def __init__(self, project: Project) -> None:
        self.project = project
        self.symbols = project.symbols
        self._harmless: dict[ClassSymbol | ExternalSymbol, bool] = {}

    @cached_property
    def unbounded(self) -> tuple[Listing, ...]:
        """The views that hand out every row of a table at once."""
        found: list[Listing] = []
        for symbol in self.symbols.classes():
            if symbol.is_lent and not symbol.owner and not self._is_base(symbol):
                listing = self._page(symbol) or self._api(symbol)
                if listing is not None:
                    found.append(listing)
        return tuple(found)

    def makes(self, model: Model) -> bool:
        """Whether the program itself makes rows of the model, so that their number grows as it is used."""
        return gathers(model) and (model in self._made_by_views or self._makes_by_hand(model))

    # ------------------------------------------------------------------ views

    def _is_base(self, symbol: ClassSymbol) -> bool:
        return bool(self.symbols.subclasses(symbol)) or symbol.name.startswith(("Base", "_"))

    def _page(self, symbol: ClassSymbol) -> Listing | None:
        if not symbol.is_subclass_of(PAGES) or symbol.is_subclass_of(DATES) or not self._is_known(symbol, OWN_PAGES):
            return None
        if own(symbol, "content_type") is not None or not shows_html(symbol):
            return None
        size = own(symbol, "paginate_by")
        if size is not None and not is_none(size):
            return None
        model = self._listed(symbol)
        return Listing(symbol, "page", model, size is not None) if model is not None else None

    def _api(self, symbol: ClassSymbol) -> Listing | None:
        if not symbol.is_subclass_of(APIS) or not symbol.is_subclass_of(GENERIC_API):
            return None
        if not self._is_known(symbol, OWN_APIS):
            return None
        size_missing = False
        chosen = own(symbol, "pagination_class")
        if chosen is None:
            by_default = self._api_default
            if by_default == "paginated":
                return None
            size_missing = by_default == "size missing"
        elif not is_none(chosen):
            return None
        model = self._listed(symbol)
        return Listing(symbol, "api", model, chosen is not None, size_missing) if model is not None else None

    def _is_known(self, symbol: ClassSymbol, own_ways: tuple[str, ...]) -> bool:
        """Whether all that decides about pages is seen: every base, and no way of the program's own."""
        for base in symbol.mro:
            if base not in self._harmless:
                self._harmless[base] = is_harmless(base)
            if not self._harmless[base]:
                return False
        return all(own(symbol, name) is None for name in own_ways)

    @cached_property
    def _api_default(self) -> str:
        """What the settings say of pages: paginated (or not to be told), size missing, nothing."""
        said = [settings.get("REST_FRAMEWORK") for settings in self.project.django.settings]
        if not said:
            return "paginated"
        size_missing = False
        for setting in said:
            if setting is None:
                continue
            value = setting.value
            if not isinstance(value, Mapping) or NOTHING in value:
                return "paginated"
            cls = value.get("DEFAULT_PAGINATION_CLASS")
            if cls is None:
                continue
            if not isinstance(cls, str) or not cls.startswith(_SIZED) or value.get("PAGE_SIZE") is not None:
                return "paginated"
            size_missing = True
        return "size missing" if size_missing else "nothing"

    # ---------------------------------------------------------------- queries

    def _listed(self, symbol: ClassSymbol) -> Model | None:
        """The model of whose rows the view lists all; None where it lists some, or that is not known."""
        found = self._queryset(symbol, symbol.mro)
        return found if found is not None and not found.abstract else None

    def _queryset(self, symbol: ClassSymbol, order: tuple[Any, ...]) -> Model | None:
        """What `get_queryset` gives, as the first class of `order` that has one writes it."""
        for index, base in enumerate(order):
            if not isinstance(base, ClassSymbol) or isinstance(base, StandIn):
                continue
            member = base.members.get("get_queryset")
            if member is None:
                continue
            if not isinstance(member.node, l.Function) or member.node.is_generator:
                return None
            return Body(self, symbol, member.owner.module, order[index + 1 :]).returned(member.node)
        said = own(symbol, "queryset")
        if said is not None:
            value = said.node.value if isinstance(said.node, l.Let) else None
            return Body(self, symbol, said.owner.module, ()).whole(value) if value is not None else None
        return self.model_of_view(symbol)

    def model_of_view(self, symbol: ClassSymbol) -> Model | None:
        """What `model = ` names."""
        said = own(symbol, "model")
        value = said.node.value if said is not None and isinstance(said.node, l.Let) else None
        return self.model_at(said.owner.module, value) if said is not None and value is not None else None

    def model_at(self, module: Module, node: Any) -> Model | None:
        """The model that an expression of the module names."""
        symbol = self.symbols.resolve_expr(module, node)
        return self.project.django.model_of(symbol) if isinstance(symbol, (ClassSymbol, ExternalSymbol)) else None

    # ------------------------------------------------------------------- rows

    @cached_property
    def _made_by_views(self) -> frozenset[Model]:
        """The models of which a view, or a form that it begins empty, makes rows."""
        found: set[Model | None] = set()
        for symbol in self.symbols.classes():
            if symbol.is_subclass_of("django.forms.ModelForm"):
                found.add(self._of_meta(symbol) if self._is_begun(symbol) else None)
            elif symbol.is_subclass_of(*MAKERS) and not is_guarded(symbol):
                found.add(self.model_of_view(symbol))
                for name in ("form_class", "serializer_class"):
                    said = own(symbol, name)
                    value = said.node.value if said is not None and isinstance(said.node, l.Let) else None
                    cls = self.symbols.resolve_expr(said.owner.module, value) if said and value else None
                    found.add(self._of_meta(cls) if isinstance(cls, ClassSymbol) else None)
        return frozenset(model for model in found if model is not None)

    def _is_begun(self, form: ClassSymbol) -> bool:
        """Whether a function fills the form without saying which row it is about."""
        return any(
            self.symbols.resolve_expr(function.module, part.func, function.node) is form
            for function in self._functions
            if form.name in function.node.names
            for part in l.walk(function.node.body)
            if isinstance(part, l.Call)
            and part.args
            and not any(word.name in ("instance", None) for word in part.keywords)
        )

    def _of_meta(self, symbol: ClassSymbol) -> Model | None:
        """What `class Meta: model = ` names."""
        meta = symbol.member("Meta")
        if meta is None or not isinstance(meta.node, l.Class):
            return None
        for node in meta.node.body:
            if isinstance(node, l.Let) and isinstance(node.target, l.Name) and node.target.id == "model":
                return self.model_at(meta.owner.module, node.value)
        return None

    def _makes_by_hand(self, model: Model) -> bool:
        accessors = {
            relation.name
            for other in self.project.django.models.values()
            for relation in other.relations.values()
            if relation.target is model and relation.to_many
        }
        return any(
            self._creates(function, part, model, accessors)
            for function in self._functions
            if model.name in function.node.names or not accessors.isdisjoint(function.node.names)
            for part in l.walk(function.node.body)
            if isinstance(part, l.Call)
        )

    def _creates(self, function: FunctionSymbol, call: l.Call, model: Model, accessors: set[str]) -> bool:
        func = call.func
        if isinstance(func, l.Attr) and func.name in CREATING and isinstance(func.object, l.Attr):
            manager = func.object
            if manager.name in accessors:
                return True
            made = self.symbols.resolve_expr(function.module, manager.object, function.node)
            own_class = function.owner if l.dotted(manager.object) in ("cls", "self.__class__") else None
            return isinstance(own_class or made, ClassSymbol) and self._is(own_class or made, model)
        symbol = self.symbols.resolve_expr(function.module, func, function.node)
        return isinstance(symbol, ClassSymbol) and self._is(symbol, model)

    def _is(self, symbol: Any, model: Model) -> bool:
        return self.project.django.model_of(symbol) is model

    @cached_property
    def _functions(self) -> tuple[FunctionSymbol, ...]:
        """The functions that run as the program is used; commands and migrations fill tables beforehand."""
        return tuple(
            function
            for function in self.symbols.functions()
            if not {"management", "migrations", "tests", "scripts"} & set(function.module.path.split("/"))
        )


class Body:
    """One `get_queryset` gone through: which of its variables hold every row of a table."""

    def __init__(self, listings: Listings, symbol: ClassSymbol, module: Module, after: tuple[Any, ...]) -> None:
        self.listings = listings
        self.symbol = symbol
        self.module = module
        self.after = after
        self.variables: dict[str, Model | None] = {}
        self.results: list[Model | None] = []

    def returned(self, function: l.Function) -> Model | None:
        """The model, where each `return` gives every row of it."""
        self.variables = {param.name: None for param in function.params}
        if self.run(function.body) or not self.results:
            return None
        first = self.results[0]
        return first if all(result is first for result in self.results) else None

    def run(self, body: l.Body) -> bool:
        """Go through statements; whether control reaches their end."""
        for node in body:
            if isinstance(node, l.Return):
                self.results.append(self.whole(node.value))
                return False
            if isinstance(node, l.Raise):
                return False
            if isinstance(node, l.Let) and isinstance(node.target, l.Name):
                self.variables[node.target.id] = self.whole(node.value) if node.op is None else None
            elif isinstance(node, l.If):
                if not self.choose(node):
                    return False
            elif isinstance(node, l.With):
                if not self.run(node.body):
                    return False
            elif isinstance(node, (l.For, l.While, l.Try)):
                self.forget(node)
        return True

    def choose(self, node: l.If) -> bool:
        """Either branch: a variable that one of them leaves whole may be whole, as when no filter is asked for."""
        before = dict(self.variables)
        alive = self.run(node.body)
        first, self.variables = self.variables, before
        other = self.run(node.orelse)
        if alive and other:
            names = first.keys() | self.variables.keys()
            self.variables = {name: first.get(name) or self.variables.get(name) for name in names}
        elif alive:
            self.variables = first
        return alive or other

    def forget(self, node: Any) -> None:
        """What a loop or a handler assigns is not known; nor is what it returns."""
        for part in l.walk(node):
            if isinstance(part, l.Let) and isinstance(part.target, l.Name):
                self.variables[part.target.id] = None
            elif isinstance(part, l.Return):
                self.results.append(None)

    def whole(self, node: Any) -> Model | None:
        """The model of which the expression is a queryset of every row."""
        if isinstance(node, l.Name):
            return self.variables.get(node.id)
        if isinstance(node, l.Attr):
            return self.of_attribute(node)
        if not isinstance(node, l.Call) or not isinstance(node.func, l.Attr):
            return None
        name, receiver = node.func.name, node.func.object
        if name == "get_queryset" and isinstance(receiver, l.Call) and l.dotted(receiver.func) == "super":
            return self.listings._queryset(self.symbol, self.after)
        found = self.whole(receiver)
        if name in KEEPING or (name in ("filter", "exclude") and self.is_fixed(node)):
            return found
        return None

    def of_attribute(self, node: l.Attr) -> Model | None:
        """`Book.objects`, `self.model._default_manager`, `self.queryset`."""
        if isinstance(node.object, l.Name) and node.object.id == "self":
            return self.listings._queryset(self.symbol, ()) if node.name == "queryset" else None
        if l.dotted(node.object) == "self.model":
            model = self.listings.model_of_view(self.symbol)
        else:
            model = self.listings.model_at(self.module, node.object)
        if model is None:
            return None
        if node.name in ("_default_manager", "_base_manager"):
            manager: Manager | None = model.default_manager
        else:
            manager = model.managers.get(node.name) or (model.default_manager if node.name == "objects" else None)
        return model if manager is not None and gives_all(manager) else None

    def is_fixed(self, call: l.Call) -> bool:
        """Whether a filter always asks for the same: `published=True`, and nothing of who asks or of today."""
        for part in (*l.walk(call.args), *l.walk(tuple(word.value for word in call.keywords))):
            if isinstance(part, l.Call) and (l.dotted(part.func) or "").rpartition(".")[2] not in ("Q", "F"):
                return False
            if isinstance(part, (l.Star, l.Comprehension)) or (
                isinstance(part, l.Name)
                and (
                    part.id in self.variables
                    or not isinstance(
                        self.listings.symbols.resolve(self.module, part.id), (ClassSymbol, ExternalSymbol, ModuleSymbol)
                    )
                )
            ):
                return False
        return not any(word.name is None or narrows(word.name) for word in call.keywords)


def narrows(name: str) -> bool:
    """Whether a lookup keeps few rows by itself: those named one by one."""
    return name.rpartition("__")[2] in ("in", "pk", "id", "slug")


def gives_all(manager: Manager) -> bool:
    """Whether the manager hands out every row."""
    if manager.cls is not None:
        member = manager.cls.member("get_queryset")
        return member is None or in_prelude(member.owner.module.path)
    return manager.external.startswith("django.") or manager.queryset is not None


def own(symbol: ClassSymbol, name: str) -> Member | None:
    """What the project's classes say of a name; nothing where only the library does."""
    member = symbol.member(name)
    return None if member is None or isinstance(member.owner, StandIn) else member


def is_none(member: Member) -> bool:
    """Whether the member is `name = None`."""
    value = member.node.value if isinstance(member.node, l.Let) else None
    return isinstance(value, l.Const) and value.kind == "none"


def is_harmless(base: ClassSymbol | ExternalSymbol) -> bool:
    """Whether a class in a view's order decides nothing about pages that is not seen."""
    if isinstance(base, (ExternalSymbol, StandIn)):
        return base.dotted.partition(".")[0] in HARMLESS
    known = len(base.bases) == sum(l.dotted(node) != "object" for node in base.node.bases)
    return known and not any(speaks_of_pages(each) or sets_rows(each) for each in base.members.values())


def shows_html(symbol: ClassSymbol) -> bool:
    """Whether the view's template is a page: a feed or a file for download is meant to hold everything."""
    said = own(symbol, "template_name")
    value = said.node.value if said is not None and isinstance(said.node, l.Let) else None
    return not (isinstance(value, l.Const) and isinstance(value.value, str)) or value.value.endswith(".html")


def speaks_of_pages(member: Member) -> bool:
    """Whether a method mentions pages: it cuts them itself."""
    return isinstance(member.node, l.Function) and any(
        "paginat" in name.lower() or name == "islice" for name in member.node.names
    )


def sets_rows(member: Member) -> bool:
    """Whether a method assigns `self.queryset` or `self.model`: what is listed follows from the request."""
    return (
        isinstance(member.node, l.Function)
        and not {"queryset", "model"}.isdisjoint(member.node.names)
        and any(
            isinstance(part, l.Let) and l.dotted(part.target) in ("self.queryset", "self.model")
            for part in l.walk(member.node.body)
        )
    )


def gathers(model: Model) -> bool:
    """Whether rows of the model come about one after another: each for something else, at a time of its own, with a
    text of its own. A table of words that others refer to has none of these.
    """
    return any(
        relation.kind in ("fk", "o2o", "generic_fk") and not relation.parent_link and relation.target is not model
        for relation in model.relations.values()
    ) or any(
        (
            field.kind in ("DateTimeField", "DateField")
            and not {"auto_now", "auto_now_add", "default"}.isdisjoint(field.options)
        )
        or (field.kind == "TextField" and {"blank", "null"}.isdisjoint(field.options))
        for field in model.fields.values()
    )


def is_guarded(symbol: ClassSymbol) -> bool:
    """Whether only some of those who are logged in may use the view: staff makes few rows."""
    return own(symbol, "permission_required") is not None or symbol.is_subclass_of(*GUARDS)


__all__ = ["Listing", "Listings"]
