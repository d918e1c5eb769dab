"""The documented names of things outside the project, and which of them inherit from which.

A class may be imported from the module that defines it or from the one that the documentation names; rules and the
interpreter only ever see
the latter. The inheritance below is the part of other people's class trees that decides what a project's class is.
"""

from __future__ import annotations

from functools import lru_cache

# From one module to another: every name of the first is documented under the second.
_MODULES = {
    "django.apps.config": "django.apps",
    "django.apps.registry": "django.apps",
    "django.conf.urls.include": "django.urls.include",
    "django.contrib.admin.actions": "django.contrib.admin",
    "django.contrib.admin.decorators": "django.contrib.admin",
    "django.contrib.admin.filters": "django.contrib.admin",
    "django.contrib.admin.options": "django.contrib.admin",
    "django.contrib.admin.sites": "django.contrib.admin",
    "django.contrib.auth.base_user": "django.contrib.auth.models",
    "django.contrib.contenttypes.generic": "django.contrib.contenttypes.fields",
    "django.contrib.gis.admin.options": "django.contrib.gis.admin",
    "django.contrib.gis.db.models.fields": "django.contrib.gis.db.models",
    "django.contrib.gis.forms.fields": "django.contrib.gis.forms",
    "django.contrib.messages.api": "django.contrib.messages",
    "django.contrib.postgres.fields.array": "django.contrib.postgres.fields",
    "django.contrib.postgres.fields.citext": "django.contrib.postgres.fields",
    "django.contrib.postgres.fields.hstore": "django.contrib.postgres.fields",
    "django.contrib.postgres.fields.jsonb": "django.contrib.postgres.fields",
    "django.contrib.postgres.fields.ranges": "django.contrib.postgres.fields",
    "django.contrib.syndication.feeds": "django.contrib.syndication.views",
    "django.core.cache.backends.base": "django.core.cache",
    "django.core.mail.message": "django.core.mail",
    "django.core.management.base": "django.core.management.base",
    "django.core.serializers.base": "django.core.serializers",
    "django.core.urlresolvers": "django.urls",
    "django.db.models.aggregates": "django.db.models",
    "django.db.models.base": "django.db.models",
    "django.db.models.constraints": "django.db.models",
    "django.db.models.deletion": "django.db.models",
    "django.db.models.enums": "django.db.models",
    "django.db.models.expressions": "django.db.models",
    "django.db.models.fetch_modes": "django.db.models",
    "django.db.models.fields": "django.db.models",
    "django.db.models.fields.files": "django.db.models",
    "django.db.models.fields.generated": "django.db.models",
    "django.db.models.fields.json": "django.db.models",
    "django.db.models.fields.proxy": "django.db.models",
    "django.db.models.fields.related": "django.db.models",
    "django.db.models.functions.comparison": "django.db.models.functions",
    "django.db.models.functions.datetime": "django.db.models.functions",
    "django.db.models.functions.math": "django.db.models.functions",
    "django.db.models.functions.text": "django.db.models.functions",
    "django.db.models.functions.window": "django.db.models.functions",
    "django.db.models.indexes": "django.db.models",
    "django.db.models.manager": "django.db.models",
    "django.db.models.query": "django.db.models",
    "django.db.models.query_utils": "django.db.models",
    "django.db.utils": "django.db",
    "django.dispatch.dispatcher": "django.dispatch",
    "django.forms.boundfield": "django.forms",
    "django.forms.fields": "django.forms",
    "django.forms.forms": "django.forms",
    "django.forms.formsets": "django.forms",
    "django.forms.models": "django.forms",
    "django.forms.widgets": "django.forms",
    "django.http.request": "django.http",
    "django.http.response": "django.http",
    "django.template.base": "django.template",
    "django.template.context": "django.template",
    "django.template.engine": "django.template",
    "django.template.library": "django.template",
    "django.test.client": "django.test",
    "django.test.runner": "django.test",
    "django.test.testcases": "django.test",
    "django.test.utils": "django.test",
    "django.urls.base": "django.urls",
    "django.urls.conf": "django.urls",
    "django.urls.exceptions": "django.urls",
    "django.urls.resolvers": "django.urls",
    "django.utils.translation.trans_real": "django.utils.translation",
    "rest_framework.fields": "rest_framework.serializers",
    "rest_framework.relations": "rest_framework.serializers",
    "django_filters.filters": "django_filters",
    "django_filters.filterset": "django_filters",
    "django_filters.rest_framework.filterset": "django_filters.rest_framework",
    "django_tables2.columns": "django_tables2",
    "django_tables2.tables": "django_tables2",
    "django_tables2.utils": "django_tables2",
    "django_tables2.views": "django_tables2",
    "graphene.relay.connection": "graphene.relay",
    "graphene.types": "graphene",
    "graphene.types.field": "graphene",
    "graphene.types.objecttype": "graphene",
    "graphene.types.structures": "graphene",
    "graphene_django.fields": "graphene_django",
    "graphene_django.filter.fields": "graphene_django.filter",
    "graphene_django.types": "graphene_django",
    "ninja.main": "ninja",
    "ninja.orm": "ninja",
    "ninja.router": "ninja",
    "ninja.schema": "ninja",
    "flask.app": "flask",
    "flask.blueprints": "flask",
    "flask.config": "flask",
    "flask.ctx": "flask",
    "flask.globals": "flask",
    "flask.helpers": "flask",
    "flask.sansio.app": "flask",
    "flask.sansio.blueprints": "flask",
    "flask.templating": "flask",
    "flask.wrappers": "flask",
    "flask_login.login_manager": "flask_login",
    "flask_login.mixins": "flask_login",
    "flask_login.utils": "flask_login",
    "flask_sqlalchemy.extension": "flask_sqlalchemy",
    "flask_talisman.talisman": "flask_talisman",
    "flask_wtf.csrf": "flask_wtf.csrf",
    "flask_wtf.form": "flask_wtf",
    "sqlalchemy.ext.declarative": "sqlalchemy.orm",
    "sqlalchemy.ext.declarative.api": "sqlalchemy.orm",
    "sqlalchemy.orm.decl_api": "sqlalchemy.orm",
    "sqlalchemy.orm.query": "sqlalchemy.orm",
    "sqlalchemy.orm.relationships": "sqlalchemy.orm",
    "sqlalchemy.orm.scoping": "sqlalchemy.orm",
    "sqlalchemy.orm.session": "sqlalchemy.orm",
    "sqlalchemy.orm.strategy_options": "sqlalchemy.orm",
    "sqlalchemy.schema": "sqlalchemy",
    "sqlalchemy.sql": "sqlalchemy",
    "sqlalchemy.sql.expression": "sqlalchemy",
    "sqlalchemy.sql.functions": "sqlalchemy",
    "sqlalchemy.sql.schema": "sqlalchemy",
    "sqlalchemy.sql.selectable": "sqlalchemy",
    "sqlalchemy.sql.sqltypes": "sqlalchemy",
    "sqlalchemy.types": "sqlalchemy",
    "taggit.managers": "taggit.managers",
    "wagtail.wagtailcore.models": "wagtail.models",
    "wagtail.core.models": "wagtail.models",
    "wagtail.core.fields": "wagtail.fields",
    "wagtail.wagtailcore.fields": "wagtail.fields",
    "mptt.fields": "mptt.models",
    "polymorphic.base": "polymorphic.models",
    "polymorphic": "polymorphic",
}
# What django.views.generic itself exports; the mixins stay where they are documented, in its submodules.
_GENERIC = frozenset({
    "View", "TemplateView", "RedirectView", "ArchiveIndexView", "YearArchiveView", "MonthArchiveView",
    "WeekArchiveView", "DayArchiveView", "TodayArchiveView", "DateDetailView", "DetailView", "FormView",
    "CreateView", "UpdateView", "DeleteView", "ListView", "GenericViewError",
})  # fmt: skip
_GENERIC_MODULES = frozenset(f"django.views.generic.{name}" for name in ("base", "list", "detail", "edit", "dates"))
# django.contrib.gis.db.models has all of django.db.models and these of its own.
_GIS = frozenset({
    "GeometryField", "PointField", "LineStringField", "PolygonField", "MultiPointField", "MultiLineStringField",
    "MultiPolygonField", "GeometryCollectionField", "RasterField", "ExtentField", "Collect", "Extent",
    "Extent3D", "MakeLine", "Union",
})  # fmt: skip
_SINGLE = {
    "django.conf.urls.include": "django.urls.include",
    "django.db.models.loading.get_model": "django.apps.apps.get_model",
    "django.db.models.get_model": "django.apps.apps.get_model",
    "django.template.response.SimpleTemplateResponse": "django.template.response.SimpleTemplateResponse",
    "django.views.generic.simple.direct_to_template": "django.views.generic.simple.direct_to_template",
    "django.core.exceptions.ObjectDoesNotExist": "django.core.exceptions.ObjectDoesNotExist",
    "django.contrib.auth.models.get_user_model": "django.contrib.auth.get_user_model",
    "django.contrib.postgres.fields.JSONField": "django.db.models.JSONField",
    "jsonfield.JSONField": "django.db.models.JSONField",
    "jsonfield.fields.JSONField": "django.db.models.JSONField",
    "django.views.View": "django.views.generic.View",
    "flask.json.jsonify": "flask.jsonify",
    "mptt.models.TreeForeignKey": "mptt.fields.TreeForeignKey",
    "mptt.models.TreeOneToOneField": "mptt.fields.TreeOneToOneField",
    "mptt.models.TreeManyToManyField": "mptt.fields.TreeManyToManyField",
    "sqlalchemy.orm.declarative_base": "sqlalchemy.orm.declarative_base",
    "taggit_autosuggest.managers.TaggableManager": "taggit.managers.TaggableManager",
    "typing_extensions.TYPE_CHECKING": "typing.TYPE_CHECKING",
}


