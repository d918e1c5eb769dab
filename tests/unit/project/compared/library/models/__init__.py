"""A package of models, re-exported."""

from .base import *  # noqa: F403
from .books import Author, Book, Chapter, Edition, Loan, Review, Shelf, Tale

__all__ = ["Author", "Book", "Chapter", "Edition", "Loan", "Owned", "Review", "Shelf", "Tale"]  # noqa: F405
