/* The timeline page: what is asked stands in the address, so that every view can be sent on as a link. */
import { draw, icon } from "./chart.js";
import { Combo } from "./combo.js";
import { el, isPast, lang, outward, say, sayDate, speak, word } from "./dom.js";

const CERTAINTIES = ["law", "announced", "proposed"];
const at = (id) => document.getElementById(id);
const state = { market: "", product: "", from: "", upcoming: true, shown: new Set(CERTAINTIES) };
let [today, found, picked, waiting] = ["", null, null, null];

const market = new Combo(at("market"), "market", (id) => ask({ market: id }));
const product = new Combo(at("product"), "product", (id) => ask({ product: id }));

function read() {
  const said = new URLSearchParams(location.search);
  speak(said.get("lang") ?? "zh");
  state.market = said.get("market") ?? "";
  state.product = said.get("product") ?? "";
  state.from = /^\d{4}-\d{2}-\d{2}$/.test(said.get("from") ?? "") ? said.get("from") : "";
  state.upcoming = said.get("upcoming") !== "0";
  const only = (said.get("certainty") ?? "").split(",").filter((c) => CERTAINTIES.includes(c));
  state.shown = new Set(only.length ? only : CERTAINTIES);
}

function write() {
  const said = new URLSearchParams();
  for (const key of ["market", "product", "from"]) if (state[key]) said.set(key, state[key]);
  if (!state.upcoming) said.set("upcoming", "0");
  if (state.shown.size < CERTAINTIES.length) said.set("certainty", [...state.shown].join(","));
  if (lang() === "en") said.set("lang", "en");
  history.replaceState(null, "", said.size ? `?${said}` : location.pathname);
  at("chat").href = lang() === "en" ? "/?lang=en" : "/";
}

function trouble(...said) {
  at("trouble").replaceChildren(...said.map((line) => el("p", { class: "notice" }, line)));
}

async function fetched(path, signal) {
  const response = await fetch(path, { signal });
  const data = await response.json();
  if (!response.ok) throw new Error(lang() === "en" ? `${data.error.en} ${data.remedy.en}` : `${data.error.zh}${data.remedy.zh}`);
  return data;
}

async function ask(change = {}) {
  Object.assign(state, change);
  write();
  waiting?.abort();
  waiting = new AbortController();
  const query = new URLSearchParams({ language: lang() });
  for (const key of ["market", "product"]) if (state[key]) query.set(key, state[key]);
  const first = state.upcoming && state.from < today ? today : state.from;
  if (first) query.set("from", first);
  try {
    found = await fetched(`/api/timeline?${query}`, waiting.signal);
  } catch (error) {
    if (error.name !== "AbortError") trouble(error instanceof TypeError || error instanceof SyntaxError ? word("offline") : error.message);
    return;
  }
  trouble();
  show();
}

const visible = () => found.milestones.filter((m) => state.shown.has(m.certainty));

function badges(m) {
  return el("p", { class: "marks" },
    el("span", { class: `badge ${m.certainty}` }, icon(m.certainty), word(m.certainty)),
    el("span", { class: `badge ${m.basis}` }, word(m.basis)),
    isPast(m.date, today) ? el("span", { class: "badge quietly" }, word("past")) : null,
    m.scope === "international" ? el("span", { class: "badge quietly" }, word("international")) : null,
    m.status === "in-force" ? null : el("span", { class: "badge quietly" }, word(`status_${m.status}`)),
    m.kind ? el("span", { class: "badge quietly" }, word(`kind_${m.kind}`)) : null);
}

function evidence(m) {
  if (!m.source) return el("p", { class: "muted" }, word("no_source"));
  return el("p", { class: "muted" }, outward(m.source.url, word("source", { title: m.source.title })),
    ` · ${m.source.locator ? `${m.source.locator} · ` : ""}${word("read", { date: sayDate(m.source.read) })}`);
}

function body(m) {
  return [badges(m), el("p", { class: "said" }, m.words), el("p", { class: "muted" }, m.title), evidence(m),
    m.successors.length ? el("p", { class: "muted" }, word("successors", { ids: m.successors.join(", ") })) : null].filter(Boolean);
}

const entryId = (m) => `e-${m.record}-${m.statement}`;

function open(m) {
  const entry = at(entryId(m));
  entry.scrollIntoView({ block: "center" });
  entry.focus({ preventScroll: true });
}

