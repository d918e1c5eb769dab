"""What a query loads, and what it does not: options, relationships that load themselves, joins."""

from sqlalchemy import select
from sqlalchemy.orm import (
    Load,
    aliased,
    contains_eager,
    defaultload,
    immediateload,
    joinedload,
    lazyload,
    load_only,
    selectinload,
    subqueryload,
)

from .extensions import db
from .models import Episode, Host, Letter, Listener, Remark, Show, Studio, Tag, Track, Transcript


def plain_query():
    return [show.host.name for show in Show.query.all()]  # query: grows "host"


def plain_select():
    lines = []
    for show in db.session.execute(db.select(Show)).scalars():
        lines.append(show.host.name)  # query: grows "host"
    return lines


def plain_scalars():
    return [show.host.name for show in db.session.scalars(select(Show).order_by(Show.id))]  # query: grows "host"


def plain_session_query():
    return [studio.country.name for studio in db.session.query(Studio)]  # query: grows "country"


def key_only():
    return [show.host_id for show in Show.query.all()]  # query: flat


def columns():
    return [title for (title,) in db.session.execute(select(Show.title).join(Show.host))]  # query: flat


def joined():
    return [show.host.name for show in Show.query.options(joinedload(Show.host)).all()]  # query: flat


def joined_through_db():
    return [show.host.name for show in Show.query.options(db.joinedload(Show.host))]  # query: flat


def joined_in_select():
    statement = select(Show).options(joinedload(Show.host, innerjoin=True))
    return [show.host.name for show in db.session.scalars(statement)]  # query: flat


def joined_one_step_too_few():
    lines = []
    for show in Show.query.options(joinedload(Show.host)).order_by(Show.id):
        lines.append(show.host.studio.name)  # query: grows "host__studio"
    return lines


def joined_two_steps():
    lines = []
    for show in Show.query.options(joinedload(Show.host).joinedload(Host.studio)):
        lines.append(show.host.studio.name)  # query: flat
    return lines


def joined_by_nested_options():
    loader = joinedload(Show.host).options(joinedload(Host.studio).joinedload(Studio.country), load_only(Host.name))
    return [show.host.studio.country.name for show in Show.query.options(loader)]  # query: flat


def first_step_stays_lazy():
    lines = []
    for show in Show.query.options(defaultload(Show.host).joinedload(Host.studio)):
        lines.append(show.host.studio.name)  # query: grows "host"
    return lines


def selected_in():
    return [len(show.episodes) for show in Show.query.options(selectinload(Show.episodes))]  # query: flat


def selected_in_and_below():
    lines = []
    loader = selectinload(Show.episodes).joinedload(Episode.guest)
    for show in db.session.scalars(select(Show).options(loader)):
        lines += [episode.guest.name for episode in show.episodes]  # query: flat
    return lines


def selected_in_and_not_below():
    lines = []
    for show in db.session.scalars(select(Show).options(selectinload(Show.episodes))):
        lines += [episode.guest.name for episode in show.episodes]  # query: grows "episodes__guest"
    return lines


def by_subquery():
    return [len(show.tags) for show in Show.query.options(subqueryload(Show.tags)).all()]  # query: flat


def immediately():
    return [show.host.name for show in Show.query.options(immediateload(Show.host))]  # query: grows known-miss "a query per row, asked for by name"


def joined_to_many():
    statement = select(Show).options(joinedload(Show.episodes)).order_by(Show.id)
    return [len(show.episodes) for show in db.session.scalars(statement).unique()]  # query: flat


def join_loads_nothing():
    lines = []
    for show in Show.query.join(Show.host).filter(Host.name != "").order_by(Host.name):
        lines.append(show.host.name)  # query: grows "host"
    return lines


def outer_join_loads_nothing():
    lines = []
    for episode in db.session.scalars(select(Episode).outerjoin(Episode.guest).order_by(Host.name, Episode.id)):
        lines.append(episode.guest.name)  # query: grows "guest"
    return lines


def join_told_to_load():
    lines = []
    for show in Show.query.join(Show.host).options(contains_eager(Show.host)).order_by(Host.name):
        lines.append(show.host.name)  # query: flat
    return lines


def alias_told_to_load():
    guest = aliased(Host)
    statement = select(Episode).join(Episode.guest.of_type(guest)).options(contains_eager(Episode.guest.of_type(guest)))
    return [episode.guest.name for episode in db.session.scalars(statement)]  # query: flat


