"use strict";
// One page for one delivery point: choose goods, order, follow the drone, cancel.
const POINT = decodeURIComponent(location.pathname.split("/").pop());
const KEPT = "skyshade-order-" + POINT;
const DRONE = '<svg viewBox="-18 -18 36 36" width="36" height="36" aria-hidden="true"><g stroke="#1c2733" stroke-width="2.5">'
  + '<path d="M-10-10 10 10M-10 10 10-10"/></g><g fill="#fff" stroke="#0b6bcb" stroke-width="2.5"><circle cx="-10" cy="-10" r="5.5"/>'
  + '<circle cx="10" cy="-10" r="5.5"/><circle cx="-10" cy="10" r="5.5"/><circle cx="10" cy="10" r="5.5"/></g><circle r="4.5" fill="#0b6bcb"/></svg>';
const FINAL = ["closed", "refused", "cancelled", "failed"];
const view = { language: (navigator.language || "ko").startsWith("ko") ? "ko" : "en", point: null, counts: {}, order: null, token: null, map: null, asked: 0 };
const at = (id) => document.getElementById(id);
const say = (name, ...facts) => { const word = WORDS[view.language][name]; return typeof word === "function" ? word(...facts) : word; };
const element = (tag, text, kind) => { const made = document.createElement(tag); if (text !== undefined) made.textContent = text; if (kind) made.className = kind; return made; };
const clock = (iso) => new Date(iso).toLocaleTimeString(view.language, { hour: "2-digit", minute: "2-digit", timeZone: view.point.time_zone });

async function ask(method, path, body, headers) {
  const sent = { method, headers: { ...(headers || {}) }, cache: "no-store" };
  if (body) { sent.body = JSON.stringify(body); sent.headers["Content-Type"] = "application/json"; }
  const answer = await fetch(path, sent);
  const data = await answer.json().catch(() => ({}));
  if (!answer.ok) throw Object.assign(new Error(data.message || answer.statusText), { status: answer.status, answered: true });
  return data;
}

function trouble(text) { at("trouble").hidden = !text; at("trouble").textContent = text || ""; }

function words() {
  document.documentElement.lang = view.language;
  document.querySelectorAll("[data-word]").forEach((place) => { place.textContent = say(place.dataset.word); });
  at("language").textContent = say("other");
  if (!view.point) return;
  at("point").textContent = view.point.name;
  document.title = view.point.name + " · Skyshade";
  at("hours").textContent = say("hours") + " " + view.point.hours;
  const shut = view.point.open ? (view.point.occupied ? "occupied" : "") : "closed";
  at("closed").hidden = !shut;
  at("closed").textContent = shut ? say(shut) : "";
  goods(); total(); if (view.order) order(view.order);
}

function goods() {
  const rows = view.point.goods.map((item) => {
    const row = element("li"), name = element("span", item.name, "name"), count = element("output", String(view.counts[item.id] || 0));
    name.append(element("small", `${item.mass_kg} kg`));
    const less = element("button", "−"), more = element("button", "+");
    for (const [button, step] of [[less, -1], [more, 1]]) {
      button.type = "button";
      button.setAttribute("aria-label", `${item.name} ${step > 0 ? "+1" : "−1"}`);
      button.addEventListener("click", () => {
        view.counts[item.id] = Math.min(99, Math.max(0, (view.counts[item.id] || 0) + step));
        count.textContent = String(view.counts[item.id]); total();
      });
    }
    row.append(name, less, count, more); row.dataset.item = item.id;
    return row;
  });
  at("goods").replaceChildren(...rows);
}

function total() {
  const kg = view.point.goods.reduce((sum, item) => sum + item.mass_kg * (view.counts[item.id] || 0), 0);
  const heavy = kg > view.point.most_kg + 1e-9;
  at("mass").textContent = say("mass", kg.toFixed(2), view.point.most_kg) + (heavy ? " · " + say("heavy") : "");
  at("send").disabled = !(kg > 0) || heavy || !view.point.open;
}

function later() {
  if (document.querySelector("[name=when]:checked").value === "now" || !at("at").value) return null;
  return at("at").value;
}

async function send(event) {
  event.preventDefault();
  const lines = Object.entries(view.counts).filter((l) => l[1] > 0).map(([item, count]) => ({ item, count }));
  const wish = { point: POINT, lines, contact: at("contact").value.trim() || null, local_time: later() };
  const text = JSON.stringify(wish), kept = JSON.parse(sessionStorage.getItem(KEPT) || "{}");
  const key = kept.text === text ? kept.key : Array.from(crypto.getRandomValues(new Uint8Array(16)), (b) => b.toString(16).padStart(2, "0")).join("");
  sessionStorage.setItem(KEPT, JSON.stringify({ text, key }));  // the same words sent again are the same order
  at("send").disabled = true; at("send").textContent = say("asking"); trouble("");
  try {
    const taken = await ask("POST", "/api/v1/orders", wish, { "Idempotency-Key": key, "X-Page-Pass": view.point.pass });
    sessionStorage.removeItem(KEPT);
    view.token = taken.token;
    localStorage.setItem(KEPT, JSON.stringify({ id: taken.id, token: taken.token }));
    order(taken); follow();
  } catch (problem) {
    const known = { 401: "expired", 429: "limited" }[problem.status];
    trouble(known ? say(known) : problem.answered ? `${say("failed")}: ${problem.message}` : say("offline"));
  }
  at("send").textContent = say("order"); total();
}

