"""What runs for some rows only, because of what a test asks of the row: the branch that fills in what a stored row
holds already, the fallback beside an attribute, the relation that is tested and not used.

A test asks for the row's own columns; which of them hold what is known here from the query's conditions alone.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, TypeGuard

from pitfall_lint import language as l
from pitfall_lint.finding import Confidence
from pitfall_lint.flow.values import (
    NONE,
    UNKNOWN,
    Constant,
    Dict,
    Items,
    Query,
    Row,
    Value,
    join_all,
    options,
)
from pitfall_lint.project.symbols import ClassSymbol, ExternalSymbol

if TYPE_CHECKING:
    from pitfall_lint.flow.frames import Arguments, Frame
    from pitfall_lint.flow.interpreter import Interpreter
    from pitfall_lint.project.django.models import Field, Model

TEXTS = frozenset({"CharField", "TextField", "SlugField", "EmailField", "URLField"})
NUMBERS = frozenset(
    {
        "IntegerField",
        "SmallIntegerField",
        "BigIntegerField",
        "PositiveIntegerField",
        "PositiveSmallIntegerField",
        "PositiveBigIntegerField",
    }
)
BOOLEANS = frozenset({"BooleanField", "NullBooleanField"})
MAKING = frozenset({"create", "bulk_create", "get_or_create", "add", "set"})
A_HANDFUL = 5  # so few rows
PRESENT = Constant(True)  # of a relation: there is a related row


# ------------------------------------------------------------------ the filling in


def fills_in(it: Interpreter, frame: Frame, node: l.If) -> bool:
    """Whether the branch gives a stored row what it lacks, and assigns the very attribute that its test misses:

        def save(self, *args, **kwargs):
            if not self.slug:
                self.slug = slugify(self.author.name)

    That happens once in the life of a row, mostly before it is stored. A loop that looks for such rows by hand goes
    through what is missing, and is followed.

    https://docs.djangoproject.com/en/stable/topics/db/models/#overriding-predefined-model-methods
    """
    if starts_set(it, frame, node):
        return True
    missed = missing_in(node.test)
    if not missed:
        return False
    set_here = {
        (l.dotted(part.target.object), part.target.name)
        for part in l.walk(node.body)
        if isinstance(part, l.Let) and isinstance(part.target, l.Attr)
    }
    return any(
        (l.dotted(part.object), part.name) in set_here and is_stored(it, frame, part, looped=False) for part in missed
    )


def starts_set(it: Interpreter, frame: Frame, node: l.If) -> bool:
    """Whether the branch gives a stored row the first members of a set that its test finds empty:
    `if not self.pages.all(): Page.objects.create(book=self)`."""
    if not isinstance(node.test, l.Operation) or node.test.op != "not":
        return False
    held = node.test.operands[0]
    if isinstance(held, l.Call) and isinstance(held.func, l.Attr) and held.func.name in ("all", "exists", "count"):
        held = held.func.object
    if not isinstance(held, l.Attr):
        return False
    owner = l.dotted(held.object)
    if owner is None or not any(makes(part, held, owner) for part in l.walk(node.body)):
        return False
    name, rows = held.name, options(it.evaluate(frame, held.object))
    return all(
        isinstance(row, Row)
        and row.query is not None
        and row.model.dialect == "django"
        and (relation := row.model.relation(name)) is not None
        and relation.to_many
        and not any(row.query.site in loop.sites for loop in frame.loops)
        for row in rows
    )


def makes(node: Any, held: l.Attr, owner: str) -> bool:
    """Whether it is a call that makes a row of the set `held`, or of any kind for its owner."""
    if not isinstance(node, l.Call) or not isinstance(node.func, l.Attr) or node.func.name not in MAKING:
        return False
    return l.dotted(node.func.object) == l.dotted(held) or any(l.dotted(word.value) == owner for word in node.keywords)


def missing_in(test: Any) -> list[l.Attr]:
    """The attributes that are empty wherever the test holds: `not a.b`, `a.b is None`, `a.b == ""`."""
    if isinstance(test, l.Choice) and test.kind == "and":
        return [part for option in test.options for part in missing_in(option)]
    if not isinstance(test, l.Operation):
        return []
    held = test.operands[0]
    last = test.operands[-1]
    empty = isinstance(last, l.Const) and not last.value and last.kind in ("none", "str")
    if test.op == "not" or (test.op in ("is", "==") and len(test.operands) == 2 and empty):
        return [held] if isinstance(held, l.Attr) else []
    return []


def is_stored(it: Interpreter, frame: Frame, node: Any, looped: bool = True) -> bool:
    """Whether the expression is a column or to-one relation of rows that a query gave, and that the program has not
    set itself. `looped`: of rows that a loop of this very function goes through as well."""
    if not isinstance(node, (l.Attr, l.Lookup)):
        return False
    found = options(it.evaluate(frame, node.object))
    for row in found:
        if not isinstance(row, Row) or row.query is None or row.model.dialect != "django":
            return False
        relation = row.model.relation(node.name)
        if row.model.field(node.name) is None and (relation is None or relation.to_many):
            return False
        if any(name == node.name for name, _ in row.overlay):
            return False
        if not looped and any(row.query.site in loop.sites for loop in frame.loops):
            return False
    return True


# ------------------------------------------------------------------ the fallback


def present(model: Model, word: str, value: Value) -> tuple[str, Value] | None:
    """The to-one relation that a condition says is there: `author=someone`, `author__isnull=False`."""
    name = word.removesuffix("__isnull")
    relation = model.relation(name)
    if relation is None or relation.to_many or value == NONE or (name != word and value != Constant(False)):
        return None
    return name, PRESENT


def has_related(it: Interpreter, frame: Frame, node: Any) -> bool | None:
    """Whether `row.author` is there for each of the rows that a query gave: the key cannot be null, or the query's
    conditions say so. None where it cannot be told."""
    if not isinstance(node, (l.Attr, l.Lookup)):
        return None
    rows = options(it.evaluate(frame, node.object))
    for row in rows:
        if not isinstance(row, Row) or row.query is None or row.model.dialect != "django":
            return None
        relation = row.model.relation(node.name)
        if relation is None or relation.kind not in ("fk", "o2o") or any(held == node.name for held, _ in row.overlay):
            return None
        said = not row.path and any(name == node.name for name, _ in row.query.fixed)
        if not said and (relation.nullable or relation.attname is None):
            return None
    return True if rows else None


def has_fallback(it: Interpreter, frame: Frame, node: Any) -> bool:
    """Whether what stands to the right of `node or ...` is for few rows, those that lack what the others have: another
    row (`book.translator or book.author`), or a column that is not to be left blank."""
    if not is_stored(it, frame, node):
        return False
    rows = [row for row in options(it.evaluate(frame, node.object)) if isinstance(row, Row)]
    return not any((field := row.model.field(node.name)) is not None and is_often_empty(field) for row in rows)


def is_often_empty(field: Field) -> bool:
    """Whether rows that lack the column are nothing special: it may be null, or says yes or no. A text that may be left
    blank is filled in by most."""
    said = field.options.get("null") if field.kind in TEXTS else field.options.get("null") or field.options.get("blank")
    empty = said is not None and (not isinstance(said, l.Const) or said.value is not False)
    return not field.is_relation and (empty or field.kind in BOOLEANS)


def fallback_of(it: Interpreter, frame: Frame, node: l.Choice) -> int | None:
    """Which option of `a if test else b` is for rows that lack the other one: `book.title if book.title else ...`."""
    test, other = node.test, 1
    if isinstance(test, l.Operation) and test.op in ("not", "is", "is not") and test.operands:
        none = isinstance(test.operands[-1], l.Const) and test.operands[-1].kind == "none"
        if test.op != "not" and not none:
            return None
        other = 1 if test.op == "is not" else 0
        test = test.operands[0]
    kept = node.options[1 - other]
    if not isinstance(test, l.Attr) or l.dotted(test) is None or l.dotted(test) != l.dotted(kept):
        return None
    return other if has_fallback(it, frame, test) else None


def perhaps(it: Interpreter, frame: Frame, node: Any, fallback: bool) -> Value:
    """The value of an expression, which as a fallback is evaluated for few rows or none."""
    if not fallback:
        return it.evaluate(frame, node)
    with it.doubting(Confidence.LOW):
        return it.evaluate(frame, node)


# ------------------------------------------------------------- whether it is there


def asked_for(it: Interpreter, frame: Frame, test: Any) -> None:
    """Note the relations of rows that a test asks whether they are there: `book.translator is None`,
    `if book.translator`. The key says so."""
    if not frame.loops and not frame.varying and not isinstance(frame.receiver, Row):
        return
    if isinstance(test, l.Choice) and test.kind != "if":
        for option in test.options:
            if isinstance(option, (l.Attr, l.Lookup)):
                note_presence(it, frame, option, True)
    elif isinstance(test, l.Operation) and test.op in ("not", "is", "is not"):
        none = isinstance(test.operands[-1], l.Const) and test.operands[-1].kind == "none"
        if test.op == "not" or none:
            note_presence(it, frame, test.operands[0], test.op == "not")
    else:
        note_presence(it, frame, test, True)


def note_presence(it: Interpreter, frame: Frame, node: Any, truth: bool) -> None:
    """Note that it is asked whether the rows that `node` reads are there; `truth`: by whether they are true, which a
    class may decide for itself."""
    from pitfall_lint.flow import attributes, querysets

    if not isinstance(node, (l.Attr, l.Lookup)):
        return
    for row in options(it.evaluate(frame, node.object)):
        relation = row.model.relation(node.name) if isinstance(row, Row) and row.query is not None else None
        if relation is None or not isinstance(row, Row) or row.query is None or row.query.peers:
            continue
        if not relation.nullable or not attributes.is_plain_key(relation, "pk") or querysets.is_joined(row, node.name):
            continue
        target = relation.target.symbol if relation.target is not None else None
        if truth and target is not None and (target.member("__bool__") or target.member("__len__")):
            continue
        if not any(name == node.name for name, _ in row.overlay):
            it.key_read(row, relation, frame, node, frame.place(node), None)


# ---------------------------------------------------------- what conditions say


def is_handful(bounds: list[Value]) -> bool:
    """Whether a slice is written to be a handful of rows: `[:5]`."""
    numbers = [bound.value if isinstance(bound, Constant) else UNKNOWN for bound in bounds]
    lower, upper = (numbers[0] or 0, numbers[1]) if len(numbers) == 2 else (0, None)
    return isinstance(lower, int) and isinstance(upper, int) and 0 < upper - lower <= A_HANDFUL


def fixed(model: Model, word: str, value: Value) -> tuple[str, Value] | None:
    """The column, and what a condition on it says that it holds: `state=NEW`, `state__in=(NEW, OLD)`."""
    name = word.removesuffix("__exact").removesuffix("__in")
    if word.endswith("__in") and isinstance(value, Items):
        value = join_all(value.items) if value.items else UNKNOWN
    field = model.field(name)
    if field is None or field.is_relation or not all(fits(option, field) for option in options(value)):
        return None
    return name, value


def fits(value: Value, field: Field) -> TypeGuard[Constant]:
    """Whether a row's attribute is the very constant that its column was compared with."""
    if not isinstance(value, Constant):
        return False
    kind = type(value.value)
    return (
        (kind is str and field.kind in TEXTS)
        or (kind is int and field.kind in NUMBERS)
        or (kind is bool and field.kind in BOOLEANS)
    )


