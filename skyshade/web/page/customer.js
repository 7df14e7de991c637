"use strict";
// One page for one delivery point: choose goods, order, follow the drone, cancel.
const POINT = decodeURIComponent(location.pathname.split("/").pop());
const KEPT = "skyshade-order-" + POINT, SENT = "skyshade-sent-" + POINT, SPOKEN = "skyshade-language";
const AGAIN_MS = 3000, SENT_MS = 600000;  // how soon to send again, and how long an unanswered order is worth it
const kept = {  // a browser may keep nothing; the page works without
  get(name) { try { return JSON.parse(localStorage.getItem(name)); } catch { return null; } },
  set(name, value) { try { localStorage.setItem(name, JSON.stringify(value)); } catch { /* not kept */ } },
  drop(name) { try { localStorage.removeItem(name); } catch { /* not kept */ } },
};
const pause = (ms) => new Promise((done) => { setTimeout(done, ms); addEventListener("online", done, { once: true }); });

async function ask(method, path, body, headers) {
  const sent = { method, headers: { ...(headers || {}) }, cache: "no-store" };
  if (body) { sent.body = JSON.stringify(body); sent.headers["Content-Type"] = "application/json"; }
  const answer = await fetch(path, sent);
  const data = await answer.json().catch(() => ({}));
  if (!answer.ok) throw Object.assign(new Error(data.message || answer.statusText), { status: answer.status, error: data.error, answered: answer.status < 502 });
  return data;
}

function trouble(name) {
  view.said = name;
  at("trouble").textContent = name ? say("errors")[name] || say(name) : "";
  at("trouble").hidden = !name;
}

function failed(problem) {
  if (!problem.answered) return "offline";
  if (problem.status === 429) return "limited";
  return problem.error in say("errors") ? problem.error : "other";
}

function words() {
  document.documentElement.lang = view.language;
  document.querySelectorAll("[data-word]").forEach((part) => { part.textContent = say(part.dataset.word); });
  at("language").textContent = say("other");
  at("language").lang = view.language === "ko" ? "en" : "ko";
  trouble(view.said);
  if (!view.point) return;
  at("point").textContent = view.point.name;
  document.title = view.point.name + " · Skyshade";
  at("hours").textContent = say("hours", view.point.hours);
  at("privacy").textContent = say("privacy", view.point.forget_after_days);
  const shut = view.point.closed ? "closed" : !view.point.open ? "shut" : view.point.occupied ? "occupied" : "";
  at("closed").hidden = !shut;
  at("closed").textContent = shut ? say(shut, view.point.hours) : "";
  goods(); total(); if (view.order) order(view.order);
}

const never = (item) => item.mass_kg > view.point.most_kg + 1e-9 || !item.flies;
const mass = () => view.point.goods.reduce((sum, item) => sum + item.mass_kg * (view.counts[item.id] || 0), 0);

function note(item) {
  const care = item.hazards.map((name) => say("hazards")[name] || name);
  return [`${item.mass_kg} kg`, ...care, ...(never(item) ? [say("never")] : [])].join(" · ");
}

function goods() {
  at("goods").replaceChildren(...view.point.goods.map((item) => {
    const row = element("li", undefined, never(item) ? "never" : ""), name = element("span", item.name, "name");
    const count = element("output", String(view.counts[item.id] || 0));
    name.append(element("small", note(item)));
    count.setAttribute("aria-label", item.name);
    const steps = [["−", -1, "less"], ["+", 1, "more"]].map(([sign, step, word]) => {
      const button = element("button", sign);
      button.type = "button";
      button.disabled = never(item);
      button.setAttribute("aria-label", say(word, item.name));
      button.addEventListener("click", () => {
        view.counts[item.id] = Math.min(99, Math.max(0, (view.counts[item.id] || 0) + step));
        count.textContent = String(view.counts[item.id]); total();
      });
      return button;
    });
    const counter = element("span", undefined, "counter");
    counter.append(steps[0], count, steps[1]);
    row.append(name, counter); row.dataset.item = item.id;
    return row;
  }));
}

