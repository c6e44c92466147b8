/* Building nodes. Data only ever becomes text nodes; words of the page follow the chosen language wherever they stand. */
import { WORDS } from "./words.js";

let language = "zh";
const spoken = new WeakMap(); // element → Map(slot → () => text)

export const lang = () => language;

/* A key, [key, args], {zh, en} or a function that returns text → text in the page's language. */
export function text(said) {
  if (typeof said === "function") return said();
  if (Array.isArray(said)) return word(said[0], said[1]);
  if (said && typeof said === "object") return said[language] || said.zh || said.en || "";
  return word(said);
}

export function word(key, args = {}) {
  const pair = WORDS[key];
  if (!pair) return key;
  return pair[language === "en" ? 1 : 0].replace(/\{(\w+)\}/g, (whole, name) => {
    const value = args[name];
    return value === undefined ? whole : typeof value === "function" || (value && typeof value === "object") ? text(value) : String(value);
  });
}

function put(node, slot, said) {
  if (slot === "text") node.textContent = text(said);
  else node.setAttribute(slot, text(said));
}

/* Say something in a slot of a node ("text" or an attribute), now and after every change of language. */
export function say(node, said, slot = "text") {
  if (!spoken.has(node)) spoken.set(node, new Map());
  spoken.get(node).set(slot, said);
  node.dataset.said = "";
  put(node, slot, said);
  return node;
}

export function speak(next) {
  language = next === "en" ? "en" : "zh";
  document.documentElement.lang = language === "en" ? "en" : "zh-CN";
  relabel(document);
}

export function relabel(root) {
  const nodes = [...root.querySelectorAll("[data-said]")];
  if (root.dataset?.said !== undefined) nodes.push(root);
  for (const node of nodes) for (const [slot, said] of spoken.get(node) ?? []) put(node, slot, said);
}

const SAID = { say: "text", label: "aria-label", hint: "placeholder", tip: "title" };
const AS_PROPERTY = new Set(["value", "checked", "disabled", "hidden", "tabIndex", "readOnly", "open", "selected", "multiple"]);

/* An element. say, label, hint, tip take words of the page; `text` takes data; `on` takes listeners; null is left out. */
export function el(tag, props = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(props)) {
    if (value === null || value === undefined) continue;
    if (name in SAID) say(node, value, SAID[name]);
    else if (name === "text") node.textContent = value;
    else if (name === "class") node.className = value;
    else if (name === "on") for (const [event, heard] of Object.entries(value)) node.addEventListener(event, heard);
    else if (name === "data") Object.assign(node.dataset, value);
    else if (AS_PROPERTY.has(name)) node[name] = value;
    else if (value !== false) node.setAttribute(name, value === true ? "" : value);
  }
  node.append(...present(children));
  return node;
}

const present = (children) => children.flat(4).filter((child) => child !== null && child !== undefined && child !== "");

/* Puts these in the place of what the node held; null is left out, lists may be nested. */
export function fill(node, ...children) {
  node.replaceChildren(...present(children));
}

export function button(said, press, props = {}) {
  const { class: extra = "", ...rest } = props;
  return el("button", { type: "button", class: `quiet ${extra}`.trim(), say: said, on: { click: press }, ...rest });
}

/* A link to the web, or plain text where the address is not an ordinary one. */
export function outward(address, said) {
  let url = null;
  try {
    url = new URL(address);
  } catch {
    return null;
  }
  if (!["http:", "https:"].includes(url.protocol)) return null;
  return el("a", { class: "out", href: url.href, target: "_blank", rel: "noopener noreferrer", say: said });
}

export function download(path, said, props = {}) {
  return el("a", { class: "quiet", href: path, download: "", say: said, ...props });
}

export function badge(said, kind = "") {
  return el("span", { class: `badge ${kind}`.trim(), say: said });
}

let count = 0;
export const fresh = (prefix) => `${prefix}-${++count}`;

/* A labelled control. The control gets an id; a hint is bound to it. */
export function field(said, control, { hint = null, wide = false, required = false } = {}) {
  const target = control.matches("input, select, textarea") ? control : control.querySelector("input, select, textarea");
  target.id ||= fresh("f");
  const note = hint ? el("small", { id: fresh("h"), class: "hint", say: hint }) : null;
  if (note) target.setAttribute("aria-describedby", note.id);
  if (required) target.required = true;
  return el("div", { class: wide ? "field wide" : "field" }, el("label", { for: target.id, say: said }), control, note);
}

/* A select of [value, words] pairs. A value that is none of them, such as the name of somebody who left, is kept. */
export function choice(pairs, value, props = {}) {
  const known = !value || pairs.some(([v]) => v === value);
  const node = el("select", props, (known ? pairs : [...pairs, [value, () => value]]).map(([v, said]) => el("option", { value: v, say: said })));
  node.value = value ?? "";
  return node;
}

/* Rows of a definition list; a value is text, a node or null (row left out). */
export function facts(pairs) {
  return el("dl", { class: "facts" }, pairs.filter(([, value]) => value !== null && value !== undefined && value !== "")
    .map(([said, value]) => el("div", {}, el("dt", { say: said }), el("dd", {}, value))));
}

const two = (n) => String(n).padStart(2, "0");

/* A UTC moment as the reader's own clock shows it: 2026-11-22 21:52. */
export function moment(stamp) {
  if (!stamp) return "";
  const at = new Date(stamp);
  if (Number.isNaN(at.getTime())) return stamp;
  return `${iso(at)} ${two(at.getHours())}:${two(at.getMinutes())}`;
}

export const iso = (at) => `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}`;
export const today = () => iso(new Date());

export function when(stamp) {
  return el("time", { datetime: stamp ?? "", text: moment(stamp) });
}

/* The first characters of a long hash, the whole of it on hover and for copying. */
export function hash(value) {
  const short = String(value ?? "").replace(/^sha256:/, "");
  return el("code", { title: short, text: short.slice(0, 12) || "–" });
}

export const brief = (id) => String(id ?? "").slice(0, 8);
export const han = (said) => /[\u3400-\u9fff]/.test(said);

/* A word of the page in a given language, such as that of the caller. */
export function wordIn(wanted, key, args = {}) {
  const kept = language;
  language = wanted === "en" ? "en" : "zh";
  try {
    return word(key, args);
  } finally {
    language = kept;
  }
}

/* Whether there is a keyboard to be expected: on a touch screen, focusing a text box opens one over the page. */
export const byKeyboard = () => matchMedia("(hover: hover)").matches;

/* Words for data that is either text or {zh, en}. */
export const shown = (value) => (value && typeof value === "object" ? value : () => String(value ?? ""));
