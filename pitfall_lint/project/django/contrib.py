"""The models that come with Django, and a few of libraries that many projects join to their own, as data.

A test compares Django's own with what Django says of itself. Of the libraries there is only what has been so in all
their recent releases; a
field that is not listed is not known, never assumed absent.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache


@dataclass(frozen=True, slots=True)
class Entry:
    """One field of a listed model; `options` as in Django, but as text: related_name, related_query_name, ct_field,
    fk_field.
    """

    name: str
    kind: str
    target: str | None
    flags: frozenset[str]
    options: tuple[tuple[str, str], ...]

    def option(self, name: str) -> str | None:
        """The option's value."""
        return dict(self.options).get(name)


@dataclass(frozen=True, slots=True)
class Listed:
    """One listed model; `managers` as (name, dotted class)."""

    dotted: str
    app_label: str
    app: str
    abstract: bool
    proxy: bool
    bases: tuple[str, ...]
    entries: tuple[Entry, ...]
    managers: tuple[tuple[str, str], ...]


# A model: `dotted app_label [abstract] [proxy] [< base ...] [name=Manager]`; then its fields: `name Kind [target]
# [null] [pk] [option=value]`.
# A target is a label; USER is the user model.
_TEXT = """
django.contrib.contenttypes.models.ContentType contenttypes objects=django.contrib.contenttypes.models.ContentTypeManager
  app_label CharField
  model CharField
django.contrib.auth.models.Permission auth objects=django.contrib.auth.models.PermissionManager
  name CharField
  content_type ForeignKey contenttypes.ContentType
  codename CharField
django.contrib.auth.models.Group auth objects=django.contrib.auth.models.GroupManager
  name CharField
  permissions ManyToManyField auth.Permission
django.contrib.auth.models.AbstractBaseUser auth abstract
  password CharField
  last_login DateTimeField null
django.contrib.auth.models.PermissionsMixin auth abstract
  is_superuser BooleanField
  groups ManyToManyField auth.Group related_name=user_set related_query_name=user
  user_permissions ManyToManyField auth.Permission related_name=user_set related_query_name=user
django.contrib.auth.models.AbstractUser auth abstract < django.contrib.auth.models.AbstractBaseUser django.contrib.auth.models.PermissionsMixin objects=django.contrib.auth.models.UserManager
  username CharField
  first_name CharField
  last_name CharField
  email EmailField
  is_staff BooleanField
  is_active BooleanField
  date_joined DateTimeField
django.contrib.auth.models.User auth < django.contrib.auth.models.AbstractUser
django.contrib.sessions.base_session.AbstractBaseSession sessions abstract objects=django.contrib.sessions.base_session.BaseSessionManager
  session_key CharField pk
  session_data TextField
  expire_date DateTimeField
django.contrib.sessions.models.Session sessions < django.contrib.sessions.base_session.AbstractBaseSession objects=django.contrib.sessions.models.SessionManager
django.contrib.sites.models.Site sites objects=django.contrib.sites.models.SiteManager
  domain CharField
  name CharField
django.contrib.admin.models.LogEntry admin objects=django.contrib.admin.models.LogEntryManager
  action_time DateTimeField
  user ForeignKey USER
  content_type ForeignKey contenttypes.ContentType null
  object_id TextField null
  object_repr CharField
  action_flag PositiveSmallIntegerField
  change_message TextField
django.contrib.redirects.models.Redirect redirects
  site ForeignKey sites.Site
  old_path CharField
  new_path CharField
django.contrib.flatpages.models.FlatPage flatpages
  url CharField
  title CharField
  content TextField
  enable_comments BooleanField
  template_name CharField
  registration_required BooleanField
  sites ManyToManyField sites.Site
rest_framework.authtoken.models.Token authtoken
  key CharField pk
  user OneToOneField USER related_name=auth_token
  created DateTimeField
rest_framework.authtoken.models.TokenProxy authtoken proxy < rest_framework.authtoken.models.Token
mptt.models.MPTTModel mptt abstract objects=mptt.managers.TreeManager
treebeard.mp_tree.MP_Node treebeard abstract objects=treebeard.mp_tree.MP_NodeManager
  path CharField
  depth PositiveIntegerField
  numchild PositiveIntegerField
polymorphic.models.PolymorphicModel polymorphic abstract objects=polymorphic.managers.PolymorphicManager
  polymorphic_ctype ForeignKey contenttypes.ContentType null related_name=polymorphic_%(app_label)s.%(class)s_set+
taggit.models.TagBase taggit abstract
  name CharField
  slug SlugField
taggit.models.Tag taggit < taggit.models.TagBase
taggit.models.ItemBase taggit abstract
taggit.models.TaggedItemBase taggit abstract < taggit.models.ItemBase
  tag ForeignKey taggit.Tag related_name=%(app_label)s_%(class)s_items
taggit.models.CommonGenericTaggedItemBase taggit abstract < taggit.models.ItemBase
  content_type ForeignKey contenttypes.ContentType related_name=%(app_label)s_%(class)s_tagged_items
  content_object GenericForeignKey
taggit.models.GenericTaggedItemBase taggit abstract < taggit.models.CommonGenericTaggedItemBase
  object_id IntegerField
taggit.models.GenericUUIDTaggedItemBase taggit abstract < taggit.models.CommonGenericTaggedItemBase
  object_id UUIDField
taggit.models.TaggedItem taggit < taggit.models.GenericTaggedItemBase taggit.models.TaggedItemBase
model_utils.models.TimeStampedModel model_utils abstract
  created DateTimeField
  modified DateTimeField
django_extensions.db.models.TimeStampedModel django_extensions abstract
  created DateTimeField
  modified DateTimeField
wagtail.models.Locale wagtailcore
  language_code CharField
wagtail.models.Collection wagtailcore < treebeard.mp_tree.MP_Node
  name CharField
wagtail.models.Orderable wagtailcore abstract
  sort_order IntegerField null
wagtail.models.Page wagtailcore < treebeard.mp_tree.MP_Node objects=wagtail.models.PageManager
  title CharField
  draft_title CharField
  slug SlugField
  content_type ForeignKey contenttypes.ContentType related_name=pages
  live BooleanField
  has_unpublished_changes BooleanField
  url_path TextField
  owner ForeignKey USER null related_name=owned_pages
  seo_title CharField
  show_in_menus BooleanField
  search_description TextField
  go_live_at DateTimeField null
  expire_at DateTimeField null
  expired BooleanField
  locked BooleanField
  locked_at DateTimeField null
  locked_by ForeignKey USER null related_name=locked_pages
  first_published_at DateTimeField null
  last_published_at DateTimeField null
  latest_revision_created_at DateTimeField null
  live_revision ForeignKey wagtailcore.Revision null related_name=+
  latest_revision ForeignKey wagtailcore.Revision null related_name=+
  alias_of ForeignKey self null related_name=aliases
  translation_key UUIDField
  locale ForeignKey wagtailcore.Locale related_name=+
wagtail.models.Revision wagtailcore
  content_type ForeignKey contenttypes.ContentType related_name=+
  base_content_type ForeignKey contenttypes.ContentType related_name=+
  object_id CharField
  created_at DateTimeField
  user ForeignKey USER null related_name=wagtail_revisions
  object_str TextField
  content JSONField
wagtail.models.Site wagtailcore
  hostname CharField
  port IntegerField
  site_name CharField
  root_page ForeignKey wagtailcore.Page related_name=sites_rooted_here
  is_default_site BooleanField
wagtail.images.models.AbstractImage wagtailimages abstract
  title CharField
  file ImageField
  width IntegerField
  height IntegerField
  created_at DateTimeField
  uploaded_by_user ForeignKey USER null
  collection ForeignKey wagtailcore.Collection related_name=+
  tags TaggableManager taggit.Tag
wagtail.images.models.Image wagtailimages < wagtail.images.models.AbstractImage
wagtail.images.models.AbstractRendition wagtailimages abstract
  filter_spec CharField
  file ImageField
  width IntegerField
  height IntegerField
  focal_point_key CharField
wagtail.images.models.Rendition wagtailimages < wagtail.images.models.AbstractRendition
  image ForeignKey wagtailimages.Image related_name=renditions
wagtail.documents.models.AbstractDocument wagtaildocs abstract
  title CharField
  file FileField
  created_at DateTimeField
  uploaded_by_user ForeignKey USER null
  collection ForeignKey wagtailcore.Collection related_name=+
  tags TaggableManager taggit.Tag
wagtail.documents.models.Document wagtaildocs < wagtail.documents.models.AbstractDocument
guardian.models.UserObjectPermission guardian
  permission ForeignKey auth.Permission
  content_type ForeignKey contenttypes.ContentType
  object_pk CharField
  content_object GenericForeignKey fk_field=object_pk
  user ForeignKey USER
guardian.models.GroupObjectPermission guardian
  permission ForeignKey auth.Permission
  content_type ForeignKey contenttypes.ContentType
  object_pk CharField
  content_object GenericForeignKey fk_field=object_pk
  group ForeignKey auth.Group
allauth.account.models.EmailAddress account
  user ForeignKey USER
  email EmailField
  verified BooleanField
  primary BooleanField
allauth.socialaccount.models.SocialAccount socialaccount
  user ForeignKey USER
  provider CharField
  uid CharField
  last_login DateTimeField
  date_joined DateTimeField
  extra_data JSONField
allauth.socialaccount.models.SocialApp socialaccount
  provider CharField
  name CharField
  client_id CharField
  secret CharField
  key CharField
allauth.socialaccount.models.SocialToken socialaccount
  app ForeignKey socialaccount.SocialApp null
  account ForeignKey socialaccount.SocialAccount
  token TextField
  token_secret TextField
  expires_at DateTimeField null
reversion.models.Revision reversion
  date_created DateTimeField
  user ForeignKey USER null
  comment TextField
reversion.models.Version reversion
  revision ForeignKey reversion.Revision
  object_id CharField
  content_type ForeignKey contenttypes.ContentType
  serialized_data TextField
  object_repr TextField
"""  # noqa: E501
# The app of each label, as INSTALLED_APPS names it.
_APPS = {
    "authtoken": "rest_framework.authtoken",
    "wagtailcore": "wagtail",
    "wagtailimages": "wagtail.images",
    "wagtaildocs": "wagtail.documents",
    "account": "allauth.account",
    "socialaccount": "allauth.socialaccount",
    "django_extensions": "django_extensions",
}


