"""Other ways of writing the same: results, sessions, class methods, generators, nested collections."""

from sqlalchemy import and_, select
from sqlalchemy.orm import Session, joinedload, raiseload, selectinload

from .extensions import db
from .models import Episode, Host, Letter, Listener, Show, Tag


def mappings():
    rows = db.session.execute(select(Show)).mappings().all()
    return [row["Show"].title for row in rows]  # query: flat


def unique_all():
    statement = select(Show).options(joinedload(Show.tags)).order_by(Show.id)
    return [len(show.tags) for show in db.session.scalars(statement).unique().all()]  # query: flat


def refused():
    return [show.title for show in Show.query.options(raiseload(Show.host))]  # query: flat


def own_session():
    with Session(db.engine) as session:
        return [show.host.name for show in session.scalars(select(Show)).all()]  # query: grows "host"


def own_session_loaded():
    with Session(db.engine) as session:
        statement = select(Show).options(selectinload(Show.host))
        return [show.host.name for show in session.scalars(statement).all()]  # query: flat


def narrowed_by_relation():
    statement = select(Show).where(Show.host.has(Host.name != ""))
    return [show.host.name for show in db.session.scalars(statement)]  # query: grows "host"


def narrowed_to_many():
    return [show.title for show in Show.query.filter(Show.episodes.any(Episode.title != ""))]  # query: flat


def generated():
    def each():
        for show in Show.query.order_by(Show.id):
            yield show, show.host_id

    return [show.host.name for show, key in each()]  # query: grows "host"


def generated_titles():
    def each():
        yield from Show.query.order_by(Show.id)

    return [show.title for show in each()]  # query: flat


def nested():
    lines = []
    for show in Show.query.options(selectinload(Show.episodes).selectinload(Episode.tracks)):
        for episode in show.episodes:
            for track in episode.tracks:
                lines.append((track.label.name, track.episode.show.title))  # query: flat
    return lines


def two_options():
    query = Show.query.options(selectinload(Show.episodes), selectinload(Show.episodes, Episode.transcript))
    return [[episode.transcript.text for episode in show.episodes] for show in query]  # query: flat


def limited():
    return [show.host.name for show in Show.query.order_by(Show.id).limit(50).offset(0)]  # query: grows "host"


def sliced():
    return [show.host.name for show in Show.query.order_by(Show.id)[0:50]]  # query: grows "host"


def one_letter():
    letter = Letter.query.options(joinedload(Letter.host)).first()
    return letter.host.studio.country.name  # query: flat


def conditions():
    statement = select(Letter).where(and_(Letter.text != "", Letter.host_id == 1)).order_by(Letter.id)
    return [letter.host.name for letter in db.session.scalars(statement)]  # query: flat


def added_options():
    query = Show.query.order_by(Show.id)
    if db.session.is_active:
        query = query.options(joinedload(Show.host))
    return [show.host.name for show in query]  # query: flat


def backrefs():
    lines = []
    for show in Show.query.options(selectinload(Show.tags)):
        lines += [len(tag.shows) for tag in show.tags]  # query: grows "tags__shows"
    return lines


def listener_homes():
    lines = []
    for letter in Letter.query.options(joinedload(Letter.listener)).order_by(Letter.id):
        lines.append(letter.listener.home.name)  # query: flat
    return lines


def counted_once():
    tags = Tag.query.all()
    shows = Show.query.filter(Show.tags.any(Tag.id.in_([tag.id for tag in tags]))).count()  # query: flat
    return shows, Listener.query.count()
