"""Starts a copy of the example Flask app and prints, as JSON, the status and headers of its home page over HTTPS and
over HTTP.
"""

from __future__ import annotations

import json
import os
import sys


def main(project: str) -> None:
    """Two requests."""
    sys.path.insert(0, project)
    os.environ["BOOK_CLUB_DATABASE"] = "sqlite://"
    import app as book_club

    with book_club.app.app_context():
        book_club.db.create_all()
        client = book_club.app.test_client()
        answers = {}
        for scheme in ("https", "http"):
            response = client.get("/", base_url=f"{scheme}://localhost")
            answers[scheme] = {"status": response.status_code, "headers": dict(response.headers), "text": response.text}
    print(json.dumps(answers))


if __name__ == "__main__":
    main(sys.argv[1])
