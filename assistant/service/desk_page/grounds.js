/* What a statement of a curated reply rests on. */
import { badge, el, lang, outward, say, shown } from "./dom.js";

export function grounds(citation) {
  if (!citation) return el("span", { class: "late", say: "no_ground" });
  if (citation.record) {
    return el("span", {}, el("span", { say: "from_library" }), " ", el("code", { text: citation.record }), citation.quote ? [": ", el("span", { say: shown(citation.quote) })] : null);
  }
  return el("span", {}, say(el("span"), () => citation.title?.[lang()] || citation.title?.zh || ""),
    [citation.locator, citation.publisher, citation.read].filter(Boolean).map((part) => ` · ${part}`), " ",
    badge(`basis_${citation.tier}`, `basis ${citation.tier}`), " ", outward(citation.url, "open_source"));
}