function order(now) {
  view.order = now;
  const final = FINAL.includes(now.state);
  at("ordering").hidden = true; at("answer").hidden = false;
  at("answer").dataset.state = now.state;
  at("headline").textContent = say("states")[now.state];
  at("number").textContent = say("number", now.id);
  at("detail").textContent = detail(now);
  at("reasons").replaceChildren(...(now.reasons || []).map((why) => {
    const row = element("li", why.message);
    if (why.cure) row.append(element("small", why.cure));
    return row;
  }));
  const reached = { accepted: 0, flying: 1, released: 2, closed: 2 }[now.state];
  at("steps").hidden = reached === undefined;
  at("steps").replaceChildren(...say("steps").map((name, i) => element("li", name, i < reached ? "done" : i === reached ? "done here" : "")));
  at("cancel").hidden = !now.may_cancel; at("again").hidden = !final;
  at("map").hidden = now.state === "refused";
  if (now.state !== "refused") draw(now);
}

function detail(now) {
  if (now.released_at) return say("arrived", clock(now.released_at));
  if (!["accepted", "flying"].includes(now.state) || !now.earliest) return "";
  const window_ = say("window", clock(now.earliest), clock(now.latest));
  const left = Math.round((Date.parse(now.expected) - Date.now()) / 60000);
  return now.state === "flying" ? `${window_} · ${left > 0 ? say("minutes", left) : say("soon")}` : window_;
}

function draw(now) {
  const place = (xy) => [xy[1], xy[0]];
  if (!view.map) {
    const map = L.map("map", { attributionControl: false, zoomControl: false });
    view.map = { map, drone: null, track: L.polyline([], { color: "#0b6bcb", weight: 4 }).addTo(map) };
    L.control.scale({ imperial: false }).addTo(map);
    if (view.point.ground) L.geoJSON(view.point.ground, { interactive: false, style: (f) => ({ color: f.properties.colour || "#9ab89a", weight: 1, fillOpacity: .45 }) }).addTo(map);
    const ends = [place(view.point.position)];
    L.circleMarker(ends[0], { radius: 9, color: "#8a3b00", fillOpacity: .8 }).bindTooltip(say("here"), { permanent: true, direction: "top" }).addTo(map);
    if (now.depot) { ends.push(place(now.depot)); L.circleMarker(ends[1], { radius: 7, color: "#1c2733", fillOpacity: .8 }).bindTooltip(say("depot"), { permanent: true, direction: "top" }).addTo(map); }
    map.fitBounds(L.latLngBounds(ends).pad(.25), { maxZoom: 17 });
  }
  if (now.track && now.track.length) view.map.track.setLatLngs(now.track.map(place));
  if (now.position) {
    const icon = L.divIcon({ className: "drone", html: DRONE, iconSize: [36, 36] });
    if (!view.map.drone) view.map.drone = L.marker(place(now.position), { icon, title: say("drone"), keyboard: false }).addTo(view.map.map);
    view.map.drone.setLatLng(place(now.position));
  } else if (view.map.drone && FINAL.includes(now.state)) { view.map.drone.remove(); view.map.drone = null; }
}

async function follow() {
  const asked = ++view.asked;
  const headers = { "X-Order-Token": view.token, Accept: "text/event-stream" };
  while (asked === view.asked && view.order && !FINAL.includes(view.order.state)) {
    try {
      const stream = await fetch(`/api/v1/orders/${encodeURIComponent(view.order.id)}/events`, { headers, cache: "no-store" });
      if (!stream.ok) throw new Error(stream.statusText);
      trouble("");
      await read(stream.body.getReader(), asked);
    } catch { if (asked === view.asked) trouble(say("offline")); }
    await new Promise((done) => setTimeout(done, 2000));
  }
}

async function read(reader, asked) {
  const decoder = new TextDecoder();
  let rest = "";
  for (;;) {
    const { done, value } = await reader.read();
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

async function cancel() {
  if (!confirm(say("sure"))) return;
  try { order(await ask("POST", `/api/v1/orders/${encodeURIComponent(view.order.id)}/cancel`, null, { "X-Order-Token": view.token })); trouble(""); }
  catch (problem) { trouble(problem.answered ? problem.message : say("offline")); }
}

function again() {
  view.asked += 1; view.order = null; view.token = null; view.counts = {};
  if (view.map) { view.map.map.remove(); view.map = null; }
  localStorage.removeItem(KEPT);
  at("answer").hidden = true; at("ordering").hidden = false;
  load();
}

async function load() {
  try { view.point = await ask("GET", `/p/${encodeURIComponent(POINT)}/facts`); trouble(""); }
  catch (problem) { trouble(problem.answered ? problem.message : say("offline")); return; }
  words();
  const kept = JSON.parse(localStorage.getItem(KEPT) || "null");
  if (!kept || view.order) return;
  try {
    view.token = kept.token;
    order(await ask("GET", `/api/v1/orders/${encodeURIComponent(kept.id)}`, null, { "X-Order-Token": kept.token }));
    follow();
  } catch (problem) { if (problem.answered) localStorage.removeItem(KEPT); else trouble(say("offline")); }
}

at("ordering").addEventListener("submit", send);
at("cancel").addEventListener("click", cancel);
at("again").addEventListener("click", again);
at("at").addEventListener("input", () => { document.querySelector("[name=when][value=later]").checked = true; });
at("language").addEventListener("click", () => { view.language = view.language === "ko" ? "en" : "ko"; words(); });
words();
load();
