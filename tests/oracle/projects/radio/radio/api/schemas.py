"""What rows look like outside."""


class Schema:
    def dump(self, row):
        raise NotImplementedError

    def dump_all(self, rows):
        return [self.dump(row) for row in rows]


class ShowSchema(Schema):
    def dump(self, row):
        return {"title": row.title, "host": row.host.name}


class EpisodeSchema(Schema):
    def dump(self, row):
        return {"title": row.title, "text": row.transcript.text, "tracks": [track.title for track in row.tracks]}


class ListenerSchema(Schema):
    def dump(self, row):
        return {"name": row.name, "home": row.home.name, "letters": len(row.letters)}
