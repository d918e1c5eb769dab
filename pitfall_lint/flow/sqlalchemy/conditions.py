"""What a query's conditions say of its rows: which relationships lead all of them to one row, or to rows that the
session holds anyway. It answers a many-to-one for a row that it holds without asking the database.

https://docs.sqlalchemy.org/en/20/orm/session_basics.html#is-the-session-a-cache
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from pitfall_lint import language as l
from pitfall_lint.flow.sqlalchemy.values import Attribute
from pitfall_lint.flow.values import ClassValue, Items, Query, Row, is_nothing, options
from pitfall_lint.project.sqlalchemy.models import MappedModel, Relationship

if TYPE_CHECKING:
    from pitfall_lint.flow.frames import Arguments, Frame
    from pitfall_lint.flow.interpreter import Interpreter
    from pitfall_lint.project.django.models import Model

WITHIN = frozenset(
    """any all contains contained_by overlap has_key has_all has_any like ilike startswith endswith match
    regexp_match""".split()  # noqa: SIM905
)
PASSWORDS = frozenset({"password", "_password", "password_hash", "_password_hash", "hashed_password", "passwd"})


def kin(one: Any, other: Any) -> bool:
    """Whether rows of one class may be rows of the other."""
    return bool(one is other or one.inherits_from(other) or other.inherits_from(one))


def pinned(it: Interpreter, frame: Frame, query: Query, name: str, arguments: Arguments) -> frozenset[str]:
    """The to-one relations that a condition fixes to one row: all rows share it, so it is loaded once."""
    said: set[str] = set()
    if name == "filter_by":
        said |= set(arguments.keywords)
    elif name == "with_parent":
        return parents(query, arguments)
    else:
        for operands in equations(arguments):
            mine = attributes_in(it, frame, operands)
            if len(mine) == 1 and kin(mine[0].model, query.model):
                said.add(mine[0].name)
            elif not mine:
                for operand in operands:
                    said.update(stands_for(it, frame, query, operand))
    fixed = fixed_by(query.model, said)
    return fixed | frozenset(through_person(it, query, fixed))


def pinned_beside(it: Interpreter, frame: Frame, query: Query, arguments: Arguments) -> frozenset[str]:
    """The same of the classes that the query joins, as notes: of `Comment.query.join(Post).filter(Post.blog == blog)`
    each comment's post is one of that blog."""
    said: dict[MappedModel, set[str]] = {}
    for operands in equations(arguments):
        mine = attributes_in(it, frame, operands)
        if len(mine) == 1 and not kin(mine[0].model, query.model):
            said.setdefault(mine[0].model, set()).add(mine[0].name)
    return frozenset(f"={model.label}:{name}" for model, names in said.items() for name in fixed_by(model, names))


def equations(arguments: Arguments) -> Iterator[tuple[Any, ...]]:
    """The two sides of each `==` that all rows fulfil."""
    pending: list[Any] = list(arguments.node.args) if arguments.node is not None else []
    while pending:
        node = pending.pop()
        if isinstance(node, l.Call):
            if (l.dotted(node.func) or "").rpartition(".")[2] in ("and_", "has"):
                pending.extend(node.args)
        elif isinstance(node, l.Operation) and node.op == "&":
            pending.extend(node.operands)
        elif isinstance(node, l.Operation) and node.op == "==":
            yield tuple(node.operands)


def attributes_in(it: Interpreter, frame: Frame, operands: tuple[Any, ...]) -> list[Attribute]:
    """Those of the operands that are mapped attributes."""
    return [value for value in (it.evaluate(frame, node) for node in operands) if isinstance(value, Attribute)]


def looks_into(it: Interpreter, frame: Frame, arguments: Arguments) -> bool:
    """Whether a condition looks for something within a column: the members of an array or a document, part of a text.

    https://docs.sqlalchemy.org/en/20/core/type_basics.html#sqlalchemy.types.ARRAY.Comparator.any
    """
    for node in arguments.node.args if arguments.node is not None else ():
        for part in l.walk(node):
            if isinstance(part, l.Call) and isinstance(part.func, l.Attr) and part.func.name in WITHIN:
                column = it.evaluate(frame, part.func.object)
                if isinstance(column, Attribute) and column.name in column.model.columns:
                    return True
    return False


def fixed_by(model: Model, said: set[str]) -> frozenset[str]:
    """The to-one relations that are named, or whose keys are."""
    return frozenset(
        name
        for name, relation in model.relations.items()
        if not relation.to_many
        and (name in said or (isinstance(relation, Relationship) and relation.keys and relation.keys <= said))
    )


def parents(query: Query, arguments: Arguments) -> frozenset[str]:
    """The relation that `with_parent(row)` goes by. Where the row's class is not known, its name tells; else it may be
    any of them.

    https://docs.sqlalchemy.org/en/20/orm/queryguide/api.html#sqlalchemy.orm.with_parent
    """
    single = {
        name: relation.target
        for name, relation in query.model.relations.items()
        if not relation.to_many and relation.target is not None
    }
    rows = [value for value in arguments.args if isinstance(value, Row)]
    if rows:
        return frozenset(name for name, target in single.items() if any(kin(row.model, target) for row in rows))
    given = arguments.node.args[0] if arguments.node is not None and arguments.node.args else None
    word = (l.dotted(given) or "").rpartition(".")[2] if given is not None else ""
    named = {name for name, target in single.items() if word in (name, target.name.lower())}
    return frozenset(named or single)


