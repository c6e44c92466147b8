/* What a browser calls itself, in two words: the browser and the system. */
import { el } from "./dom.js";

const BROWSERS = [["Edge", /Edg/], ["Firefox", /Firefox/], ["WeChat", /MicroMessenger/], ["Chrome", /Chrom/], ["Safari", /Safari/]];
const SYSTEMS = [["Android", /Android/], ["iPhone", /iPhone/], ["iPad", /iPad/], ["Windows", /Windows/], ["macOS", /Mac OS X/], ["Linux", /Linux/]];

const first = (names, agent) => names.find(([, form]) => form.test(agent))?.[0];

export function browser(agent) {
  const known = [first(BROWSERS, agent), first(SYSTEMS, agent)].filter(Boolean).join(" · ");
  return el("span", { text: known || agent || "–", title: agent });
}