@lru_cache(maxsize=1)
def listed() -> dict[str, Listed]:
    """The models of the table by dotted name."""
    found: dict[str, Listed] = {}
    head: list[str] = []
    entries: list[Entry] = []

    def close() -> None:
        if head:
            model = _listed(head, tuple(entries))
            found[model.dotted] = model
            entries.clear()

    for line in _TEXT.strip().splitlines():
        if line.startswith("  "):
            entries.append(_entry(line.split()))
        else:
            close()
            head = line.split()
    close()
    return found


def _listed(head: list[str], entries: tuple[Entry, ...]) -> Listed:
    dotted, app_label, *rest = head
    managers = tuple((name, cls) for name, _, cls in (word.partition("=") for word in rest if "=" in word))
    words = [word for word in rest if "=" not in word]
    bases = tuple(words[words.index("<") + 1 :]) if "<" in words else ()
    app = dotted[: dotted.index(".models")] if ".models" in dotted else dotted.rpartition(".")[0]
    app = _APPS.get(app_label, f"django.contrib.{app_label}" if dotted.startswith("django.contrib.") else app)
    return Listed(dotted, app_label, app, "abstract" in words, "proxy" in words, bases, entries, managers)


def _entry(words: list[str]) -> Entry:
    name, kind, *rest = words
    options = tuple((option, value) for option, _, value in (word.partition("=") for word in rest if "=" in word))
    plain = [word for word in rest if "=" not in word]
    target = next((word for word in plain if word not in ("null", "pk")), None)
    return Entry(name, kind, target, frozenset(word for word in plain if word in ("null", "pk")), options)


@lru_cache(maxsize=1)
def by_label() -> dict[str, Listed]:
    """The models of the table by lower-case label; abstract ones have none."""
    return {
        f"{model.app_label}.{model.dotted.rpartition('.')[2]}".lower(): model
        for model in listed().values()
        if not model.abstract
    }