function total() {
  if (!view.point) return;
  const count = Object.values(view.counts).reduce((sum, n) => sum + n, 0), kg = mass(), heavy = kg > view.point.most_kg + 1e-9;
  at("mass").textContent = heavy ? `${say("mass", count, kg.toFixed(2), view.point.most_kg)} · ${say("heavy")}`
    : count ? say("mass", count, kg.toFixed(2), view.point.most_kg) : say("none", view.point.most_kg);
  at("mass").className = heavy ? "wrong" : "";
  const wrong = hours();
  at("wrong").hidden = !wrong || wrong === "shut"; at("wrong").textContent = wrong ? say(wrong, view.point.hours) : "";
  at("send").textContent = say(view.sending ? "asking" : "order");
  at("send").disabled = view.sending || !count || heavy || !!wrong || view.point.closed;
  at("ordering").inert = view.sending;
}

const reserving = () => document.querySelector("[name=when]:checked").value === "later";
const later = () => (reserving() ? at("at").value : null);

// What is wrong with the time, or nothing. The phone's clock is read in the point's time zone.
function hours() {
  if (!reserving()) return view.point.open ? "" : "shut";
  if (!later()) return "time";
  const now = new Date().toLocaleTimeString("en-GB", { hour: "2-digit", minute: "2-digit", timeZone: view.point.time_zone });
  const [opens, closes] = view.point.hours.split("-");
  return later() < opens || later() >= closes ? "outside" : later() < now ? "past" : "";
}

function press(event) {
  event.preventDefault();
  if (at("send").disabled) return;
  const lines = Object.entries(view.counts).filter((l) => l[1] > 0).map(([item, count]) => ({ item, count }));
  const wish = { point: POINT, lines, contact: at("contact").value.trim() || null, local_time: later() };
  const key = Array.from(crypto.getRandomValues(new Uint8Array(16)), (b) => b.toString(16).padStart(2, "0")).join("");
  kept.set(SENT, { wish, key, at: Date.now() });
  send(wish, key);
}

// Send until there is an answer: with the same key the same order is the same, however often it arrives.
async function send(wish, key) {
  const asked = ++view.asked;
  let renewed = false;
  view.sending = true; trouble(""); total();
  while (asked === view.asked) {
    try {
      taken(await ask("POST", "/api/v1/orders", wish, { "Idempotency-Key": key, "X-Page-Pass": view.point.pass }));
      return;
    } catch (problem) {
      if (problem.error === "page_too_old" && !renewed) { renewed = true; await facts().catch(() => {}); continue; }
      if (problem.answered) { refusedToSend(problem); return; }
      trouble("resend");
    }
    await pause(AGAIN_MS);
  }
}

function taken(answer) {
  kept.drop(SENT);
  view.sending = false; trouble(""); total();
  view.token = answer.token;
  kept.set(KEPT, { id: answer.id, token: answer.token });
  order(answer); at("headline").focus(); scrollTo(0, 0); follow();
}

async function refusedToSend(problem) {
  kept.drop(SENT);
  view.sending = false;
  trouble(problem.status === 422 && problem.error === "refused" ? "gone" : failed(problem));
  await facts().then(words).catch(() => total());
}

function order(now) {
  const before = view.order && view.order.state;
  view.order = now;
  const final = FINAL.includes(now.state);
  at("ordering").hidden = true; at("answer").hidden = false;
  at("answer").dataset.state = now.state;
  put("headline", say("states")[now.state]);
  put("number", say("number", now.id));
  put("detail", detail(now));
  const texts = (now.reasons || []).map(told), seen = new Set();
  at("reasons").replaceChildren(...texts.filter((text) => !seen.has(text.join()) && seen.add(text.join())).map(([wrong, cure]) => {
    const row = element("li", wrong);
    if (cure) row.append(element("small", cure));
    return row;
  }));
  steps({ accepted: 0, flying: 1, released: 2, closed: 2 }[now.state]);
  const names = Object.fromEntries(view.point.goods.map((item) => [item.id, item.name]));
  at("bag").replaceChildren(...now.lines.map((line) => element("li", `${names[line.item] || line.item} × ${line.count}`)));
  at("cancel").hidden = !now.may_cancel; at("again").hidden = !final;
  at("safety").parentElement.hidden = final && now.state !== "closed";
  at("map").hidden = now.state === "refused" || now.state === "cancelled";
  if (!at("map").hidden) draw(now);
  if (final && before && before !== now.state) at("headline").focus();
}

