from radio.extensions import db
from radio.models import (
    Country,
    Episode,
    Host,
    Label,
    Letter,
    Listener,
    Remark,
    Show,
    Studio,
    Tag,
    Track,
    Transcript,
)


def seed(rows):
    """Everything `rows` times, each with relations of its own."""
    tags = [Tag(word=f"tag {number}") for number in range(rows)]
    db.session.add_all(tags)
    for number in range(rows):
        country = Country(name=f"Country {number}")
        studio = Studio(name=f"Studio {number}", country=country)
        host = Host(name=f"Host {number}", studio=studio)
        guest = Host(name=f"Guest {number}", studio=Studio(name=f"Guests {number}", country=country))
        listener = Listener(name=f"Listener {number}", home=Country(name=f"Home {number}"))
        show = Show(title=f"Show {number}", host=host, tags=tags)
        db.session.add_all([show, guest, listener])
        db.session.add_all([Letter(text=f"Letter {number}.{part}", host=host, listener=listener) for part in range(2)])
        for part in range(2):
            episode = Episode(title=f"Episode {number}.{part}", show=show, guest=guest)
            episode.transcript = Transcript(text=f"Transcript {number}.{part}")
            episode.tracks = [Track(title=f"Track {number}.{part}", label=Label(name=f"Label {number}.{part}"))]
            db.session.add(episode)
            db.session.add(Remark(text=f"Remark {number}.{part}", episode=episode, listener=listener))
    db.session.commit()
