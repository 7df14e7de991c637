"""Pages for people: a delivery point's page, its QR code, and the page of operations."""

import io
from functools import cache
from importlib import resources
from typing import Annotated

from fastapi import APIRouter, Path, Request
from fastapi.openapi.docs import get_swagger_ui_html
from fastapi.responses import HTMLResponse, Response

from skyshade.web.access import Asking
from skyshade.web.customers import PROBLEMS, Run, known_point
from skyshade.web.keys import page_pass
from skyshade.web.refusals import RefusedError
from skyshade.web.schema import PageFacts
from skyshade.web.views import goods_views, moment, point_facts

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
# The page of operations is a library's and writes its script into the page.
DOCS_POLICY = (
    "default-src 'none'; script-src 'self' 'unsafe-inline'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data:; connect-src 'self'"
)
_FILES = {
    "customer.css": ("skyshade.web", "page/customer.css", "text/css"),
    "customer.js": ("skyshade.web", "page/customer.js", "text/javascript"),
    "words.js": ("skyshade.web", "page/words.js", "text/javascript"),
    "tracking.js": ("skyshade.web", "page/tracking.js", "text/javascript"),
    "reasons.json": ("skyshade.web", "page/reasons.json", "application/json"),
    "leaflet.css": ("js_lib_leaflet", "static/js_lib_leaflet/leaflet.css", "text/css"),
    "leaflet.js": ("js_lib_leaflet", "static/js_lib_leaflet/leaflet.js", "text/javascript"),
    "operations.css": ("fastapi_offline", "static/swagger-ui.css", "text/css"),
    "operations.js": ("fastapi_offline", "static/swagger-ui-bundle.js", "text/javascript"),
}

router = APIRouter()
Point = Annotated[str, Path(max_length=80)]


@cache
def _content(package: str, path: str) -> bytes:
    return resources.files(package).joinpath(path).read_bytes()


@router.get("/static/{name}", include_in_schema=False)
def static(name: str) -> Response:
    """The pages' own scripts and styles: nothing is fetched from elsewhere."""
    if name not in _FILES:
        raise RefusedError(404, "unknown", f"there is no file {name!r}")
    package, path, kind = _FILES[name]
    return Response(_content(package, path), media_type=kind, headers={"Cache-Control": "max-age=3600"})


@router.get("/p/{point}", response_class=HTMLResponse, responses=PROBLEMS, tags=["page"])
async def page(request: Request, service: Run, point: Point) -> HTMLResponse:
    """The page of a delivery point, which its QR code leads to."""
    headers = {"Content-Security-Policy": POLICY, "Cache-Control": "no-store"}
    try:
        known_point(service, point)
    except RefusedError as refused:
        if "text/html" not in request.headers.get("accept", ""):
            raise
        text = _content("skyshade.web", "page/missing.html").decode()
        return HTMLResponse(text, refused.status, headers)
    return HTMLResponse(_content("skyshade.web", "page/customer.html").decode(), headers=headers)


@router.get("/p/{point}/facts", responses=PROBLEMS, tags=["page"], response_model_by_alias=True)
async def facts(service: Run, _: Asking, point: Point) -> PageFacts:
    """What the page shows, and the pass it orders with, which holds for this point and for a while."""
    place, world = known_point(service, point), service.world()
    now_s, settings = service.clock.utc_s(), service.settings
    until_s = now_s + settings.pass_s
    return PageFacts(
        **point_facts(place, now_s, settings.zone),
        goods=goods_views(world),
        most_kg=settings.most_kg,
        time_zone=settings.zone.key,
        forget_after_days=settings.forget_after_days,
        expires_at=str(moment(until_s, settings.zone)),
        ground=None if settings.ground is None else dict(settings.ground),
        pass_=page_pass(service.ring(), place.id, until_s),
    )


@router.get(
    "/p/{point}/qr.svg", responses={**PROBLEMS, 200: {"content": {"image/svg+xml": {}}}}, tags=["page"]
)
def qr(service: Run, _: Asking, point: Point) -> Response:
    """The QR code to print and put up at the point."""
    from urllib.parse import quote

    import segno

    place = known_point(service, point)
    address = f"{service.settings.base_url.rstrip('/')}/p/{quote(place.id)}"
    out = io.BytesIO()
    segno.make(address, error="m").save(out, kind="svg", scale=8, border=4, title=place.name)
    return Response(out.getvalue(), media_type="image/svg+xml")


@router.get("/docs", include_in_schema=False)
def operations() -> HTMLResponse:
    """Every operation, to read and to try."""
    shown = get_swagger_ui_html(
        openapi_url="/openapi.json",
        title="Skyshade delivery service",
        swagger_js_url="/static/operations.js",
        swagger_css_url="/static/operations.css",
        swagger_favicon_url="data:,",
    )
    shown.headers["Content-Security-Policy"] = DOCS_POLICY
    return shown
