"use strict";
// Where the drone is: the map, and the order's events as they come.
const DRONE = '<svg viewBox="-18 -18 36 36" width="36" height="36" aria-hidden="true"><g stroke="#1c2733" stroke-width="2.5">'
  + '<path d="M-10-10 10 10M-10 10 10-10"/></g><g fill="#fff" stroke="#0b6bcb" stroke-width="2.5"><circle cx="-10" cy="-10" r="5.5"/>'
  + '<circle cx="10" cy="-10" r="5.5"/><circle cx="-10" cy="10" r="5.5"/><circle cx="10" cy="10" r="5.5"/></g><circle r="4.5" fill="#0b6bcb"/></svg>';
const FINAL = ["closed", "refused", "cancelled", "failed"];
const QUIET_MS = 45000;  // the service says something every 15 s; a line that is quieter is broken
const place = (xy) => [xy[1], xy[0]];

function newMap(now) {
  // One finger scrolls the page, two move the map; the view follows the drone by itself.
  const map = L.map("map", { attributionControl: false, zoomControl: false, dragging: false, keyboard: false, scrollWheelZoom: false, doubleClickZoom: false, tap: false });
  if (view.point.ground) L.geoJSON(view.point.ground, { interactive: false, style: (f) => ({ color: f.properties.colour || "#9ab89a", weight: 1, fillOpacity: .45 }) }).addTo(map);
  L.control.scale({ imperial: false }).addTo(map);
  const made = { map, ends: [place(view.point.position)], marks: [], path: [], drone: null };
  made.track = L.polyline([], { color: "#0b6bcb", weight: 4 }).addTo(map);
  if (now.depot) made.ends.push(place(now.depot));
  const mark = (where, other, radius, color, word) => made.marks.push([word, L.circleMarker(where, { radius, color, fillOpacity: .8, interactive: false })
    .bindTooltip(say(word), { permanent: true, direction: other && other[0] > where[0] ? "bottom" : "top", className: "end" }).addTo(map)]);
  mark(made.ends[0], made.ends[1], 9, "#8a3b00", "here");
  if (now.depot) mark(made.ends[1], made.ends[0], 7, "#1c2733", "depot");
  map.fitBounds(L.latLngBounds(made.ends).pad(.3), { maxZoom: 17, animate: false });
  return made;
}

function draw(now) {
  if (!view.map) view.map = newMap(now);
  const shown = view.map;
  shown.marks.forEach(([word, mark]) => mark.setTooltipContent(say(word)));
  at("map").setAttribute("aria-label", say("map"));
  if (now.position) {
    const here = place(now.position), last = shown.path[shown.path.length - 1];
    if (!last || last[0] !== here[0] || last[1] !== here[1]) shown.path.push(here);
    shown.track.setLatLngs(shown.path);
    if (!shown.drone) {
      const icon = L.divIcon({ className: "drone", html: DRONE, iconSize: [36, 36] });
      shown.drone = L.marker(here, { icon, keyboard: false, interactive: false }).addTo(shown.map);
    }
    shown.drone.setLatLng(here);
    if (!shown.map.getBounds().contains(here)) shown.map.fitBounds(L.latLngBounds([...shown.ends, here]).pad(.2), { animate: false });
    const away = shown.map.distance(here, shown.ends[0]);
    at("map").setAttribute("aria-label", `${say("map")}. ${say("away", away < 1000 ? `${Math.round(away / 10) * 10} m` : `${(away / 1000).toFixed(1)} km`)}`);
  } else if (shown.drone && FINAL.includes(now.state)) { shown.drone.remove(); shown.drone = null; }
}

async function follow() {
  const asked = ++view.asked;
  while (asked === view.asked && view.order && !FINAL.includes(view.order.state)) {
    const line = new AbortController();
    try {
      const headers = { "X-Order-Token": view.token, Accept: "text/event-stream" };
      const stream = await fetch(`/api/v1/orders/${encodeURIComponent(view.order.id)}/events`, { headers, cache: "no-store", signal: line.signal });
      if (stream.status === 401 || stream.status === 404) { again(); return; }  // the service knows the order no longer
      if (!stream.ok) throw new Error(stream.statusText);
      trouble("");
      await read(stream.body.getReader(), asked, line);
    } catch { if (asked === view.asked) trouble("offline"); }
    await new Promise((done) => setTimeout(done, 2000));
  }
}

async function read(reader, asked, line) {
  const decoder = new TextDecoder();
  let rest = "";
  for (;;) {
    const patience = setTimeout(() => line.abort(), QUIET_MS);
    const { done, value } = await reader.read().finally(() => clearTimeout(patience));
    if (done || asked !== view.asked) { reader.cancel().catch(() => {}); return; }
    rest += decoder.decode(value, { stream: true });
    const parts = rest.split(/\r?\n\r?\n/);
    rest = parts.pop();
    for (const part of parts) {
      const data = part.split(/\r?\n/).filter((l) => l.startsWith("data:")).map((l) => l.slice(5)).join("\n");
      if (data) order(JSON.parse(data));
    }
  }
}
