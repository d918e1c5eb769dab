"""Tables as they were written before 2.0: backrefs with options, dynamic and eager relationships."""

from ..extensions import db


class Host(db.Model):
    id = db.Column(db.Integer, primary_key=True)
    name = db.Column(db.String(50), nullable=False)
    studio_id = db.Column(db.ForeignKey("studio.id"), nullable=False)
    studio = db.relationship("Studio", backref=db.backref("hosts", order_by="Host.id"))
    letters = db.relationship("Letter", back_populates="host", lazy="dynamic", order_by="Letter.id")
    shows = db.relationship("Show", back_populates="host", order_by="Show.id")

    @property
    def byline(self):
        return f"{self.name} of {self.studio.name}"

    @property
    def initials(self):
        return self.name[:1]

    def to_dict(self, deep=False):
        data = {"id": self.id, "name": self.name, "studio_id": self.studio_id}
        if deep:
            data["studio"] = self.studio.name
        return data


class Listener(db.Model):
    id = db.Column(db.Integer, primary_key=True)
    name = db.Column(db.String(50), nullable=False)
    home_id = db.Column(db.ForeignKey("country.id"), nullable=False)
    home = db.relationship("Country", lazy="joined")
    letters = db.relationship("Letter", back_populates="listener", lazy="selectin")


class Letter(db.Model):
    id = db.Column(db.Integer, primary_key=True)
    text = db.Column(db.Text)
    host_id = db.Column(db.ForeignKey("host.id"), nullable=False)
    listener_id = db.Column(db.ForeignKey("listener.id"), nullable=False)
    host = db.relationship("Host", back_populates="letters")
    listener = db.relationship("Listener", back_populates="letters")
