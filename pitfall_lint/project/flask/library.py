"""Which dotted names of Flask, Quart, connexion and their neighbours mean what to the linker: classes, decorators,
modules. Data, no logic.
"""

from __future__ import annotations

from typing import Final

#: class -> kind of application
APPS: Final = {
    "flask.Flask": "flask",
    "flask.app.Flask": "flask",
    "apiflask.APIFlask": "flask",
    "apiflask.app.APIFlask": "flask",
    "flask_openapi3.OpenAPI": "flask",
    "flask_openapi3.openapi.OpenAPI": "flask",
    "flask_api.FlaskAPI": "flask",
    "flask_lambda.FlaskLambda": "flask",
    "quart.Quart": "quart",
    "quart.app.Quart": "quart",
    "quart_trio.QuartTrio": "quart",
    "connexion.App": "connexion",
    "connexion.FlaskApp": "connexion",
    "connexion.AsyncApp": "connexion",
    "connexion.apps.flask.FlaskApp": "connexion",
    "connexion.apps.flask_app.FlaskApp": "connexion",
}
#: class -> kind of blueprint
BLUEPRINTS: Final = {
    "flask.Blueprint": "blueprint",
    "flask.blueprints.Blueprint": "blueprint",
    "quart.Blueprint": "blueprint",
    "quart.blueprints.Blueprint": "blueprint",
    "flask_smorest.Blueprint": "blueprint",
    "flask_smorest.blueprint.Blueprint": "blueprint",
    "flask_rest_api.Blueprint": "blueprint",
    "apiflask.APIBlueprint": "blueprint",
    "apiflask.blueprint.APIBlueprint": "blueprint",
    "flask_openapi3.APIBlueprint": "blueprint",
    "flask_openapi3.blueprint.APIBlueprint": "blueprint",
    "flask_restx.Namespace": "namespace",
    "flask_restx.namespace.Namespace": "namespace",
    "flask_restplus.Namespace": "namespace",
    "flask_restplus.namespace.Namespace": "namespace",
}
#: classes that carry resources to an application or a blueprint
APIS: Final = frozenset(
    {
        "flask_restful.Api",
        "flask_restx.Api",
        "flask_restx.api.Api",
        "flask_restplus.Api",
        "flask_restplus.api.Api",
        "flask_smorest.Api",
        "flask_rest_api.Api",
        "flask_rest_jsonapi.Api",
        "flask_combo_jsonapi.Api",
    }
)
#: decorator method -> HTTP methods it implies (None: `methods=`, else GET)
ROUTE_METHODS: Final[dict[str, tuple[str, ...] | None]] = {
    "route": None,
    "get": ("GET",),
    "post": ("POST",),
    "put": ("PUT",),
    "delete": ("DELETE",),
    "patch": ("PATCH",),
    "websocket": ("GET",),
}
HOOKS: Final = frozenset(
    {
        "before_request",
        "after_request",
        "teardown_request",
        "before_app_request",
        "after_app_request",
        "teardown_app_request",
        "before_first_request",
        "before_app_first_request",
        "context_processor",
        "app_context_processor",
        "teardown_appcontext",
        "url_value_preprocessor",
        "app_url_value_preprocessor",
        "url_defaults",
        "app_url_defaults",
        "before_serving",
        "after_serving",
    }
)
#: wrappers that give back what they are given, or something that serves it
PASS_THROUGH: Final = frozenset(
    {
        "werkzeug.middleware.proxy_fix.ProxyFix",
        "werkzeug.contrib.fixers.ProxyFix",
        "asgiref.wsgi.WsgiToAsgi",
        "typing.cast",
        "sentry_sdk.integrations.wsgi.SentryWsgiMiddleware",
    }
)
HTTP_VERBS: Final = ("get", "post", "put", "patch", "delete", "head", "options")

#: names that make a function worth looking into, before anything is known of the project
HOT_NAMES: Final = frozenset(
    {
        "Flask",
        "Quart",
        "Blueprint",
        "APIFlask",
        "APIBlueprint",
        "FlaskApp",
        "Namespace",
        "route",
        "add_url_rule",
        "add_resource",
        "add_namespace",
        "add_api",
        "register_blueprint",
        "init_app",
        "after_request",
        "after_app_request",
        "before_request",
        "wsgi_app",
        "create_app",
        "app",
    }
)

#: extension classes, and modules that add security headers: Talisman's own and what else counts as an equal
TALISMAN_MODULES: Final = frozenset({"flask_talisman", "quart_talisman", "talisman"})
HEADER_MODULES: Final = frozenset(
    {"flask_csp", "secure", "flask_secure_headers", "flask_security_headers", "secweb", "Secweb"}
)

#: what a set-up for security headers sends, lower case
SECURITY_HEADERS: Final = {
    "content-security-policy": "CSP",
    "content-security-policy-report-only": "CSP",
    "strict-transport-security": "HSTS",
    "x-frame-options": "X-Frame-Options",
    "x-content-type-options": "nosniff",
}

#: packages whose use shows logins or sessions; packages whose use shows forms; packages that open the app in a window
LOGIN_MODULES: Final = (
    "flask_login",
    "flask_security",
    "flask_user",
    "flask_session",
    "flask_dance",
    "flask_oidc",
    "flask_openid",
    "flask_simplelogin",
    "flask_multipass",
    "flask_cas",
    "flask_appbuilder",
    "flask_admin",
    "flask_principal",
    "flask_allows2",
    "quart_auth",
)
FORM_MODULES: Final = ("flask_wtf", "flask_uploads", "flask_seasurf")
DESKTOP_MODULES: Final = ("webview", "flaskwebgui", "pyfladesk")