def column(it: Interpreter, row: Row, name: str) -> Value:
    """What a column of the query's rows holds, as its conditions say, unless the program sets it on them."""
    query = row.query
    if query is None or row.path or not query.fixed or (query.site, name) in it.assigned or is_moved(it, row, name):
        return UNKNOWN
    return next((held for other, held in query.fixed if other == name), UNKNOWN)


def is_moved(it: Interpreter, row: Row, name: str) -> bool:
    """Whether what runs now calls a method that moves a state on: django-fsm's decorator sets the column, no code does.

    https://github.com/viewflow/django-fsm
    """
    field = row.model.field(name)
    made = field.cls if field is not None else None
    if not isinstance(made, ExternalSymbol) or not made.dotted.startswith("django_fsm."):
        return False
    memo_key = ("transitions", row.model)
    if memo_key not in it.plans:
        classes = row.model.symbol.mro if row.model.symbol is not None else ()
        it.plans[memo_key] = {
            name
            for cls in classes
            if isinstance(cls, ClassSymbol)
            for name, member in cls.members.items()
            for decorator in getattr(member.node, "decorators", ())
            if (l.dotted(getattr(decorator, "func", decorator)) or "").rpartition(".")[2] == "transition"
        }
    moving = it.plans[memo_key]
    return any(isinstance(active.node, l.Function) and not moving.isdisjoint(active.node.names) for active in it.stack)


