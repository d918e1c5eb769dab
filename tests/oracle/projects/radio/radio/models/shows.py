"""Tables as they are written since 2.0."""

from __future__ import annotations

from typing import List, Optional

from sqlalchemy import Column, ForeignKey, String, Table
from sqlalchemy.orm import DynamicMapped, Mapped, mapped_column, relationship

from ..extensions import db
from .people import Host, Listener

show_tags = Table(
    "show_tags",
    db.metadata,
    Column("show_id", ForeignKey("show.id"), primary_key=True),
    Column("tag_id", ForeignKey("tag.id"), primary_key=True),
)


class Tag(db.Model):
    id: Mapped[int] = mapped_column(primary_key=True)
    word: Mapped[str] = mapped_column(String(20))


class Show(db.Model):
    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str] = mapped_column(String(50))
    host_id: Mapped[int] = mapped_column(ForeignKey("host.id"))
    host: Mapped[Host] = relationship(back_populates="shows")
    episodes: Mapped[List["Episode"]] = relationship(back_populates="show", order_by="Episode.id")
    tags: Mapped[list[Tag]] = relationship(secondary=show_tags, backref="shows", order_by="Tag.id")

    @property
    def headline(self):
        return f"{self.title} with {self.host.name}"

    def words(self):
        return [tag.word for tag in self.tags]


class Episode(db.Model):
    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str] = mapped_column(String(50))
    show_id: Mapped[int] = mapped_column(ForeignKey("show.id"))
    guest_id: Mapped[Optional[int]] = mapped_column(ForeignKey("host.id"))
    show: Mapped["Show"] = relationship(back_populates="episodes")
    guest: Mapped[Optional["Host"]] = relationship()
    transcript: Mapped["Transcript"] = relationship(back_populates="episode", uselist=False)
    tracks: Mapped[list["Track"]] = relationship(back_populates="episode", lazy="selectin", order_by="Track.id")
    remarks: DynamicMapped["Remark"] = relationship(back_populates="episode", order_by="Remark.id")

    def to_dict(self):
        return {"title": self.title, "guest": self.guest.name if self.guest is not None else None}

    def brief(self):
        return {"title": self.title, "guest": self.guest_id}


class Transcript(db.Model):
    id: Mapped[int] = mapped_column(primary_key=True)
    text: Mapped[str]
    episode_id: Mapped[int] = mapped_column(ForeignKey("episode.id"), unique=True)
    episode: Mapped["Episode"] = relationship(back_populates="transcript")


class Label(db.Model):
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(50))


class Track(db.Model):
    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str] = mapped_column(String(50))
    episode_id: Mapped[int] = mapped_column(ForeignKey("episode.id"))
    label_id: Mapped[int] = mapped_column(ForeignKey("label.id"))
    episode: Mapped["Episode"] = relationship(back_populates="tracks")
    label: Mapped["Label"] = relationship(lazy="joined")


class Remark(db.Model):
    id: Mapped[int] = mapped_column(primary_key=True)
    text: Mapped[str] = mapped_column(String(50))
    episode_id: Mapped[int] = mapped_column(ForeignKey("episode.id"))
    listener_id: Mapped[int] = mapped_column(ForeignKey("listener.id"))
    episode: Mapped["Episode"] = relationship(back_populates="remarks")
    listener: Mapped["Listener"] = relationship()
