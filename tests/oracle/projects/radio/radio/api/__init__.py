from flask import Blueprint, jsonify, request
from sqlalchemy import select
from sqlalchemy.orm import joinedload

from ..extensions import db
from ..models import Episode, Host, Listener, Show
from .schemas import EpisodeSchema, ListenerSchema, ShowSchema

bp = Blueprint("api", __name__)


@bp.get("/hosts")
def hosts():
    return jsonify([host.to_dict() for host in Host.query])  # query: flat


@bp.get("/hosts/deep")
def hosts_deep():
    return jsonify(hosts=[host.to_dict(deep=True) for host in Host.query])  # query: grows "studio"


@bp.get("/hosts/deep-loaded")
def hosts_deep_loaded():
    found = Host.query.options(joinedload(Host.studio))
    return jsonify(hosts=[host.to_dict(deep=True) for host in found])  # query: flat


@bp.get("/shows")
def shows():
    query = Show.query
    if request.args.get("title"):
        query = query.filter(Show.title == request.args["title"])
    return ShowSchema().dump_all(query.order_by(Show.id).all())  # query: grows "host"


@bp.get("/shows/loaded")
def shows_loaded():
    query = Show.query.options(joinedload(Show.host))
    if request.args.get("title"):
        query = query.filter(Show.title == request.args["title"])
    return ShowSchema().dump_all(query.order_by(Show.id).all())  # query: flat


@bp.get("/episodes")
def episodes():
    schema = EpisodeSchema()
    return [schema.dump(episode) for episode in db.session.scalars(select(Episode))]  # query: grows "transcript"


@bp.get("/listeners")
def listeners():
    return ListenerSchema().dump_all(Listener.query)  # query: flat
