from radio import create_app
from radio.extensions import db

app = create_app({"SQLALCHEMY_DATABASE_URI": "sqlite://"})

__all__ = ["app", "db"]
