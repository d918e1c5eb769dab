"""Sessions, statements and what Flask-SQLAlchemy's `db` offers, by dotted name.

https://docs.sqlalchemy.org/en/20/orm/session_api.html
https://flask-sqlalchemy.readthedocs.io/en/stable/api/
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pitfall_lint.flow import builtins, templates
from pitfall_lint.flow.sqlalchemy import loaders, loops, queries
from pitfall_lint.flow.sqlalchemy.values import Aggregate, Attribute
from pitfall_lint.flow.values import (
    UNKNOWN,
    ClassValue,
    Dict,
    External,
    Items,
    Pages,
    Query,
    Row,
    Value,
    join_all,
    options,
    replace,
)
from pitfall_lint.project.sqlalchemy.models import MappedModel

if TYPE_CHECKING:
    from pitfall_lint.flow.frames import Arguments, Frame
    from pitfall_lint.flow.interpreter import Interpreter

DB, SESSION, FACTORY = "flask_sqlalchemy.db", "flask_sqlalchemy.db.session", "sqlalchemy.orm.sessionmaker.made"
AGGREGATES = {
    **dict.fromkeys(
        ("sum", "max", "min", "avg", "coalesce", "array_agg", "string_agg", "group_concat", "total"), "aggregate"
    ),
    "count": "count",
}


def named(dotted: str) -> Any:
    """A handler that gives the thing of that name."""
    return lambda it, frame, arguments, node: External(dotted)


def query(it: Interpreter, frame: Frame, arguments: Arguments, node: Any) -> Value:
    """`session.query(Book, Author)`."""
    return queries.selection(it, frame, arguments, node, True)


def select(it: Interpreter, frame: Frame, arguments: Arguments, node: Any) -> Value:
    """`select(Book, Author)`."""
    return queries.selection(it, frame, arguments, node, False)


def statements(arguments: Arguments) -> list[Query]:
    """The statement that is given, each alternative."""
    return [option for option in options(builtins.first_of(arguments)) if isinstance(option, Query)]


def execute(it: Interpreter, frame: Frame, arguments: Arguments, node: Any) -> Value:
    """`session.execute(statement)`."""
    for given in statements(arguments):
        queries.evaluated(it, frame, given, node, "all")
    return join_all([queries.executed(given) for given in statements(arguments)])


def scalars(it: Interpreter, frame: Frame, arguments: Arguments, node: Any) -> Value:
    """`session.scalars(statement)`."""
    for given in statements(arguments):
        queries.evaluated(it, frame, given, node, "all")
    return join_all([queries.scalars(given) for given in statements(arguments)])


def scalar(it: Interpreter, frame: Frame, arguments: Arguments, node: Any) -> Value:
    """`session.scalar(statement)`: the first value."""
    found: list[Value] = []
    for given in statements(arguments):
        queries.evaluated(it, frame, given, node, queries.aggregate_of(given) or "one")
        found.append(queries.one_row(it, frame, queries.executed(given), node, "scalar"))
    return join_all(found)


def get(it: Interpreter, frame: Frame, arguments: Arguments, node: Any) -> Value:
    """`session.get(Book, key)`, `db.get_or_404(Book, key)`."""
    found: list[Value] = []
    for option in options(builtins.first_of(arguments)):
        model = it.model_of(option.symbol) if isinstance(option, ClassValue) else None
        if isinstance(model, MappedModel) and not model.abstract:
            made = queries.query_of(it, frame, model, node)
            if not queries.holds(it, model, None):
                queries.evaluated(it, frame, made, node, "get")
            varies = frame.varies(node)
            # Its relations are loaded by `options=`, which is no method of a query: what is read below is not followed.
            found.append(Row(model, replace(made, opaque=True), (), varies, varies))
    return join_all(found)


def one_or_404(it: Interpreter, frame: Frame, arguments: Arguments, node: Any) -> Value:
    """`db.first_or_404(statement)`."""
    return scalar(it, frame, arguments, node)


def paginate(it: Interpreter, frame: Frame, arguments: Arguments, node: Any) -> Value:
    """`db.paginate(select)`."""
    found: list[Value] = []
    for given in statements(arguments):
        queries.evaluated(it, frame, given, node, "all")
        found.append(Pages(Items("list", None, queries.row_of(it, queries.scalars(given)))))
    return join_all(found)


def commit(it: Interpreter, frame: Frame, arguments: Arguments, node: Any) -> Value:
    """`session.commit()`."""
    loops.commit(it, frame, node)
    return UNKNOWN


def write(it: Interpreter, frame: Frame, arguments: Arguments, node: Any) -> Value:
    """`session.add(row)`, `session.delete(row)`."""
    loops.mark(it, "writing")
    return UNKNOWN


def aggregate(name: str) -> Any:
    """The handler of `func.name(...)`."""

    def handler(it: Interpreter, frame: Frame, arguments: Arguments, node: Any) -> Value:
        for value in arguments.args:
            if isinstance(value, Attribute):
                return Attribute(value.model, value.name, name)
            model = it.model_of(value.symbol) if isinstance(value, ClassValue) else None
            if isinstance(model, MappedModel):
                return Attribute(model, "", name)
        return Aggregate(name)

    return handler


def same_entity(it: Interpreter, frame: Frame, arguments: Arguments, node: Any) -> Value:
    """`session.merge(row)`, `db.distinct(x)`."""
    return builtins.first_of(arguments)


def themed(it: Interpreter, frame: Frame, arguments: Arguments, node: Any) -> Value:
    """Flask-Themes' `render_theme_template(theme, name, **context)`."""
    return templates.render(
        it, frame, arguments.get(1, "template_name"), Dict(dict(arguments.keywords), arguments.more), node
    )


