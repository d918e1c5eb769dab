"""Mapped classes and relationships: which way they lead, how they load, and what leads back."""

from __future__ import annotations

from pitfall_lint.project.sqlalchemy import Relationship
from tests.unit.support import project_of

LEGACY = """
import functools
from flask_login import UserMixin
from flask_sqlalchemy import BaseQuery, SQLAlchemy

class Found(BaseQuery):
    pass

db = SQLAlchemy()
Column = functools.partial(db.Column, nullable=False)
tagged = db.Table("tagged", db.Column("book_id", db.ForeignKey("book.id")), db.Column("tag_id", db.ForeignKey("tag.id")))

class Stamped:
    @declared_attr
    def owner_id(cls):
        return db.Column(db.ForeignKey("member.id"))

class Member(UserMixin, db.Model):
    query_class = Found
    id = db.Column(db.Integer, primary_key=True)
    sent = db.relationship("Letter", foreign_keys="Letter.sender_id", backref="sender", lazy="dynamic")
    received = db.relationship("Letter", foreign_keys="Letter.receiver_id", back_populates="receiver")
    card = db.relationship("Card", uselist=False, backref=db.backref("member", lazy="joined"))

class Letter(db.Model):
    sender_id = Column(db.Integer, db.ForeignKey("member.id"))
    receiver_id = Column(db.Integer, db.ForeignKey(Member.id))
    receiver = db.relationship(Member, foreign_keys=[receiver_id], back_populates="received")
    vague = db.relationship("Member", viewonly=True)

class Card(db.Model):
    member_id = Column(db.Integer, db.ForeignKey("member.id"))

class Tag(db.Model):
    pass

class Book(db.Model):
    parent_id = db.Column(db.Integer, db.ForeignKey("book.id"))
    tags = db.relationship("Tag", secondary=tagged, backref="books", lazy="selectin")
    parent = db.relationship("Book", remote_side="Book.id", backref="children")
    unknown = db.relationship("Elsewhere")
"""
MODERN = """
from sqlalchemy import ForeignKey
from sqlalchemy.orm import DeclarativeBase, DynamicMapped, Mapped, mapped_column, relationship

class Base(DeclarativeBase):
    pass

class Shelf(Base):
    __tablename__ = "shelves"
    id: Mapped[int] = mapped_column(primary_key=True)
    books: Mapped[list["Volume"]] = relationship(back_populates="shelf")
    archived: DynamicMapped["Volume"] = relationship(viewonly=True)

class Volume(Base):
    __tablename__ = "volumes"
    id: Mapped[int] = mapped_column(primary_key=True)
    shelf_id: Mapped[int | None] = mapped_column(ForeignKey("shelves.id"))
    shelf: Mapped["Shelf | None"] = relationship(back_populates="books", lazy="raise")

class Atlas(Volume):
    __tablename__ = "atlases"
    id: Mapped[int] = mapped_column(ForeignKey("volumes.id"), primary_key=True)
"""


def relations(text: str, model: str) -> dict[str, Relationship]:
    """The relationships of a class of app.py."""
    return dict(project_of({"app.py": text}).sqlalchemy.models[f"app.{model}"].relationships)


def told(text: str, model: str) -> dict[str, tuple[str, str, str]]:
    """What is known of each: kind, target, loading."""
    found = relations(text, model).items()
    return {name: (one.kind, one.target.label if one.target else "", one.lazy) for name, one in found}


def test_directions_of_flask_sqlalchemy() -> None:
    assert told(LEGACY, "Member") == {
        "sent": ("reverse_fk", "Letter", "dynamic"),
        "received": ("reverse_fk", "Letter", "select"),
        "card": ("reverse_o2o", "Card", "select"),
    }
    assert told(LEGACY, "Letter") == {
        "receiver": ("fk", "Member", "select"),
        "vague": ("fk", "Member", "select"),
        "sender": ("fk", "Member", "select"),
    }
    assert told(LEGACY, "Card") == {"member": ("o2o", "Member", "joined")}


def test_many_to_many_and_trees() -> None:
    assert told(LEGACY, "Book") == {
        "tags": ("m2m", "Tag", "selectin"),
        "parent": ("fk", "Book", "select"),
        "children": ("reverse_fk", "Book", "select"),
    }
    assert told(LEGACY, "Tag") == {"books": ("m2m", "Book", "select")}


def test_keys_and_what_leads_back() -> None:
    letter = relations(LEGACY, "Letter")
    assert (letter["sender"].inverse, letter["sender"].keys) == ("sent", {"sender_id"})
    assert (letter["receiver"].inverse, letter["receiver"].attname) == ("received", "receiver_id")


def test_annotations() -> None:
    assert told(MODERN, "Shelf") == {
        "books": ("reverse_fk", "Volume", "select"),
        "archived": ("reverse_fk", "Volume", "dynamic"),
    }
    assert told(MODERN, "Volume") == {"shelf": ("fk", "Shelf", "raise")}
    assert told(MODERN, "Atlas") == told(MODERN, "Volume")
    volume = relations(MODERN, "Volume")["shelf"]
    assert volume.loads_itself
    assert relations(MODERN, "Shelf")["archived"].is_query


def test_models_and_their_queries() -> None:
    mapped = project_of({"app.py": LEGACY}).sqlalchemy
    member = mapped.models["app.Member"]
    assert mapped.user_model is member
    assert member.query_name == "query"
    assert member.query_class is not None
    assert member.query_class.name == "Found"
    assert member.table == "member"
    modern = project_of({"app.py": MODERN}).sqlalchemy
    assert modern.models["app.Base"].abstract
    assert modern.models["app.Volume"].query_name is None


def test_absent_without_mapped_classes() -> None:
    assert not project_of({"app.py": "from flask import Flask\napp = Flask(__name__)\n"}).sqlalchemy.present
    assert not project_of({"app.py": "import sqlalchemy\n"}).sqlalchemy.present