@lru_cache(maxsize=65536)
def canonical(dotted: str) -> str:
    """The documented name of something outside the project; a name that the table does not know stays as it is."""
    single = _SINGLE.get(dotted)
    if single is not None:
        return single
    if dotted in _MODULES:  # a module, reached by attributes
        return dotted
    if dotted.startswith("flask.ext."):
        dotted = "flask_" + dotted[len("flask.ext.") :]
    module, dot, name = dotted.rpartition(".")
    if not dot:
        return dotted
    if module == "django.contrib.gis.db.models":
        return dotted if name in _GIS else f"django.db.models.{name}"
    if module in _GENERIC_MODULES:
        return f"django.views.generic.{name}" if name in _GENERIC else dotted
    target = _MODULES.get(module)
    if target is not None:
        moved = f"{target}.{name}"
        return moved if moved == dotted else canonical(moved)
    # A member of something that has a documented name: `django.db.models.query.QuerySet.filter`.
    if module.count(".") >= 2:
        owner = canonical(module)
        if owner != module:
            return f"{owner}.{name}"
    return dotted


def _bases(text: str) -> dict[str, tuple[str, ...]]:
    table: dict[str, tuple[str, ...]] = {}
    for line in text.strip().splitlines():
        names, _, parents = line.partition("<")
        for name in names.split():
            table[name] = tuple(parents.split())
    return table


