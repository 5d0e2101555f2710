"""The Django app of the admin: templates and styles, and the registration of all tables."""

from django.apps import AppConfig, apps
from django.db.models.signals import post_migrate


class CurationConfig(AppConfig):
    """`admin` is the label of Django's own app, so this one has another."""

    name = "cosmodrome.admin"
    label = "curation"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Called once by Django, when every family is loaded; its system checks then see the site."""
        from django.contrib.auth.signals import user_logged_in

        from cosmodrome.admin.history.recorder import HistoryRecorder
        from cosmodrome.changes.transactions import LISTENERS

        LISTENERS.append(HistoryRecorder)
        from cosmodrome.admin.groups import make_groups_after_migrating
        from cosmodrome.admin.site import CATALOGUE, register_catalogue

        register_catalogue()
        post_migrate.connect(make_groups_after_migrating, apps.get_app_config(CATALOGUE))
        # Django writes the instant of a log-in into the account, for which a load would have to be waited
        user_logged_in.disconnect(dispatch_uid="update_last_login")
