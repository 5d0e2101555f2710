"""Django's settings, from the environment.  Everything is optional; see docs/settings.md.

An unknown or senseless `COSMODROME_*` variable is refused here, at start, in a sentence.
"""

import os
from pathlib import Path
from urllib.parse import urlsplit

from cosmodrome.environment import Environment

VERSION = "2.3.0"
"""The version of Launch Library that is spoken; the first part of every path."""

environment = Environment.read(os.environ)

DATA_DIR: Path = environment.data_dir
CLOCK_STOPPED_AT = environment.now
PUBLIC_URL = environment.public_url
ANONYMOUS_RATE = environment.anonymous_rate

DEBUG = False
SECRET_KEY = environment.secret_key()
ALLOWED_HOSTS = environment.allowed_hosts
ROOT_URLCONF = "cosmodrome.urls"
WSGI_APPLICATION = "cosmodrome.wsgi.application"
DATABASES = environment.databases()
DATABASE_ROUTERS = ["cosmodrome.access.routing.CountsApart"]
DEFAULT_AUTO_FIELD = "django.db.models.AutoField"
USE_TZ = True
TIME_ZONE = "UTC"
USE_I18N = False
APPEND_SLASH = True

INSTALLED_APPS = [
    "django.contrib.staticfiles",
    "rest_framework",
    "django_filters",
    "cosmodrome.web",  # before drf-spectacular, whose page for ReDoc asks for fonts from elsewhere
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "cosmodrome.engine",
    "cosmodrome.catalogue",
    "cosmodrome.access",
]

MIDDLEWARE = [
    "cosmodrome.web.middleware.open_for_reading",
    "cosmodrome.web.middleware.say_what_is_wrong",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {},
    }
]

STATIC_URL = f"{urlsplit(PUBLIC_URL).path}/static/"
WHITENOISE_STATIC_PREFIX = "/static/"  # what a proxy has put in front is gone by then
WHITENOISE_USE_FINDERS = True  # nothing to collect: the few files come from the packages themselves
WHITENOISE_AUTOREFRESH = False

REST_FRAMEWORK = {
    "DEFAULT_RENDERER_CLASSES": [
        "rest_framework.renderers.JSONRenderer",
        "cosmodrome.web.browse.BrowsablePage",
    ],
    "DEFAULT_CONTENT_NEGOTIATION_CLASS": "cosmodrome.engine.negotiation.FormatFirst",
    "DEFAULT_AUTHENTICATION_CLASSES": ["cosmodrome.access.tokens.TokenHeader"],
    "DEFAULT_PERMISSION_CLASSES": [],
    "DEFAULT_THROTTLE_CLASSES": ["cosmodrome.access.counting.RateLimit"],
    "DEFAULT_SCHEMA_CLASS": "cosmodrome.engine.openapi.ContractSchema",
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

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "{asctime} {levelname} {name}: {message}", "style": "{"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["stderr"], "level": "WARNING"},
    "loggers": {
        # Refused hosts and missing pages are the client's business: the answer says it all.
        "django.security.DisallowedHost": {"level": "CRITICAL"},
        "django.request": {"level": "ERROR"},
    },
}
