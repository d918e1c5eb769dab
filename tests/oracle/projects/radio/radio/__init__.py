import os

from flask import Flask

from .extensions import db


def create_app(config=None):
    app = Flask(__name__)
    app.config["SQLALCHEMY_DATABASE_URI"] = os.environ.get("RADIO_DATABASE", "sqlite:///radio.db")
    app.config.update(config or {})
    db.init_app(app)
    register_blueprints(app)
    return app


def register_blueprints(app):
    from . import api, people, shows

    for blueprint, prefix in ((shows.bp, "/shows"), (people.bp, "/people"), (api.bp, "/api")):
        app.register_blueprint(blueprint, url_prefix=prefix)
