/* Building nodes. Data only ever becomes text nodes and checked addresses. */
import { WORDS } from "./words.js";

let language = "zh";
export const lang = () => language;

export function speak(next) {
  language = next === "en" ? "en" : "zh";
  document.documentElement.lang = language === "en" ? "en" : "zh-CN";
  document.title = word("tab");
  for (const node of document.querySelectorAll("[data-word]")) node.textContent = word(node.dataset.word);
}

export function word(key, args = {}) {
  const said = WORDS[key] ? WORDS[key][language === "en" ? 1 : 0] : key;
  return said.replace(/\{(\w+)\}/g, (whole, name) => (name in args ? String(args[name]) : whole));
}

/* Words of a record or a name: {zh, en}. */
export const say = (pair) => pair[language] || pair.zh;

const AS_PROPERTY = new Set(["value", "checked", "disabled", "hidden", "tabIndex", "readOnly"]);

function dress(node, props, children) {
  for (const [name, value] of Object.entries(props)) {
    if (value === null || value === undefined || value === false) continue;
    if (name === "on") for (const [event, heard] of Object.entries(value)) node.addEventListener(event, heard);
    else if (AS_PROPERTY.has(name)) node[name] = value;
    else node.setAttribute(name, value === true ? "" : value);
  }
  node.append(...children.flat(3).filter((child) => child !== null && child !== undefined && child !== ""));
  return node;
}

export const el = (tag, props = {}, ...children) => dress(document.createElement(tag), props, children);

export const shape = (tag, props = {}, ...children) => dress(document.createElementNS("http://www.w3.org/2000/svg", tag), props, children);

/* A link to the web, or plain text where the address is not an ordinary one. */
export function outward(address, said) {
  let url = null;
  try {
    url = new URL(address);
  } catch {
    return said;
  }
  if (!["http:", "https:"].includes(url.protocol)) return said;
  return el("a", { href: url.href, target: "_blank", rel: "noopener noreferrer" }, said);
}

const MONTHS = "January February March April May June July August September October November December".split(" ");

/* 2027-02-18 as 2027年2月18日 or 18 February 2027; months and years likewise. */
export function sayDate(iso) {
  const [year, month, day] = iso.split("-").map(Number);
  if (language === "zh") return `${year}年${month ? `${month}月` : ""}${day ? `${day}日` : ""}`;
  return [day, month && MONTHS[month - 1], year].filter(Boolean).join(" ");
}

/* Whether the whole day, month or year lies before that day. */
export const isPast = (date, today) => date < today.slice(0, date.length);