function detail(m) {
  at("detail").hidden = !m;
  if (!m) return;
  at("detail").replaceChildren(el("h3", {}, el("time", { datetime: m.date }, sayDate(m.date))), ...body(m), el("p", { class: "row" },
    el("button", { type: "button", class: "quiet small", on: { click: () => open(m) } }, word("to_list")),
    el("button", { type: "button", class: "quiet small", on: { click: () => detail(picked = null) } }, word("close"))));
}

function list(milestones) {
  const entries = [];
  let marked = false;
  for (const m of milestones) {
    if (!marked && !isPast(m.date, today)) {
      entries.push(el("li", { class: "today" }, word("today", { date: sayDate(today) })));
      marked = true;
    }
    entries.push(el("li", { id: entryId(m), tabindex: "-1", class: isPast(m.date, today) ? "entry past" : "entry" },
      el("h3", {}, el("time", { datetime: m.date }, sayDate(m.date))), el("div", {}, body(m))));
  }
  if (!milestones.length) entries.push(el("li", { class: "muted" }, word("nothing")));
  else if (!marked) entries.push(el("li", { class: "today" }, word("today", { date: sayDate(today) })));
  at("entries").replaceChildren(...entries);
}

function legend() {
  const counts = Object.fromEntries(CERTAINTIES.map((c) => [c, found.milestones.filter((m) => m.certainty === c).length]));
  const kept = document.activeElement?.dataset?.certainty;
  at("legend").replaceChildren(el("legend", { class: "sr-only" }, word("certainty")), ...CERTAINTIES.map((c) => el("label", { class: "check" },
    el("input", { type: "checkbox", "data-certainty": c, checked: state.shown.has(c), on: { change: (event) => toggle(c, event.target.checked) } }),
    icon(c), `${word(c)} (${counts[c]})`)));
  if (kept) at("legend").querySelector(`[data-certainty=${kept}]`)?.focus();
}

function toggle(certainty, on) {
  if (on) state.shown.add(certainty);
  else state.shown.delete(certainty);
  if (!state.shown.size) state.shown = new Set(CERTAINTIES);
  write();
  show();
}

function picture(milestones) {
  const byRecord = draw(at("chart"), milestones, today, {
    preview: (m) => detail(m ?? picked), pick: (m) => detail(picked = m), open });
  at("note").textContent = milestones.length ? word(byRecord ? "by_record" : "by_certainty") : "";
}

function show() {
  market.show(state.market);
  product.show(state.product);
  at("from").value = state.from;
  at("upcoming").checked = state.upcoming;
  const milestones = visible();
  const name = (combo, id, all) => (combo.entry(id) ? say(combo.entry(id).name) : word(all));
  at("heading").textContent = word("heading", { market: name(market, state.market, "all_markets"),
    product: name(product, state.product, "all_products"), n: milestones.length });
  legend();
  picture(milestones);
  detail(picked = null);
  list(milestones);
  at("general").hidden = !found.general;
  at("general").textContent = word("general", { n: found.general });
}

function label() {
  at("language").textContent = lang() === "en" ? "中文" : "English";
  at("language").lang = lang() === "en" ? "zh" : "en";
}

async function copy() {
  try {
    await navigator.clipboard.writeText(location.href);
    at("spoken").textContent = word("copied");
    at("link").textContent = word("copied");
    setTimeout(() => { at("link").textContent = word("link"); }, 2500);
  } catch {
    const box = el("input", { type: "text", readOnly: true, value: location.href, "aria-label": word("copy") });
    at("trouble").replaceChildren(box);
    box.select();
  }
}

async function start() {
  read();
  label();
  let choices;
  try {
    choices = await fetched("/api/timeline/choices");
  } catch {
    trouble(word("offline"));
    return;
  }
  today = choices.as_of;
  market.offer(choices.markets);
  product.offer(choices.products);
  const unknown = [];
  for (const [key, combo] of [["market", market], ["product", product]]) {
    if (!state[key] || combo.entry(state[key])) continue;
    unknown.push(word("unknown", { id: state[key] }));
    state[key] = "";
  }
  await ask();
  if (unknown.length) trouble(...unknown);
}

at("filters").addEventListener("submit", (event) => event.preventDefault());
at("from").addEventListener("change", (event) => ask({ from: event.target.value }));
at("upcoming").addEventListener("change", (event) => ask({ upcoming: event.target.checked }));
at("link").addEventListener("click", copy);
at("language").addEventListener("click", () => {
  speak(lang() === "en" ? "zh" : "en");
  label();
  ask();
});
let width = innerWidth;
addEventListener("resize", () => {
  if (innerWidth === width || !found) return; // the address bar of a telephone changes the height only
  width = innerWidth;
  picture(visible());
});
start();