def stands_for(it: Interpreter, frame: Frame, query: Query, node: Any) -> Iterator[str]:
    """The columns that a hybrid property of the query's class may stand for in a condition: any of those that it
    returns.

    https://docs.sqlalchemy.org/en/20/orm/extensions/hybrid.html
    """
    if not isinstance(node, l.Attr) or node.name in query.model.relations:
        return
    of = it.evaluate(frame, node.object)
    model = it.model_of(of.symbol) if isinstance(of, ClassValue) else None
    if not isinstance(model, MappedModel) or not kin(model, query.model) or model.symbol is None:
        return
    member = model.symbol.member(node.name)
    function = member.node if member is not None else None
    if not isinstance(function, l.Function):
        return
    if not any((l.dotted(each) or "").rpartition(".")[2] == "hybrid_property" for each in function.decorators):
        return
    for part in l.walk(function.body):
        for read in l.walk(part.value) if isinstance(part, l.Return) and part.value is not None else ():
            if isinstance(read, l.Attr) and isinstance(read.object, l.Name):
                yield read.name


def through_person(it: Interpreter, query: Query, fixed: frozenset[str]) -> Iterator[str]:
    """The to-one relations that the one who logs in has under the same name: the orders of one user, who belongs to
    one company, belong to that company."""
    for owner in (query.model.relations[name].target for name in fixed):
        if owner is None or not is_person(it, owner):
            continue
        for name, relation in query.model.relations.items():
            own = owner.relation(name)
            if own is None or name in fixed or own.to_many or relation.to_many:
                continue
            if own.target is not None and own.target is relation.target:
                yield name


def is_person(it: Interpreter, model: Model) -> bool:
    """Whether rows of the class log in: Flask-Login's user, or a class with a password."""
    return model is it.mapped.user_model or (isinstance(model, MappedModel) and not model.columns.isdisjoint(PASSWORDS))


def held_keys(it: Interpreter, frame: Frame, query: Query, arguments: Arguments) -> frozenset[str]:
    """The to-one relations whose keys are asked to be among those of a row's own: `Post.author_id.in_([author.id for
    author in group.authors])`. The group holds these rows, so the session gives them without a query. So does whoever
    calls the function with them.

    https://docs.sqlalchemy.org/en/20/orm/session_basics.html#is-the-session-a-cache
    """
    found: set[str] = set()
    for node in arguments.node.args if arguments.node is not None else ():
        if not isinstance(node, l.Call) or not isinstance(node.func, l.Attr) or node.func.name != "in_":
            continue
        if not node.args:
            continue
        column = it.evaluate(frame, node.func.object)
        keys = written(frame, node.args[0])
        if not isinstance(column, Attribute) or not isinstance(keys, l.Comprehension) or len(keys.clauses) != 1:
            continue
        if not isinstance(keys.element, l.Attr) or not isinstance(keys.element.object, l.Name) or keys.key is not None:
            continue
        over = it.evaluate(frame, keys.clauses[0].iter)
        given = all(map(is_nothing, options(over))) and is_given(frame, keys.clauses[0].iter)
        lists = [option for option in options(over) if isinstance(option, Items)]
        each = [option for held in lists for option in options(held.element)]
        rows = [option for option in each if isinstance(option, Row) and is_member(option)]
        members = frozenset(
            name
            for name, relation in query.model.relations.items()
            if isinstance(relation, Relationship)
            and not relation.to_many
            and relation.target is not None
            and relation.keys == {column.name}
            and keys.element.name == relation.target.pk_name
            and (given or any(kin(row.model, relation.target) for row in rows))
        )
        found |= members
        if given:
            continue
        found.update(
            name
            for name in through_person(it, query, members)
            if all(leads_back(row, row.model.relation(name)) for row in rows)
        )
    return frozenset(found)


def is_given(frame: Frame, node: Any) -> bool:
    """Whether the caller of this function hands it in, itself or as a part of something."""
    first = (l.dotted(node) or "").partition(".")[0]
    return any(param.name == first for param in getattr(frame.node, "params", ()))


def leads_back(row: Row, relation: Any) -> bool:
    """Whether the relation of a member leads to the row whose member it is."""
    return (
        isinstance(row.via, Relationship)
        and isinstance(relation, Relationship)
        and bool(relation.keys)
        and row.via.keys == relation.keys
    )


def is_member(row: Row) -> bool:
    """Whether the row stands for each of a collection that another row holds."""
    return row.via is not None and row.via.to_many


def written(frame: Frame, node: Any) -> Any:
    """The expression itself, or the one that the variable is given in this function, where it is given one only."""
    if not isinstance(node, l.Name):
        return node
    given = [
        part.value
        for part in l.walk(getattr(frame.node, "body", ()))
        if isinstance(part, l.Let) and isinstance(part.target, l.Name) and part.target.id == node.id
    ]
    return given[0] if len(given) == 1 else node
