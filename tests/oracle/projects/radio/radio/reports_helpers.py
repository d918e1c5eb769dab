"""Queries handed to functions and back."""

from operator import attrgetter

from . import queries
from .models import Episode, Host, Show
from .queries import by_title, fetched, newest, page_of


def returned():
    return [show.host.name for show in queries.all_shows()]  # query: grows "host"


def returned_joined():
    return [show.host.name for show in queries.all_shows_with_hosts()]  # query: flat


def returned_then_joined():
    return [show.host.name for show in queries.with_hosts(queries.all_shows())]  # query: flat


def returned_narrowed_joined():
    shows = queries.titled(queries.with_hosts(Show.query), "Show").order_by(Show.id).all()
    return [show.host.name for show in shows]  # query: flat


def returned_narrowed():
    shows = queries.titled(Show.query, "Show").order_by(Show.id).all()
    return [show.host.name for show in shows]  # query: grows "host"


def statement_returned():
    return [episode.guest.name for episode in fetched(newest(queries.episodes()))]  # query: grows "guest"


def statement_returned_loaded():
    return [episode.guest.name for episode in fetched(newest(queries.episodes_with_guests()))]  # query: flat


def from_tuple():
    hosts, count = queries.hosts_and_count()
    return count, [host.studio.name for host in hosts]  # query: grows "studio"


def from_tuple_for_names():
    hosts, count = queries.hosts_and_count()
    return count, [host.initials for host in hosts]  # query: flat


def row_by_row():
    return [queries.name_of_host(show) for show in Show.query.order_by(Show.id)]  # query: grows "host"


def row_by_row_titles():
    return [queries.title_of(show) for show in Show.query.order_by(Show.id)]  # query: flat


def mapped():
    return list(map(queries.name_of_host, Show.query.order_by(Show.id)))  # query: grows "host"


def mapped_titles():
    return list(map(queries.title_of, Show.query.order_by(Show.id)))  # query: flat


def serialised():
    return [queries.show_dict(show) for show in Show.query]  # query: flat


def serialised_deeply():
    return [queries.show_dict(show, with_host=True) for show in Show.query]  # query: grows "host"


def by_property():
    return [host.byline for host in Host.query.order_by(Host.id)]  # query: grows "studio"


def by_property_of_property():
    return [show.headline for show in queries.all_shows_with_hosts()]  # query: flat


def by_method():
    return [show.words() for show in queries.all_shows()]  # query: grows "tags"


def to_dict():
    return [episode.to_dict() for episode in Episode.query]  # query: grows "guest"


def to_dict_loaded():
    return [episode.to_dict() for episode in fetched(queries.episodes_with_guests())]  # query: flat


def to_brief_dict():
    return [episode.brief() for episode in Episode.query]  # query: flat


def to_shallow_dict():
    return [host.to_dict() for host in Host.query]  # query: flat


def to_deep_dict():
    return [host.to_dict(deep=True) for host in Host.query]  # query: grows "studio"


def paged():
    return [show.host.name for show in page_of(Show.query.order_by(Show.id)).items]  # query: grows "host"


def paged_joined():
    return [show.host.name for show in page_of(queries.all_shows_with_hosts())]  # query: flat


def paged_titles():
    return [show.title for show in page_of(queries.all_shows()).items]  # query: flat


def from_dict():
    return [show.host.name for show in by_title(Show.query).values()]  # query: grows "host"


def from_dict_titles():
    return sorted(by_title(Show.query))  # query: flat


def sorted_by_title():
    return [show.title for show in sorted(Show.query.all(), key=attrgetter("title"))]  # query: flat


def sorted_by_host():
    return [show.title for show in sorted(Show.query.all(), key=lambda show: show.host.name)]  # query: grows "host"
