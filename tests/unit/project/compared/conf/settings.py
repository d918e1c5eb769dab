"""Every contrib app, three apps with all forms of relations, and a user model of the project's own."""

SECRET_KEY = "only for tests"
USE_TZ = True
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
AUTH_USER_MODEL = "people.Person"
SITE_ID = 1
REVIEWED_MODEL = "library.Book"
INSTALLED_APPS = [
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.flatpages",
    "django.contrib.messages",
    "django.contrib.redirects",
    "django.contrib.sessions",
    "django.contrib.sites",
    "rest_framework.authtoken",
]
INSTALLED_APPS += ["people", "library.apps.LibraryConfig"]
INSTALLED_APPS.append("shop")
DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}}
