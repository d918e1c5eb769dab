from flask import render_template
from flask.views import MethodView
from sqlalchemy import select
from sqlalchemy.orm import joinedload, selectinload

from .. import queries
from ..extensions import db
from ..models import Episode, Show
from . import bp


@bp.route("/")
def index():
    return render_template("shows/index.html", shows=Show.query.order_by(Show.id).all())


@bp.route("/loaded")
def loaded():
    shows = Show.query.options(joinedload(Show.host), selectinload(Show.tags)).order_by(Show.id).all()
    return render_template("shows/loaded.html", shows=shows)


@bp.get("/paged")
def paged():
    page = db.paginate(select(Show).order_by(Show.id), per_page=50)
    return render_template("shows/paged.html", page=page)


@bp.get("/paged-loaded")
def paged_loaded():
    page = db.paginate(select(Show).options(joinedload(Show.host)).order_by(Show.id), per_page=50)
    return render_template("shows/paged_loaded.html", page=page)


@bp.get("/<int:key>")
def detail(key):
    show = db.get_or_404(Show, key)
    return render_template("shows/detail.html", show=show)


@bp.get("/included")
def included():
    return render_template("shows/included.html", shows=Show.query.order_by(Show.id))


@bp.get("/included-loaded")
def included_loaded():
    return render_template("shows/included_loaded.html", shows=queries.all_shows_with_hosts())


@bp.get("/macros")
def macros():
    episodes = db.session.scalars(select(Episode).order_by(Episode.id)).all()
    return render_template("shows/macros.html", episodes=episodes)


@bp.get("/grouped")
def grouped():
    context = {"episodes": Episode.query.options(joinedload(Episode.show)).order_by(Episode.id), "heading": "By show"}
    return render_template("shows/grouped.html", **context)


class Inherited(MethodView):
    def get(self):
        return render_template("shows/inherited.html", episodes=Episode.query.order_by(Episode.id))


bp.add_url_rule("/inherited", view_func=Inherited.as_view("inherited"))


@bp.get("/filters")
def filters():
    return render_template("shows/filters.html", episodes=Episode.query.options(joinedload(Episode.show)).all())


@bp.get("/filters-of-rows")
def filters_of_rows():
    return render_template("shows/filters_of_rows.html", episodes=Episode.query.order_by(Episode.id.desc()).all())
