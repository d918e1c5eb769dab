"""Queries that run on each turn of a loop, and those that do not."""

from sqlalchemy import func, select

from .extensions import db
from .models import Episode, Host, Letter, Listener, Remark, Show


def query_per_row():
    lines = []
    for show in Show.query.order_by(Show.id).all():
        lines.append([episode.title for episode in Episode.query.filter_by(show_id=show.id)])  # query: grows
    return lines


def first_per_row():
    lines = []
    for show in Show.query.order_by(Show.id).all():
        newest = db.session.scalars(select(Episode).where(Episode.show_id == show.id)).first()  # query: grows
        lines.append(newest.title)
    return lines


def count_per_row():
    lines = []
    for show in Show.query.order_by(Show.id).all():
        lines.append(Episode.query.filter_by(show_id=show.id).count())  # query: grows
    return lines


def count_of_dynamic_per_row():
    return [host.letters.count() for host in Host.query.filter(Host.shows.any())]  # query: grows "letters"


def dynamic_refined_per_row():
    lines = []
    for episode in Episode.query.order_by(Episode.id):
        lines.append([remark.text for remark in episode.remarks.filter(Remark.text != "")])  # query: grows
    return lines


def counted_by_group():
    statement = select(Episode.show_id, func.count(Episode.id)).group_by(Episode.show_id)
    counts = dict(db.session.execute(statement).tuples().all())
    return [counts[show.id] for show in Show.query]  # query: flat


def asked_once():
    shows = Show.query.all()
    episodes = Episode.query.filter(Episode.show_id.in_([show.id for show in shows])).all()  # query: flat
    return [[episode.title for episode in episodes if episode.show_id == show.id] for show in shows]


def few_questions():
    return [model.query.count() for model in (Show, Host, Episode)]  # query: flat


def exists_per_row():
    lines = []
    for listener in Listener.query.order_by(Listener.id):
        found = db.session.query(Letter.query.filter_by(listener_id=listener.id).exists()).scalar()  # query: grows
        lines.append(found)
    return lines


def loaded_letters_counted():
    return [len(listener.letters) for listener in Listener.query]  # query: flat


def commit_per_row():
    for show in Show.query.all():
        show.title = "Renamed"
        db.session.commit()  # query: grows
    return "done"


def commit_once():
    for show in Show.query.all():
        show.title = "Renamed"
    db.session.commit()  # query: flat
    return "done"
