"""The WSGI callable."""

import gc
import os
from importlib import import_module

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "benchmarks.plain.settings")

application = get_wsgi_application()
import_module("benchmarks.plain.urls")  # else the first request does
gc.collect()
gc.freeze()  # as Cosmodrome's server does: what stays for ever is not looked through again and again