# `class class ... < base base`; only what decides what a project's class is.
EXTERNAL_BASES = _bases("""
django.contrib.auth.models.AbstractBaseUser django.contrib.auth.models.PermissionsMixin < django.db.models.Model
django.contrib.auth.models.AbstractUser < django.contrib.auth.models.AbstractBaseUser django.contrib.auth.models.PermissionsMixin
django.contrib.auth.models.User < django.contrib.auth.models.AbstractUser
django.contrib.auth.models.Group django.contrib.auth.models.Permission < django.db.models.Model
django.contrib.auth.models.BaseUserManager < django.db.models.Manager
django.contrib.auth.models.UserManager < django.contrib.auth.models.BaseUserManager
django.contrib.auth.models.GroupManager django.contrib.auth.models.PermissionManager < django.db.models.Manager
django.contrib.contenttypes.models.ContentType < django.db.models.Model
django.contrib.contenttypes.models.ContentTypeManager < django.db.models.Manager
django.contrib.sites.models.Site < django.db.models.Model
django.contrib.sites.models.SiteManager django.contrib.sites.managers.CurrentSiteManager < django.db.models.Manager
django.contrib.sessions.base_session.AbstractBaseSession < django.db.models.Model
django.contrib.sessions.models.Session < django.contrib.sessions.base_session.AbstractBaseSession
django.contrib.admin.models.LogEntry django.contrib.redirects.models.Redirect < django.db.models.Model
django.contrib.flatpages.models.FlatPage < django.db.models.Model
django.contrib.admin.StackedInline django.contrib.admin.TabularInline < django.contrib.admin.InlineModelAdmin
django.contrib.admin.InlineModelAdmin django.contrib.admin.ModelAdmin < django.contrib.admin.BaseModelAdmin
django.contrib.contenttypes.admin.GenericInlineModelAdmin < django.contrib.admin.InlineModelAdmin
django.contrib.contenttypes.admin.GenericStackedInline django.contrib.contenttypes.admin.GenericTabularInline < django.contrib.contenttypes.admin.GenericInlineModelAdmin
django.contrib.auth.admin.UserAdmin django.contrib.auth.admin.GroupAdmin django.contrib.gis.admin.GISModelAdmin django.contrib.gis.admin.OSMGeoAdmin < django.contrib.admin.ModelAdmin
mptt.admin.MPTTModelAdmin reversion.admin.VersionAdmin import_export.admin.ImportExportModelAdmin import_export.admin.ExportMixin import_export.admin.ImportMixin < django.contrib.admin.ModelAdmin
simple_history.admin.SimpleHistoryAdmin treebeard.admin.TreeAdmin modeltranslation.admin.TranslationAdmin parler.admin.TranslatableAdmin < django.contrib.admin.ModelAdmin
polymorphic.admin.PolymorphicParentModelAdmin polymorphic.admin.PolymorphicChildModelAdmin adminsortable2.admin.SortableAdminMixin guardian.admin.GuardedModelAdmin < django.contrib.admin.ModelAdmin
mptt.admin.DraggableMPTTAdmin < mptt.admin.MPTTModelAdmin
unfold.admin.ModelAdmin solo.admin.SingletonModelAdmin ordered_model.admin.OrderedModelAdmin < django.contrib.admin.ModelAdmin
django.db.models.Manager < django.db.models.BaseManager
django.db.models.TextChoices < django.db.models.Choices builtins.str
django.db.models.IntegerChoices < django.db.models.Choices builtins.int
django.db.models.Choices < enum.Enum
enum.IntEnum < builtins.int enum.Enum
enum.StrEnum < builtins.str enum.Enum
django.views.generic.TemplateView < django.views.generic.base.TemplateResponseMixin django.views.generic.base.ContextMixin django.views.generic.View
django.views.generic.RedirectView < django.views.generic.View
django.views.generic.list.MultipleObjectMixin < django.views.generic.base.ContextMixin
django.views.generic.list.MultipleObjectTemplateResponseMixin < django.views.generic.base.TemplateResponseMixin
django.views.generic.list.BaseListView < django.views.generic.list.MultipleObjectMixin django.views.generic.View
django.views.generic.ListView < django.views.generic.list.MultipleObjectTemplateResponseMixin django.views.generic.list.BaseListView
django.views.generic.detail.SingleObjectMixin < django.views.generic.base.ContextMixin
django.views.generic.detail.SingleObjectTemplateResponseMixin < django.views.generic.base.TemplateResponseMixin
django.views.generic.detail.BaseDetailView < django.views.generic.detail.SingleObjectMixin django.views.generic.View
django.views.generic.DetailView < django.views.generic.detail.SingleObjectTemplateResponseMixin django.views.generic.detail.BaseDetailView
django.views.generic.edit.FormMixin < django.views.generic.base.ContextMixin
django.views.generic.edit.ModelFormMixin < django.views.generic.edit.FormMixin django.views.generic.detail.SingleObjectMixin
django.views.generic.edit.ProcessFormView < django.views.generic.View
django.views.generic.edit.BaseFormView < django.views.generic.edit.FormMixin django.views.generic.edit.ProcessFormView
django.views.generic.FormView < django.views.generic.base.TemplateResponseMixin django.views.generic.edit.BaseFormView
django.views.generic.edit.BaseCreateView django.views.generic.edit.BaseUpdateView < django.views.generic.edit.ModelFormMixin django.views.generic.edit.ProcessFormView
django.views.generic.CreateView < django.views.generic.detail.SingleObjectTemplateResponseMixin django.views.generic.edit.BaseCreateView
django.views.generic.UpdateView < django.views.generic.detail.SingleObjectTemplateResponseMixin django.views.generic.edit.BaseUpdateView
django.views.generic.edit.BaseDeleteView < django.views.generic.edit.DeletionMixin django.views.generic.edit.FormMixin django.views.generic.detail.BaseDetailView
django.views.generic.DeleteView < django.views.generic.detail.SingleObjectTemplateResponseMixin django.views.generic.edit.BaseDeleteView
django.views.generic.dates.BaseDateListView < django.views.generic.list.MultipleObjectMixin django.views.generic.dates.DateMixin django.views.generic.View
django.views.generic.ArchiveIndexView django.views.generic.YearArchiveView django.views.generic.MonthArchiveView < django.views.generic.list.MultipleObjectTemplateResponseMixin django.views.generic.dates.BaseDateListView
django.views.generic.WeekArchiveView django.views.generic.DayArchiveView django.views.generic.TodayArchiveView < django.views.generic.list.MultipleObjectTemplateResponseMixin django.views.generic.dates.BaseDateListView
django.views.generic.DateDetailView < django.views.generic.detail.SingleObjectTemplateResponseMixin django.views.generic.detail.BaseDetailView
django.contrib.auth.views.LoginView django.contrib.auth.views.PasswordChangeView django.contrib.auth.views.PasswordResetView django.contrib.auth.views.PasswordResetConfirmView < django.views.generic.FormView
django.contrib.auth.views.LogoutView django.contrib.auth.views.PasswordResetDoneView django.contrib.auth.views.PasswordResetCompleteView django.contrib.auth.views.PasswordChangeDoneView < django.views.generic.TemplateView
django_filters.views.FilterView < django_filters.views.BaseFilterView django.views.generic.list.MultipleObjectTemplateResponseMixin
django_filters.views.BaseFilterView < django_filters.views.FilterMixin django.views.generic.list.BaseListView
django_tables2.SingleTableView django_tables2.views.SingleTableView < django_tables2.views.SingleTableMixin django.views.generic.list.BaseListView
vanilla.ListView vanilla.DetailView vanilla.CreateView vanilla.UpdateView vanilla.DeleteView vanilla.FormView vanilla.TemplateView < django.views.generic.View
formtools.wizard.views.SessionWizardView formtools.wizard.views.CookieWizardView formtools.wizard.views.WizardView < django.views.generic.TemplateView
django.contrib.sitemaps.GenericSitemap < django.contrib.sitemaps.Sitemap
django.forms.Form django.forms.BaseModelForm < django.forms.BaseForm
django.forms.ModelForm < django.forms.BaseModelForm
django.contrib.auth.forms.UserCreationForm django.contrib.auth.forms.UserChangeForm django.contrib.auth.forms.BaseUserCreationForm django.contrib.auth.forms.AdminUserCreationForm < django.forms.ModelForm
django.contrib.auth.forms.AuthenticationForm django.contrib.auth.forms.PasswordResetForm django.contrib.auth.forms.SetPasswordForm < django.forms.Form
django.contrib.auth.forms.PasswordChangeForm < django.contrib.auth.forms.SetPasswordForm
django.contrib.gis.forms.ModelForm wagtail.admin.forms.WagtailAdminModelForm < django.forms.ModelForm
django.forms.BaseModelFormSet < django.forms.BaseFormSet
django.forms.BaseInlineFormSet < django.forms.BaseModelFormSet
django.forms.ModelMultipleChoiceField < django.forms.ModelChoiceField
django.forms.ModelChoiceField < django.forms.ChoiceField
django.http.JsonResponse django.http.HttpResponseRedirect django.http.FileResponse django.http.StreamingHttpResponse django.template.response.SimpleTemplateResponse < django.http.HttpResponse
django.template.response.TemplateResponse < django.template.response.SimpleTemplateResponse
django.core.management.base.AppCommand django.core.management.base.LabelCommand < django.core.management.base.BaseCommand
django.test.TestCase django.test.LiveServerTestCase < django.test.TransactionTestCase
django.test.TransactionTestCase < django.test.SimpleTestCase
django.contrib.staticfiles.testing.StaticLiveServerTestCase < django.test.LiveServerTestCase
rest_framework.test.APITestCase rest_framework.test.APITransactionTestCase < django.test.TestCase
rest_framework.views.APIView < django.views.generic.View
rest_framework.generics.GenericAPIView < rest_framework.views.APIView
rest_framework.generics.CreateAPIView < rest_framework.mixins.CreateModelMixin rest_framework.generics.GenericAPIView
rest_framework.generics.ListAPIView < rest_framework.mixins.ListModelMixin rest_framework.generics.GenericAPIView
rest_framework.generics.RetrieveAPIView < rest_framework.mixins.RetrieveModelMixin rest_framework.generics.GenericAPIView
rest_framework.generics.DestroyAPIView < rest_framework.mixins.DestroyModelMixin rest_framework.generics.GenericAPIView
rest_framework.generics.UpdateAPIView < rest_framework.mixins.UpdateModelMixin rest_framework.generics.GenericAPIView
rest_framework.generics.ListCreateAPIView < rest_framework.mixins.ListModelMixin rest_framework.mixins.CreateModelMixin rest_framework.generics.GenericAPIView
rest_framework.generics.RetrieveUpdateAPIView < rest_framework.mixins.RetrieveModelMixin rest_framework.mixins.UpdateModelMixin rest_framework.generics.GenericAPIView
rest_framework.generics.RetrieveDestroyAPIView < rest_framework.mixins.RetrieveModelMixin rest_framework.mixins.DestroyModelMixin rest_framework.generics.GenericAPIView
rest_framework.generics.RetrieveUpdateDestroyAPIView < rest_framework.mixins.RetrieveModelMixin rest_framework.mixins.UpdateModelMixin rest_framework.mixins.DestroyModelMixin rest_framework.generics.GenericAPIView
rest_framework.viewsets.ViewSet < rest_framework.viewsets.ViewSetMixin rest_framework.views.APIView
rest_framework.viewsets.GenericViewSet < rest_framework.viewsets.ViewSetMixin rest_framework.generics.GenericAPIView
rest_framework.viewsets.ReadOnlyModelViewSet < rest_framework.mixins.RetrieveModelMixin rest_framework.mixins.ListModelMixin rest_framework.viewsets.GenericViewSet
rest_framework.viewsets.ModelViewSet < rest_framework.mixins.CreateModelMixin rest_framework.mixins.RetrieveModelMixin rest_framework.mixins.UpdateModelMixin rest_framework.mixins.DestroyModelMixin rest_framework.mixins.ListModelMixin rest_framework.viewsets.GenericViewSet
rest_framework.authtoken.views.ObtainAuthToken < rest_framework.views.APIView
rest_framework.serializers.Serializer rest_framework.serializers.ListSerializer < rest_framework.serializers.BaseSerializer
rest_framework.serializers.BaseSerializer < rest_framework.serializers.Field
rest_framework.serializers.ModelSerializer < rest_framework.serializers.Serializer
rest_framework.serializers.HyperlinkedModelSerializer < rest_framework.serializers.ModelSerializer
drf_writable_nested.WritableNestedModelSerializer drf_writable_nested.serializers.WritableNestedModelSerializer drf_dynamic_fields.DynamicFieldsModelSerializer < rest_framework.serializers.ModelSerializer
rest_framework_gis.serializers.GeoFeatureModelSerializer rest_framework_gis.serializers.GeoModelSerializer rest_flex_fields.FlexFieldsModelSerializer rest_flex_fields.serializers.FlexFieldsModelSerializer < rest_framework.serializers.ModelSerializer
rest_framework.serializers.PrimaryKeyRelatedField rest_framework.serializers.SlugRelatedField rest_framework.serializers.StringRelatedField rest_framework.serializers.HyperlinkedRelatedField rest_framework.serializers.ManyRelatedField < rest_framework.serializers.RelatedField
rest_framework.serializers.HyperlinkedIdentityField < rest_framework.serializers.HyperlinkedRelatedField
rest_framework.serializers.RelatedField rest_framework.serializers.SerializerMethodField rest_framework.serializers.CharField rest_framework.serializers.ReadOnlyField < rest_framework.serializers.Field
rest_framework.authtoken.models.Token < django.db.models.Model
model_utils.models.TimeStampedModel model_utils.models.StatusModel model_utils.models.TimeFramedModel model_utils.models.SoftDeletableModel model_utils.models.UUIDModel < django.db.models.Model
model_utils.managers.InheritanceManager model_utils.managers.QueryManager model_utils.managers.SoftDeletableManager < django.db.models.Manager
model_utils.managers.InheritanceQuerySet < django.db.models.QuerySet
django_extensions.db.models.TimeStampedModel django_extensions.db.models.TitleDescriptionModel django_extensions.db.models.TitleSlugDescriptionModel django_extensions.db.models.ActivatorModel < django.db.models.Model
mptt.models.MPTTModel treebeard.models.Node polymorphic.models.PolymorphicModel modelcluster.models.ClusterableModel parler.models.TranslatableModel < django.db.models.Model
treebeard.mp_tree.MP_Node treebeard.ns_tree.NS_Node treebeard.al_tree.AL_Node < treebeard.models.Node
treebeard.mp_tree.MP_NodeManager mptt.managers.TreeManager polymorphic.managers.PolymorphicManager polymorphic.PolymorphicManager parler.managers.TranslatableManager < django.db.models.Manager
treebeard.mp_tree.MP_NodeQuerySet mptt.querysets.TreeQuerySet polymorphic.query.PolymorphicQuerySet polymorphic.managers.PolymorphicQuerySet parler.managers.TranslatableQuerySet < django.db.models.QuerySet
mptt.querysets.TreeQuerySet < django.db.models.QuerySet
solo.models.SingletonModel ordered_model.models.OrderedModelBase adminsortable.models.SortableMixin safedelete.models.SafeDeleteModel psqlextra.models.PostgresModel < django.db.models.Model
ordered_model.models.OrderedModel < ordered_model.models.OrderedModelBase
safedelete.managers.SafeDeleteManager safedelete.config.SafeDeleteManager psqlextra.manager.PostgresManager < django.db.models.Manager
taggit.models.TagBase taggit.models.ItemBase < django.db.models.Model
taggit.models.Tag < taggit.models.TagBase
taggit.models.TaggedItemBase < taggit.models.ItemBase
taggit.models.CommonGenericTaggedItemBase < taggit.models.ItemBase
taggit.models.GenericTaggedItemBase taggit.models.GenericUUIDTaggedItemBase < taggit.models.CommonGenericTaggedItemBase
taggit.models.TaggedItem < taggit.models.GenericTaggedItemBase taggit.models.TaggedItemBase
wagtail.models.Page < treebeard.mp_tree.MP_Node modelcluster.models.ClusterableModel wagtail.models.AbstractPage
wagtail.models.PageManager < django.db.models.Manager
wagtail.query.PageQuerySet wagtail.models.PageQuerySet < django.db.models.QuerySet
wagtail.models.Orderable wagtail.models.Collection wagtail.models.Site wagtail.models.Revision wagtail.models.Locale wagtail.models.TranslatableMixin wagtail.models.DraftStateMixin < django.db.models.Model
wagtail.models.RevisionMixin wagtail.models.LockableMixin wagtail.models.WorkflowMixin < django.db.models.Model
wagtail.contrib.settings.models.BaseSetting wagtail.contrib.settings.models.BaseSiteSetting wagtail.contrib.settings.models.BaseGenericSetting < django.db.models.Model
wagtail.contrib.forms.models.AbstractForm wagtail.contrib.forms.models.FormMixin < wagtail.models.Page
wagtail.contrib.forms.models.AbstractEmailForm < wagtail.contrib.forms.models.AbstractForm
wagtail.contrib.forms.models.AbstractFormField < wagtail.models.Orderable
wagtail.images.models.AbstractImage wagtail.images.models.AbstractRendition wagtail.documents.models.AbstractDocument < django.db.models.Model
wagtail.images.models.Image < wagtail.images.models.AbstractImage
wagtail.images.models.Rendition < wagtail.images.models.AbstractRendition
wagtail.documents.models.Document < wagtail.documents.models.AbstractDocument
guardian.models.BaseObjectPermission guardian.models.UserObjectPermissionBase guardian.models.GroupObjectPermissionBase guardian.models.UserObjectPermissionAbstract < django.db.models.Model
guardian.mixins.GuardianUserMixin guardian.models.GuardianUserMixin < django.db.models.Model
cms.models.CMSPlugin cms.models.pluginmodel.CMSPlugin < treebeard.mp_tree.MP_Node
oauth2_provider.models.AbstractApplication oauth2_provider.models.AbstractAccessToken oauth2_provider.models.AbstractGrant oauth2_provider.models.AbstractRefreshToken < django.db.models.Model
django_celery_beat.models.PeriodicTask django_celery_results.models.TaskResult reversion.models.Version reversion.models.Revision < django.db.models.Model

flask.views.MethodView flask_restful.Resource flask_restx.Resource < flask.views.View
flask_sqlalchemy.SQLAlchemy flask_sqlalchemy.model.Model < builtins.object
""")  # noqa: E501


@lru_cache(maxsize=8192)
def external_ancestors(dotted: str) -> frozenset[str]:
    """The canonical names of `dotted` and of all that it inherits from, as far as the table knows."""
    found = {dotted}
    for base in EXTERNAL_BASES.get(dotted, ()):
        found |= external_ancestors(base)
    return frozenset(found)
