"""What the session holds costs no query."""

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from .extensions import db
from .models import Country, Episode, Host, Letter, Show, Studio


def of_one_row():
    show = db.session.get(Show, 1)
    return show.host.name, show.host.studio.name  # query: flat


def get_by_query():
    show = Show.query.get(1)
    return [tag.word for tag in show.tags]  # query: flat


def first():
    show = Show.query.order_by(Show.id).first_or_404()
    return len(show.episodes)  # query: flat


def one_by_select():
    show = db.session.execute(select(Show).where(Show.id == 1)).scalar_one()
    return show.host.byline  # query: flat


def parent_of_its_children():
    show = db.session.get(Show, 1)
    return [episode.show.title for episode in show.episodes]  # query: flat


def parents_of_their_children():
    lines = []
    for show in Show.query.options(joinedload(Show.episodes)).order_by(Show.id):
        lines += [episode.show.title for episode in show.episodes]  # query: flat
    return lines


def children_of_one():
    show = db.session.get(Show, 1)
    return [episode.title for episode in Episode.query.filter_by(show_id=show.id) if episode.show.title]  # query: flat


def children_by_row():
    show = Show.query.order_by(Show.id).first()
    return [episode.show.title for episode in Episode.query.filter_by(show=show)]  # query: flat


def children_by_expression():
    show = db.first_or_404(select(Show).order_by(Show.id))
    statement = select(Episode).where(Episode.show == show)
    return [episode.show.title for episode in db.session.scalars(statement)]  # query: flat


def read_before():
    hosts = Host.query.all()
    shows = Show.query.order_by(Show.id).all()
    return len(hosts), [show.host.name for show in shows]  # query: flat


def read_before_by_key():
    hosts = db.session.scalars(select(Host)).all()
    return len(hosts), [db.session.get(Host, show.host_id).name for show in Show.query]  # query: flat


def got_by_key():
    return [db.session.get(Host, show.host_id).name for show in Show.query]  # query: grows


def got_by_query():
    return [Host.query.get(show.host_id).name for show in Show.query]  # query: grows


def read_whole():
    countries = {country.id: country for country in Country.query}
    return [countries[studio.country_id].name for studio in Studio.query]  # query: flat


def set_by_hand():
    host = db.session.get(Host, 1)
    lines = []
    for show in Show.query.order_by(Show.id):
        show.host = host
        lines.append(show.host.name)  # query: flat
    db.session.rollback()
    return lines


def made_by_hand():
    host = Host(name="New", studio=Studio(name="Nowhere"))
    letters = [Letter(text=text, host=host) for text in ("one", "two")]
    return [letter.host.studio.name for letter in letters]  # query: flat


def with_session():
    with db.session.no_autoflush:
        return [studio.country.name for studio in Studio.query]  # query: grows "country"