def is_one_row(query: Query, arguments: Arguments) -> bool:
    """Whether conditions leave one row at most: equality with what no two rows share (a unique column, all columns of
    a constraint, the row whose set it is among them), or with a value put together of several parts
    (`filter(reference=[site, url])`), which is a search for that one.

    https://docs.djangoproject.com/en/stable/ref/models/constraints/#uniqueconstraint
    """
    model = query.model
    given: set[str] = set(query.known) if query.row is not None else set()
    for word, value in arguments.keywords.items():
        name = word.removesuffix("__exact")
        if name in ("pk", model.pk_name):
            return True
        relation = model.attnames.get(name)
        field = model.field(relation.name if relation is not None else name)
        if field is None or value == NONE:
            continue  # any number of rows may hold no value
        given.add(field.name)
        unique = field.options.get("unique")
        if field.kind == "OneToOneField" or (isinstance(unique, l.Const) and unique.value is True):
            return True
        if is_put_together(value):
            return True
    return any(columns <= given for columns in constraints(model))


def is_put_together(value: Value) -> bool:
    """Whether a value is written out in several parts that are not all the same for all who ask."""
    if isinstance(value, Dict):
        parts = list(value.entries.values())
        return value.rest is None and len(parts) > 1 and not all(isinstance(part, Constant) for part in parts)
    if not isinstance(value, Items) or value.kind not in ("list", "tuple") or value.items is None:
        return False
    return len(value.items) > 1 and not all(isinstance(part, Constant) for part in value.items)


def constraints(model: Model) -> Iterator[frozenset[str]]:
    """The columns that no two rows share together, as the model's Meta names them; not where a condition or an
    expression has a say."""
    together = model.meta.get("unique_together")
    if isinstance(together, l.Collection) and together.items:
        single = isinstance(together.items[0], l.Const)
        yield from filter(None, map(named, [together] if single else together.items))
    listed = model.meta.get("constraints")
    for call in listed.items if isinstance(listed, l.Collection) else ():
        if not isinstance(call, l.Call) or (l.dotted(call.func) or "").rpartition(".")[2] != "UniqueConstraint":
            continue
        words = {word.name: word.value for word in call.keywords}
        if not call.args and "condition" not in words and (names := named(words.get("fields"))):
            yield names


def named(node: Any) -> frozenset[str] | None:
    """The names in a display of strings."""
    if not isinstance(node, l.Collection) or not node.items:
        return None
    names = [item.value for item in node.items if isinstance(item, l.Const) and isinstance(item.value, str)]
    return frozenset(names) if len(names) == len(node.items) else None
