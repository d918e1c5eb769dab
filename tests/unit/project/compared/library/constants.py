"""Names of models, one hop away."""

APP = "people"
PERSON = APP + ".Person"