SESSION_METHODS: dict[str, Any] = {
    "query": query,
    "execute": execute,
    "scalars": scalars,
    "scalar": scalar,
    "get": get,
    "get_one": get,
    "merge": same_entity,
    "commit": commit,
    **dict.fromkeys(
        ("add", "add_all", "delete", "flush", "bulk_save_objects", "bulk_insert_mappings", "bulk_update_mappings"),
        write,
    ),
}


def of_session(dotted: str) -> dict[str, Any]:
    """The table of a session under that name."""
    return {
        **{f"{dotted}.{name}": handler for name, handler in SESSION_METHODS.items()},
        dotted: named(SESSION),  # `db.session()`
        f"{dotted}.__enter__": named(SESSION),
        f"{dotted}.begin": named(SESSION),
        f"{dotted}.no_autoflush.__enter__": named(SESSION),
    }


TABLE: dict[str, Any] = {
    **loaders.TABLE,
    **{key.replace("sqlalchemy.orm.", f"{DB}."): handler for key, handler in loaders.TABLE.items()},
    **of_session(SESSION),
    **of_session("sqlalchemy.orm.Session"),
    "sqlalchemy.orm.sessionmaker": named(FACTORY),
    f"{FACTORY}": named(SESSION),
    f"{FACTORY}.begin": named(SESSION),
    "sqlalchemy.orm.scoped_session": named(SESSION),
    "sqlalchemy.orm.create_session": named(SESSION),
    "flask_sqlalchemy.SQLAlchemy": named(DB),
    "sqlalchemy.select": select,
    "sqlalchemy.future.select": select,
    f"{DB}.select": select,
    f"{DB}.paginate": paginate,
    f"{DB}.get_or_404": get,
    f"{DB}.first_or_404": one_or_404,
    f"{DB}.one_or_404": one_or_404,
    "sqlalchemy.distinct": same_entity,
    f"{DB}.distinct": same_entity,
    **{f"{place}.func.{name}": aggregate(how) for place in ("sqlalchemy", DB) for name, how in AGGREGATES.items()},
    "flask_themes2.render_theme_template": themed,
    "flask_themes.render_theme_template": themed,
}
CLASSES = {"flask_sqlalchemy.SQLAlchemy": named(DB)}
