"""Every path that is answered."""

from django.conf import settings
from django.urls import URLPattern, URLResolver, include, path

from cosmodrome.access.views import ThrottleStatus
from cosmodrome.admin.site import site
from cosmodrome.derived.materialised.provenance import ORIGINS
from cosmodrome.resources.routers import build_router, endpoint_urls
from cosmodrome.resources.subresources import subresource_urls
from cosmodrome.timeline.views import SpacecraftTimeline, StationTimeline
from cosmodrome.web import errors, views
from cosmodrome.web.documents import views as pages
from cosmodrome.web.readers import RedocPage, SwaggerPage
from cosmodrome.web.schema import OpenApiDocument
from cosmodrome.web.status import status

router = build_router()
router.register("api-throttle", ThrottleStatus, "api-throttle")

api: list[URLPattern | URLResolver] = [
    path("schema/", OpenApiDocument.as_view(), name="schema"),
    path("swagger/", SwaggerPage.as_view(url_name="schema"), name="swagger"),
    path("redoc/", RedocPage.as_view(url_name="schema"), name="redoc"),
    *endpoint_urls(),
    *subresource_urls(SpacecraftTimeline, StationTimeline, *ORIGINS),
    path("", include(router.urls)),
]

urlpatterns = [
    path("", views.home, name="home"),
    path("favicon.ico", views.favicon, name="favicon"),
    path("robots.txt", views.robots, name="robots"),
    path("admin/", site.urls),
    path("docs/", pages.documentation, name="documentation"),
    path("docs/lists/", pages.lists, name="documentation-lists"),
    path("docs/images/<str:name>", pages.image, name="document-image"),
    path("docs/<path:name>/", pages.document, name="document"),
    path("docs/<path:name>", pages.document, name="document-file"),
    path("status/", status, name="status"),
    path(f"{settings.VERSION}/", include(api)),
]

handler400 = errors.bad_request
handler403 = errors.forbidden
handler404 = errors.not_found
handler500 = errors.server_error