// Only what changed is written: a screen reader reads it once.
function put(id, text) { if (at(id).textContent !== text) at(id).textContent = text; }

function steps(reached) {
  at("steps").hidden = reached === undefined;
  at("steps").replaceChildren(...say("steps").map((name, i) => {
    const step = element("li", name, i < reached ? "done" : i === reached ? "done here" : "");
    if (i === reached) step.setAttribute("aria-current", "step");
    return step;
  }));
}

function detail(now) {
  if (now.released_at) return say("arrived", clock(now.released_at));
  if (!["accepted", "flying"].includes(now.state) || !now.earliest) return "";
  const window_ = say("window", clock(now.earliest), clock(now.latest));
  const left = Math.round((Date.parse(now.expected) - Date.now()) / 60000);
  return now.state === "flying" ? `${window_} · ${left > 0 ? say("minutes", left) : say("soon")}` : window_;
}

async function cancel() {
  if (!confirm(say("sure"))) return;
  try { order(await ask("POST", `/api/v1/orders/${encodeURIComponent(view.order.id)}/cancel`, null, { "X-Order-Token": view.token })); trouble(""); }
  catch (problem) { trouble(problem.status === 422 ? "late" : failed(problem)); }
}

function again() {
  view.asked += 1; view.order = null; view.token = null; view.counts = {};
  if (view.map) { view.map.map.remove(); view.map = null; }
  kept.drop(KEPT);
  at("answer").hidden = true; at("ordering").hidden = false; at("safety").parentElement.hidden = false;
  load();
}

async function facts() {
  view.point = await ask("GET", `/p/${encodeURIComponent(POINT)}/facts`);
}

async function load() {
  for (;;) {
    try {
      if (!Object.keys(view.reasons).length) view.reasons = await ask("GET", "/static/reasons.json");
      await facts();
      break;
    } catch (problem) {
      if (problem.answered && problem.status !== 429) { trouble(failed(problem)); return; }
      trouble(problem.answered ? "limited" : "loading");
    }
    await pause(AGAIN_MS);
  }
  trouble(""); words();
  const sent = kept.get(SENT);
  if (sent && Date.now() - sent.at < SENT_MS) { send(sent.wish, sent.key); return; }
  await resume();
}

async function resume() {
  const known = kept.get(KEPT);
  if (!known || view.order) return;
  for (;;) {
    try {
      view.token = known.token;
      order(await ask("GET", `/api/v1/orders/${encodeURIComponent(known.id)}`, null, { "X-Order-Token": known.token }));
      trouble(""); follow();
      return;
    } catch (problem) {
      if (problem.answered && problem.status !== 429) { kept.drop(KEPT); trouble(""); return; }
      trouble("offline");
    }
    await pause(AGAIN_MS);
  }
}

function speak(language) { view.language = language; words(); }

at("ordering").addEventListener("submit", press);
at("cancel").addEventListener("click", cancel);
at("again").addEventListener("click", again);
at("at").addEventListener("input", () => { document.querySelector("[name=when][value=later]").checked = true; total(); });
at("when").addEventListener("change", total);
at("language").addEventListener("click", () => { speak(view.language === "ko" ? "en" : "ko"); kept.set(SPOKEN, view.language); });
speak(kept.get(SPOKEN) || ((navigator.language || "ko").startsWith("ko") ? "ko" : "en"));
load();
