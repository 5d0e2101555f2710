"""Django's settings, made from the environment.  Every variable is optional; see docs/settings.md.

Reading the environment refuses an unknown or senseless `COSMODROME_*` variable, at start, in a sentence.
"""

import os
from pathlib import Path
from urllib.parse import urlsplit

from cosmodrome.environment import Environment
from cosmodrome.server.log_lines import logging_settings

VERSION = "2.3.0"
"""The version of Launch Library that this server implements: the first part of every path."""

environment = Environment.read(os.environ)

DATA_DIR: Path = environment.data_dir
CLOCK_STOPPED_AT = environment.stopped_at
SIMULATED_CLOCK = environment.simulated_clock
PUBLIC_URL = environment.public_url
PROXY_HEADER = environment.proxy_header
LOAD_BYTES = environment.load_bytes
CACHE_BYTES = environment.cache_bytes
ANSWER_BYTES = environment.answer_bytes
ANONYMOUS_RATE = environment.anonymous_rate
METRICS = environment.metrics
UPSTREAM = environment.upstream
UPSTREAM_TOKEN = environment.upstream_token
UPSTREAM_RATE = environment.upstream_rate
FAULTS = environment.faults
FAULT_SEED = environment.fault_seed
FAULT_SECONDS = environment.fault_seconds
CALL_LOG = environment.call_log
ACCESS_LOG = environment.access_log
READ_ONLY = environment.is_read_only

DEBUG = False
SECRET_KEY = environment.secret_key()
ALLOWED_HOSTS = environment.allowed_hosts
ROOT_URLCONF = "cosmodrome.server.urls"
WSGI_APPLICATION = "cosmodrome.server.wsgi.application"
DATABASES = environment.databases()
REQUEST_OPTIONS = environment.request_options()
DATABASE_ROUTERS = ["cosmodrome.database.routers.CountsRouter"]
DEFAULT_AUTO_FIELD = "django.db.models.AutoField"
USE_TZ = True
TIME_ZONE = "UTC"
USE_I18N = False
FORMAT_MODULE_PATH = "cosmodrome.admin.formats"
DATE_FORMAT, DATETIME_FORMAT = "Y-m-d", "Y-m-d H:i:s"  # the admin reads as the wire does
APPEND_SLASH = True

INSTALLED_APPS = [
    "django.contrib.staticfiles",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "cosmodrome.admin",  # before Django's, whose frame it changes
    "django.contrib.admin.apps.SimpleAdminConfig",
    "rest_framework",
    "django_filters",
    "cosmodrome.web",  # before drf-spectacular, whose page for ReDoc asks for fonts from elsewhere
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "cosmodrome.changes",
    "cosmodrome.resources",
    "cosmodrome.catalogue",
    "cosmodrome.ingest",
    "cosmodrome.derived.materialised",
    "cosmodrome.timeline",
    "cosmodrome.access",
    "cosmodrome.edits",
    "cosmodrome.mirror",
]

MIDDLEWARE = [
    "cosmodrome.monitoring.middleware.watched",
    "cosmodrome.web.middleware.allow_any_origin",
    "cosmodrome.web.middleware.restrict_pages",
    "cosmodrome.web.middleware.check_host",
    "cosmodrome.web.middleware.check_method",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "cosmodrome.admin.middleware.admin_sessions",
    "cosmodrome.mirror.read_through.middleware.give_passed",
]
SILENCED_SYSTEM_CHECKS = ["admin.E408", "admin.E409", "admin.E410"]  # the last one holds what these miss

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ]
        },
    }
]

AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]
# The cookies of the admin: sent to its own paths alone, and over https where the public address has it.
SESSION_COOKIE_PATH = CSRF_COOKIE_PATH = f"{urlsplit(PUBLIC_URL).path}/admin/"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = PUBLIC_URL.startswith("https:")
SESSION_COOKIE_HTTPONLY = CSRF_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
SESSION_ENGINE = "cosmodrome.admin.sessions"
SESSION_COOKIE_AGE = 12 * 60 * 60
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"  # not in a cookie of their own
CSRF_TRUSTED_ORIGINS = environment.public_origins
CSRF_FAILURE_VIEW = "cosmodrome.web.errors.forbidden"

STATIC_URL = f"{urlsplit(PUBLIC_URL).path}/static/"
WHITENOISE_STATIC_PREFIX = "/static/"  # what a proxy has put in front is gone by then
WHITENOISE_USE_FINDERS = True  # nothing to collect: the few files come from the packages themselves
WHITENOISE_AUTOREFRESH = False

REST_FRAMEWORK = {
    "DEFAULT_RENDERER_CLASSES": [
        "rest_framework.renderers.JSONRenderer",
        "cosmodrome.web.renderer.BrowsablePage",
    ],
    "DEFAULT_CONTENT_NEGOTIATION_CLASS": "cosmodrome.resources.views.FormatFirst",
    "DEFAULT_AUTHENTICATION_CLASSES": ["cosmodrome.access.tokens.TokenHeader"],
    "DEFAULT_PERMISSION_CLASSES": [],
    "DEFAULT_THROTTLE_CLASSES": ["cosmodrome.access.usage.RateLimit"],
    "EXCEPTION_HANDLER": "cosmodrome.web.errors.explained",
    "DEFAULT_SCHEMA_CLASS": "cosmodrome.resources.schema.openapi.ContractSchema",
    "UNAUTHENTICATED_USER": None,
    "DATETIME_FORMAT": "%Y-%m-%dT%H:%M:%SZ",
}

SPECTACULAR_SETTINGS = {
    "TITLE": "Cosmodrome",
    "DESCRIPTION": "An open spaceflight catalogue that speaks Launch Library 2.3.0.",
    "VERSION": f"v{VERSION}",
    "LICENSE": {"name": "Apache License 2.0"},
    "OAS_VERSION": "3.0.3",
    "SCHEMA_PATH_PREFIX": f"/{VERSION}/",
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_AUTHENTICATION": [],
    "SERVE_PERMISSIONS": [],
    "APPEND_COMPONENTS": {
        "securitySchemes": {
            "cookieAuth": {"type": "apiKey", "in": "cookie", "name": "sessionid"},
            "Token_Authentication": {
                "type": "apiKey",
                "in": "header",
                "name": "Authorization",
                # The contract's words, with its own blanks.
                "description": "Token authentication uses a header of Authorization and the value with a "
                'required prefix "Token" followed by a space and then the apiKey. \n\n '
                "Example: `Authorization: Token 9944b09199c62bcf9418ad846dd0e4bbdfc6ee4b`",
            },
        }
    },
    "DISABLE_ERRORS_AND_WARNINGS": False,
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "REDOC_DIST": "SIDECAR",
}

LOGGING = logging_settings(environment.log_level)
