"""Tables as they were written before 2.0, with backrefs."""

from ..extensions import db


class Country(db.Model):
    id = db.Column(db.Integer, primary_key=True)
    name = db.Column(db.String(50), nullable=False)

    def __str__(self):
        return self.name


class Studio(db.Model):
    id = db.Column(db.Integer, primary_key=True)
    name = db.Column(db.String(50), nullable=False)
    country_id = db.Column(db.Integer, db.ForeignKey("country.id"), nullable=False)
    country = db.relationship("Country", backref="studios")

    def __repr__(self):
        return f"<Studio {self.name}>"

    @property
    def address(self):
        return f"{self.name}, {self.country.name}"
