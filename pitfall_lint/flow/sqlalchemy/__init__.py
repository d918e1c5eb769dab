"""SQLAlchemy for the interpreter: importing this registers its dialect; `TABLE` and `CLASSES` hold what its functions
and classes do."""

from pitfall_lint.flow.sqlalchemy import queries
from pitfall_lint.flow.sqlalchemy.session import CLASSES, TABLE

__all__ = ["CLASSES", "TABLE", "queries"]
