"""Helpers that take queries and statements and give them back."""

from sqlalchemy import select
from sqlalchemy.orm import joinedload, selectinload

from .extensions import db
from .models import Episode, Host, Show


def all_shows():
    return Show.query.order_by(Show.id)


def all_shows_with_hosts():
    return Show.query.options(joinedload(Show.host)).order_by(Show.id)


def with_hosts(query):
    return query.options(joinedload(Show.host))


def titled(query, text):
    return query.filter(Show.title.contains(text))


def newest(statement, limit=50):
    return statement.order_by(Episode.id.desc()).limit(limit)


def episodes():
    return select(Episode).order_by(Episode.id)


def episodes_with_guests():
    return select(Episode).options(selectinload(Episode.guest)).order_by(Episode.id)


def fetched(statement):
    return db.session.scalars(statement).all()


def hosts_and_count():
    hosts = Host.query.order_by(Host.id).all()
    return hosts, len(hosts)


def page_of(query):
    return query.paginate(page=1, per_page=50, error_out=False)


def name_of_host(show):
    return show.host.name


def title_of(show):
    return show.title


def show_dict(show, with_host=False):
    data = {"id": show.id, "title": show.title}
    if with_host:
        data["host"] = show.host.name
    return data


def by_title(shows):
    return {show.title: show for show in shows}
