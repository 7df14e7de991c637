"""The parts of a page that are the same for every map: Leaflet, our script and style, the frame around."""

import functools
import re
from importlib import resources

from gis.webmap.pictures import data_uri

# The browser itself refuses every request a page with this policy might make.
POLICY = (
    "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data:; font-src data:"
)

FRAME = """
<header class="sky-head">
<div class="sky-names"><h1 id="sky-title"></h1><p id="sky-subtitle"></p></div>
<div class="sky-search" role="search"><input id="sky-query" type="search" autocomplete="off">
<ul id="sky-found" aria-live="polite"></ul></div>
<button type="button" id="sky-toggle" aria-expanded="false" aria-controls="sky-panel"></button>
<button type="button" id="sky-language"></button>
<button type="button" id="sky-print"></button>
</header>
<aside id="sky-panel" class="sky-panel"></aside>
"""


@functools.cache
def head() -> str:
    """Leaflet's style and script with its pictures as data, and ours."""
    home = resources.files("js_lib_leaflet") / "static" / "js_lib_leaflet"
    own = resources.files("gis.webmap") / "static"
    style = (home / "leaflet.css").read_text(encoding="utf-8")

    def picture(match: re.Match[str]) -> str:
        return f"url({data_uri((home / match.group(1)).read_bytes(), 'image/png')})"

    style = re.sub(r"url\((images/[\w.-]+)\)", picture, style) + (own / "sky.css").read_text(encoding="utf-8")
    script = re.sub(r"//# sourceMappingURL=.*", "", (home / "leaflet.js").read_text(encoding="utf-8"))
    ours = (own / "sky.js").read_text(encoding="utf-8")
    return f"<style>{style}</style><script>{script}</script><script>{ours}</script>"
