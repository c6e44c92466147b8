/* Choosing a sentence of the library: a search in a dialog; and the sentences that an answer stands on. */
import { dialog } from "./dialogs.js";
import { el, han } from "./dom.js";
import { Finder } from "./find.js";

const LONGEST = 200; // characters of a quote that are searched for

/* Resolves the result that was picked, or null. */
export function chooseSentence(desk, said, typed = "") {
  return new Promise((resolve) => {
    dialog(said, (close) => {
      const finder = new Finder(desk, { pick: (result) => close(result), label: "search", hint: "search_sentence" });
      finder.input.value = typed;
      finder.input.autofocus = true;
      if (typed) finder.look();
      return el("div", { class: "body choose" }, finder.input, el("div", { class: "found-head" }, finder.status, finder.languages), finder.list);
    }, { wide: true, onclose: resolve });
  });
}

async function found(desk, quote, language, fits) {
  const { results } = await desk.api.get("/api/desk/find", { q: quote.slice(0, LONGEST), language, limit: 8 });
  return results.find(fits) ?? null;
}

/* The statement behind one citation in both languages. */
async function statementOf(desk, c) {
  if (c.origin !== "library") {
    const title = c.source?.title ?? c.title;
    return { zh: c.language === "zh" ? c.quote : "", en: c.language === "en" ? c.quote : "", citation: {
      title: { zh: title, en: title }, url: c.url ?? "", publisher: "", tier: c.source?.tier ?? "secondary", read: c.source?.read ?? "", locator: c.source?.locator ?? "",
    } };
  }
  const other = c.language === "zh" ? "en" : "zh";
  const own = await found(desk, c.quote, c.language, (r) => r.record === c.record && r.quote === c.quote);
  const twin = own && await found(desk, c.quote, other, (r) => r.record === c.record && r.statement === own.statement);
  return { [c.language]: c.quote, [other]: twin?.quote ?? "", citation: own ? { record: c.record, statement: own.statement } : null };
}

/* cited: [{record, statement, zh, en}] where the server says what its citations are; else they are looked up. */
export async function statementsOf(desk, answer, cited) {
  if (cited?.length) return cited.map((c) => ({ zh: c.zh ?? "", en: c.en ?? "", citation: { record: c.record, statement: c.statement } }));
  const quotes = new Map((answer.citations ?? []).map((c) => [c.record + c.quote, c]));
  return Promise.all([...quotes.values()].map((c) => statementOf(desk, c).catch(() => ({
    zh: han(c.quote) ? c.quote : "", en: han(c.quote) ? "" : c.quote, citation: null,
  }))));
}
