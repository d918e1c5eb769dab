"""Runs nothing; it marks the folder as a Django project."""

import os

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "conf.settings")
