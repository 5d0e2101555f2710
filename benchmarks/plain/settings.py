"""Django's settings.  COSMODROME_DATA_DIR names the folder of the catalogue, which is only read."""

import os
from pathlib import Path

DEBUG = False
SECRET_KEY = "signs nothing"  # noqa: S105 - there are no sessions
ALLOWED_HOSTS = ["*"]
ROOT_URLCONF = "benchmarks.plain.urls"
DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": Path(os.environ["COSMODROME_DATA_DIR"]) / "cosmodrome.sqlite3",
        "CONN_MAX_AGE": None,
        "OPTIONS": {"init_command": "PRAGMA query_only=ON"},
    }
}
CACHE_BYTES = 0  # the modules of the tables import Cosmodrome's store, which stays empty
USE_TZ = True
USE_I18N = False
TIME_ZONE = "UTC"
INSTALLED_APPS = [
    "rest_framework",
    "django_filters",
    "cosmodrome.changes",  # the modules of the tables import its models
    "cosmodrome.catalogue",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]
REST_FRAMEWORK = {
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_AUTHENTICATION_CLASSES": [],
    "DEFAULT_PERMISSION_CLASSES": [],
    "UNAUTHENTICATED_USER": None,
    "DATETIME_FORMAT": "%Y-%m-%dT%H:%M:%SZ",
}
