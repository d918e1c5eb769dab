from .people import Host, Letter, Listener
from .places import Country, Studio
from .shows import Episode, Label, Remark, Show, Tag, Track, Transcript

__all__ = [
    "Country",
    "Episode",
    "Host",
    "Label",
    "Letter",
    "Listener",
    "Remark",
    "Show",
    "Studio",
    "Tag",
    "Track",
    "Transcript",
]