def selected_beside():
    rows = db.session.execute(select(Show, Host).join(Show.host).order_by(Show.id))
    return [show.host.name for show, host in rows]  # query: flat


def selected_beside_by_name():
    rows = db.session.query(Show, Host).join(Host, Show.host_id == Host.id).all()
    return [(row.Show.host.name, row.Host.name) for row in rows]  # query: flat


def selected_beside_and_further():
    rows = db.session.execute(select(Show, Host).join(Show.host).order_by(Show.id))
    return [host.studio.name for show, host in rows]  # query: grows "studio"


def column_beside():
    rows = db.session.execute(select(Show, Host.name).join(Show.host).order_by(Show.id))
    return [(show.title, name) for show, name in rows]  # query: flat


def column_beside_and_read():
    rows = db.session.execute(select(Show, Host.name).join(Show.host).order_by(Show.id))
    return [show.host.name for show, name in rows]  # query: grows "host"


def loads_itself_by_join():
    return [listener.home.name for listener in Listener.query]  # query: flat


def loads_itself_by_select():
    return [[letter.text for letter in listener.letters] for listener in Listener.query]  # query: flat


def loads_itself_and_below():
    lines = []
    for episode in Episode.query.order_by(Episode.id):
        lines += [track.label.name for track in episode.tracks]  # query: flat
    return lines


def loads_itself_unless_told():
    return [listener.home.name for listener in Listener.query.options(lazyload(Listener.home))]  # query: grows "home"


def itself_below_a_lazy_one():
    lines = []
    for remark in Remark.query.order_by(Remark.id):
        lines.append(remark.listener.home.name)  # query: grows "listener"
    return lines


def itself_below_a_joined_one():
    lines = []
    for remark in Remark.query.options(joinedload(Remark.listener)).order_by(Remark.id):
        lines.append(remark.listener.home.name)  # query: flat
    return lines


def one_to_one_from_the_key():
    return [text.episode.title for text in Transcript.query.all()]  # query: grows "episode"


def one_to_one_from_the_other_side():
    return [episode.transcript.text for episode in Episode.query.all()]  # query: grows "transcript"


def one_to_one_joined():
    statement = select(Episode).options(joinedload(Episode.transcript))
    return [episode.transcript.text for episode in db.session.scalars(statement)]  # query: flat


def one_to_one_and_back():
    statement = select(Episode).options(joinedload(Episode.transcript))
    return [episode.transcript.episode.title for episode in db.session.scalars(statement)]  # query: flat


def many_to_many():
    return [[tag.word for tag in show.tags] for show in Show.query.all()]  # query: grows "tags"


def many_to_many_backref():
    return [len(tag.shows) for tag in Tag.query.all()]  # query: grows "shows"


def many_to_many_backref_loaded():
    return [len(tag.shows) for tag in Tag.query.options(selectinload(Tag.shows))]  # query: flat


def backref():
    return [len(studio.hosts) for studio in Studio.query.all()]  # query: grows "hosts"


def backref_and_parent():
    lines = []
    for studio in Studio.query.options(selectinload(Studio.hosts)).order_by(Studio.id):
        lines += [host.studio.name for host in studio.hosts]  # query: flat
    return lines


def merged_into_options():
    query = Show.query.options(selectinload(Show.episodes)).order_by(Show.id)
    return [(len(show.episodes), show.host.name) for show in query]  # query: grows "host"


def only_columns():
    return [show.title for show in Show.query.options(load_only(Show.title))]  # query: flat


def only_columns_and_relation():
    query = Show.query.options(load_only(Show.title, Show.host_id), joinedload(Show.host))
    return [show.host.name for show in query]  # query: flat


def load_of_class():
    return [show.host.name for show in Show.query.options(Load(Show).joinedload(Show.host))]  # query: flat


def grouped():
    query = Show.query.join(Show.episodes).group_by(Show.id).having(db.func.count(Episode.id) > 1)
    return [show.host.name for show in query]  # query: grows "host"


def dynamic():
    return [host.letters.all() for host in Host.query.filter(Host.shows.any()).all()]  # query: grows "letters"


def dynamic_of_one():
    host = Host.query.order_by(Host.id).first()
    return [letter.text for letter in host.letters.order_by(Letter.id)]  # query: flat


def dynamic_of_one_and_below():
    episode = Episode.query.order_by(Episode.id.desc()).first()
    return [remark.text for remark in episode.remarks]  # query: flat


def label_of_tracks():
    return [track.label.name for track in db.session.scalars(select(Track))]  # query: flat
