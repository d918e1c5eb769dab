from flask import Blueprint, render_template

from ..extensions import db
from ..models import Host, Letter, Studio

bp = Blueprint("people", __name__)


@bp.context_processor
def studios():
    return {"all_studios": Studio.query.order_by(Studio.id).all()}


@bp.route("/hosts")
def hosts():
    return render_template("hosts.html", hosts=Host.query.filter(Host.shows.any()).order_by(Host.id).all())


@bp.route("/letters")
def letters():
    rows = db.session.query(Letter, Host).join(Letter.host).order_by(Letter.id).all()
    return render_template("letters.html", rows=rows)
