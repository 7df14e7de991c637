"use strict";
// Draws the page that gis/webmap describes as data. Texts are set as text nodes: a name that holds markup
// stays a name. A text is a string, a number into page.texts, or {language: string}.
function skyshade(map, page) {
  var BLANK = "data:image/gif;base64,R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7";
  var INITIALS = "ㄱㄲㄴㄷㄸㄹㅁㅂㅃㅅㅆㅇㅈㅉㅊㅋㅌㅍㅎ";
  var POPUP_PX = Math.max(160, Math.min(330, map.getSize().y * 0.6 - 60));  // the place itself stays in sight
  var narrow = window.innerWidth <= 800;
  var VERDICTS = ["pass", "fail", "unknown"];
  var asked = decodeURIComponent(location.hash.slice(1));
  var language = page.languages.indexOf(asked) >= 0 ? asked : page.language;
  var drawn = [], legends = [], choice = null, places = null;
  var byId = function (id) { return document.getElementById(id); };
  var panel = byId("sky-panel");

  function say(text) {
    if (typeof text === "number") { text = page.texts[text]; }
    if (text === null || text === undefined) { return ""; }
    if (typeof text !== "object") { return text; }
    return language in text ? text[language] : text[Object.keys(text)[0]];
  }
  function word(key) { return say(page.words[key]); }
  function make(tag, className, text) {
    var element = document.createElement(tag);
    if (className) { element.className = className; }
    if (text !== undefined) { element.textContent = text; }
    return element;
  }

  // A feature's card: its name, then rows of values, lists and verdicts.
  function nameOf(layer, feature) {
    var name = layer.title === null ? "" : say(feature.v[layer.title]);
    return feature.label && name ? feature.label + ". " + name : name || feature.label || say(layer.name);
  }
  function checks(rows) {
    var list = make("ul", "sky-checks");
    rows.forEach(function (row) {
      var line = list.appendChild(make("li")), verdict = VERDICTS[row[1]];
      line.appendChild(make("b", verdict, word(verdict)));
      var value = say(row[2]), limit = say(row[3]);
      line.append(say(row[0]) + (value ? " " + value : "") + (limit ? " (" + word("limit") + " " + limit + ")" : ""));
    });
    return list;
  }
  function list(items) {
    var element = make("ul");
    items.forEach(function (item) { element.appendChild(make("li", "", say(item))); });
    return element;
  }
  function card(layer, feature) {
    var box = make("div", "sky-card"), table = null;
    box.appendChild(make("h3", "", nameOf(layer, feature)));
    layer.fields.forEach(function (heading, at) {
      var value = feature.v[at];
      if (heading === null || value === null || at === layer.title) { return; }
      if (typeof value === "object" && (value.l || value.c)) {
        box.appendChild(make("h4", "", say(heading)));
        box.appendChild(value.c ? checks(value.c) : list(value.l));
        table = null;
        return;
      }
      table = table || box.appendChild(make("table"));
      var row = table.insertRow();
      row.insertCell().textContent = say(heading);
      row.insertCell().textContent = say(value);
    });
    return box;
  }

  // Layers. Grounds lie below the heat, points of large layers on one canvas, the rest in SVG above.
  [["skyGround", 250], ["skyHeat", 350], ["skyMany", 380]].forEach(function (pane) {
    map.createPane(pane[0]).style.zIndex = pane[1];
  });
  map.getPane("skyGround").style.pointerEvents = "none";
  var many = L.canvas({pane: "skyMany", tolerance: 6});
  function pin(layer, feature) {
    var label = make("div");
    label.innerHTML = '<svg width="30" height="40" viewBox="0 0 30 40"><path stroke="#fff" stroke-width="1.5" ' +
      'd="M15 39C7 27 1 22 1 14a14 14 0 1 1 28 0c0 8-6 13-14 25z"/><text x="15" y="19" text-anchor="middle" ' +
      'font-size="13" font-weight="700" fill="#fff"></text></svg>';
    label.querySelector("path").setAttribute("fill", layer.style.pin);
    label.querySelector("text").textContent = feature.label;
    var marker = L.marker(feature.at, {icon: L.divIcon({html: label, className: "sky-pin", iconSize: [30, 40],
      iconAnchor: [15, 39], popupAnchor: [0, -34]}), riseOnHover: true});
    marker.on("add", function () { marker.getElement().setAttribute("aria-label", nameOf(layer, feature)); });
    return marker;
  }
  function shape(layer, feature) {
    var style = Object.assign({}, layer.style, layer.many ? {renderer: many} : {});
    if (!feature.at) {
      return L.geoJSON(feature.g, {style: style,
        pointToLayer: function (_, at) { return L.circleMarker(at, style); }});
    }
    return layer.style.pin ? pin(layer, feature) : L.circleMarker(feature.at, style);
  }
  function vector(layer) {
    var group = L.featureGroup();
    layer.features.forEach(function (feature) {
      feature.shape = shape(layer, feature);
      if (feature.v.some(function (value) { return value !== null; })) {
        feature.shape.bindPopup(function () { return card(layer, feature); },
          {maxWidth: 330, maxHeight: POPUP_PX, autoPanPaddingTopLeft: [8, narrow ? 58 : 8],
            autoPanPaddingBottomRight: [map.getSize().x > 760 ? 216 : 8, 8]});
      }
      group.addLayer(feature.shape);
    });
    return group;
  }
  var Tiles = L.TileLayer.extend({
    getTileUrl: function (at) { return this.options.held[at.z + "/" + at.x + "/" + at.y] || BLANK; }
  });
  function tiles(layer) {
    return new Tiles("", {held: layer.tiles, minNativeZoom: layer.zooms[0], maxNativeZoom: layer.zooms[1],
      minZoom: Math.max(0, layer.zooms[0] - 3), maxZoom: 22, bounds: layer.bounds, tileSize: layer.size,
      zoomOffset: -Math.round(Math.log2(layer.size / 256))});
  }
  function image(layer) {
    var pane = layer.legend ? "skyHeat" : "tilePane";
    var overlay = L.imageOverlay(layer.url, layer.bounds, {opacity: layer.opacity, pane: pane,
      className: layer.legend ? "sky-heat" : "", alt: say(layer.name)});
    if (layer.legend) { legends.push({layer: layer, overlay: overlay}); }
    return overlay;
  }
  var KINDS = {vector: vector, tiles: tiles, image: image};
  page.layers.forEach(function (layer) {
    layer.drawn = KINDS[layer.kind](layer);
    drawn.push(layer);
    if (layer.show) { layer.drawn.addTo(map); }
  });

  function key(layer) {
    var sample = make("i", "sky-key " + (layer.form || "area"));
    sample.style.borderColor = layer.style.pin ? "#fff" : layer.style.color;
    sample.style.background = layer.style.pin || (layer.style.fill ? layer.style.fillColor : "none");
    return sample.outerHTML;
  }
  function escaped(text) { var box = make("i", "", text); return box.innerHTML; }
  function layerControl() {
    var open = choice ? choice._container.classList.contains("leaflet-control-layers-expanded") : null;
    if (choice) { choice.remove(); }
    choice = L.control.layers(null, null, {collapsed: window.innerWidth <= 1000});
    drawn.slice().reverse().forEach(function (layer) {
      choice.addOverlay(layer.drawn, (layer.style ? key(layer) : "") + escaped(say(layer.name)));
    });
    choice.addTo(map);
    if (open) { choice.expand(); }
    var toggle = choice._container.querySelector(".leaflet-control-layers-toggle");
    toggle.title = word("layers");
    toggle.setAttribute("aria-label", word("layers"));
  }
  function legendBox(entry) {
    var legend = entry.layer.legend, box = entry.box;
    box.replaceChildren(make("b", "", say(legend.title)));
    legend.classes.forEach(function (row) {
      var line = box.appendChild(make("div"));
      line.appendChild(make("i")).style.background = row[0];
      line.append(say(row[1]));
    });
    var label = box.appendChild(make("label")), slider = make("input");
    label.appendChild(make("span", "", word("opacity")));
    Object.assign(slider, {type: "range", min: 0, max: 100, value: Math.round(entry.overlay.options.opacity * 100)});
    slider.setAttribute("aria-label", word("opacity"));
    slider.addEventListener("input", function () { entry.overlay.setOpacity(slider.value / 100); });
    label.appendChild(slider);
    if (legend.note !== null) { box.appendChild(make("small", "", say(legend.note))); }
  }
  legends.forEach(function (entry) {
    var control = L.control({position: "bottomright"});
    control.onAdd = function () {
      entry.box = L.DomUtil.create("div", "sky-legend");
      L.DomEvent.disableClickPropagation(entry.box);
      return entry.box;
    };
    control.addTo(map);
  });
  L.control.scale({imperial: false, maxWidth: 160}).addTo(map);

  // Going to a place, from the list, from the search, or from a link.
  function go(layer, feature) {
    if (!map.hasLayer(layer.drawn)) { map.addLayer(layer.drawn); }
    if (feature.at) { map.setView(feature.at, Math.max(map.getZoom(), 16), {animate: false}); }
    else { map.fitBounds(feature.shape.getBounds(), {maxZoom: 17, animate: false}); }
    feature.shape.openPopup();
  }

  // Search: without spaces and case; Korean also by initial consonants.
  function plain(text) { return String(text).normalize("NFC").toLowerCase().replace(/\s+/g, ""); }
  function initials(text) {
    return text.replace(/[가-힣]/g, function (c) { return INITIALS[Math.floor((c.charCodeAt(0) - 0xac00) / 588)]; });
  }
  function allPlaces() {
    places = [];
    drawn.forEach(function (layer) {
      (layer.features || []).forEach(function (feature) {
        layer.search.forEach(function (at) {
          var text = plain(say(feature.v[at]));
          if (text) { places.push({text: text, initials: initials(text), layer: layer, feature: feature}); }
        });
      });
    });
  }
  function found(query) {
    var wanted = plain(query), seen = new Set(), field = /^[ㄱ-ㅎ]+$/.test(wanted) ? "initials" : "text";
    if (!wanted) { return []; }
    if (!places) { allPlaces(); }
    return places.filter(function (place) {
      var hit = place[field].indexOf(wanted) >= 0 && !seen.has(place.feature);
      if (hit) { seen.add(place.feature); }
      return hit;
    }).sort(function (a, b) { return a[field].indexOf(wanted) - b[field].indexOf(wanted); }).slice(0, 12);
  }
  var query = byId("sky-query"), answers = byId("sky-found");
  function search() {
    answers.replaceChildren();
    var hits = found(query.value);
    hits.forEach(function (hit) {
      var button = make("button", "", nameOf(hit.layer, hit.feature) + " ");
      button.type = "button";
      button.appendChild(make("small", "", say(hit.layer.name)));
      button.addEventListener("click", function () { answers.replaceChildren(); go(hit.layer, hit.feature); });
      answers.appendChild(make("li")).appendChild(button);
    });
    if (!hits.length && plain(query.value)) { answers.appendChild(make("li", "sky-none", word("nothing"))); }
  }
  query.addEventListener("input", search);
  query.addEventListener("keydown", function (event) {
    var first = answers.querySelector("button");
    if (event.key === "Escape") { answers.replaceChildren(); }
    if (event.key === "Enter" && first) { first.click(); }
    if (event.key === "ArrowDown" && first) { first.focus(); event.preventDefault(); }
  });
  answers.addEventListener("keydown", function (event) {
    var item = event.target.parentNode;
    var next = {ArrowDown: item.nextSibling, ArrowUp: item.previousSibling}[event.key];
    if (next) { next.firstChild.focus(); event.preventDefault(); }
    if (event.key === "Escape") { answers.replaceChildren(); query.focus(); }
  });
  map.on("click", function () { answers.replaceChildren(); });

  // The panel: lists of places and tables.
  function listed(layer) {
    var items = make("ul", "sky-list");
    layer.features.forEach(function (feature) {
      var button = make("button"), text = make("span", "", say(feature.v[layer.title]));
      button.type = "button";
      button.appendChild(make("span", "sky-badge", feature.label)).style.background = layer.style.pin;
      feature.lines.forEach(function (line) { text.appendChild(make("small", "", say(line))); });
      button.appendChild(text);
      button.addEventListener("click", function () { go(layer, feature); });
      items.appendChild(make("li")).appendChild(button);
    });
    return items;
  }
  function table(section) {
    var element = make("table"), head = element.createTHead().insertRow(), body = element.createTBody();
    function cell(row, tag, text, at) {
      row.appendChild(make(tag, section.numbers.indexOf(at) >= 0 ? "number" : "", say(text)));
    }
    section.head.forEach(function (text, at) { cell(head, "th", text, at); });
    section.rows.forEach(function (row) {
      var line = body.insertRow();
      row.forEach(function (text, at) { cell(line, "td", text, at); });
    });
    return element;
  }
  function fillPanel() {
    panel.replaceChildren();
    drawn.forEach(function (layer) {
      if (!layer.listed) { return; }
      panel.appendChild(make("h2", "", say(layer.name)));
      panel.appendChild(listed(layer));
    });
    page.sections.forEach(function (section) {
      panel.appendChild(make("h2", "", say(section.heading)));
      section.lines.forEach(function (line) { panel.appendChild(make("p", "", say(line))); });
      if (section.rows.length) { panel.appendChild(table(section)); }
    });
    document.body.classList.toggle("bare", !panel.childNodes.length);
  }
  function togglePanel(closed) {
    panel.classList.toggle("closed", closed);
    byId("sky-toggle").setAttribute("aria-expanded", String(!panel.classList.contains("closed")));
    map.invalidateSize();
  }
  byId("sky-toggle").addEventListener("click", function () { togglePanel(); });

  // Language.
  function speak() {
    document.documentElement.lang = language;
    document.title = say(page.title);
    byId("sky-title").textContent = say(page.title);
    byId("sky-subtitle").textContent = say(page.subtitle);
    byId("sky-print").textContent = word("print");
    byId("sky-toggle").textContent = word("list");
    query.placeholder = word("search");
    query.setAttribute("aria-label", word("search"));
    var next = page.languages[(page.languages.indexOf(language) + 1) % page.languages.length];
    byId("sky-language").textContent = page.words.called[next];
    byId("sky-language").lang = next;
    places = null;
    answers.replaceChildren();
    layerControl();
    legends.forEach(legendBox);
    fillPanel();
    map.zoomControl._zoomInButton.title = word("in");
    map.zoomControl._zoomOutButton.title = word("out");
    map.eachLayer(function (layer) {
      if (layer.isPopupOpen && layer.isPopupOpen()) { layer.getPopup().update(); }
    });
  }
  byId("sky-language").hidden = page.languages.length < 2;
  byId("sky-language").addEventListener("click", function () {
    language = page.languages[(page.languages.indexOf(language) + 1) % page.languages.length];
    speak();
  });

  // Print: the map takes the sheet's width before the browser lays the sheet out.
  var before = null;
  function sheet(printing) {
    if (printing === document.documentElement.classList.contains("printing")) { return; }
    if (printing) { before = map.getBounds(); }
    document.documentElement.classList.toggle("printing", printing);
    if (printing) { choice.expand(); }
    map.invalidateSize({animate: false, pan: false});
    map.fitBounds(before, {animate: false});
    if (!printing) { layerControl(); }
  }
  window.addEventListener("beforeprint", function () { sheet(true); });
  window.addEventListener("afterprint", function () { sheet(false); });
  byId("sky-print").addEventListener("click", function () { window.print(); });

  document.body.appendChild(panel);
  if (narrow) {
    panel.classList.add("closed");
    map.zoomControl.setPosition("bottomleft");
  }
  speak();
  map.invalidateSize({animate: false});
  map.fitBounds(page.bounds, {padding: [24, 24], animate: false});
}
