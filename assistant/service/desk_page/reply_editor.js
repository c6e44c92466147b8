/* Writing a curated reply: title, questions, statements in both languages, each with what it rests on. */
import { chooseSentence, statementsOf } from "./choose.js";
import { conflict, onSubmit } from "./dialogs.js";
import { button, choice, el, field, fresh, han, text } from "./dom.js";
import { grounds } from "./grounds.js";
import { Picker } from "./picker.js";
import { tell } from "./toasts.js";

const blank = () => ({ title: { zh: "", en: "" }, questions: { zh: [], en: [] }, statements: [], markets: [], products: [], valid_until: null });
const lines = (area) => area.value.split("\n").map((line) => line.trim()).filter(Boolean);
const LONGEST_TITLE = 120;

export class ReplyEditor {
  /* reply: the one that is changed, null for a new one. start: {question, answer, cited, gap, case, markets, products}. */
  constructor(desk, view, reply, start) {
    Object.assign(this, { desk, view, reply, start });
    this.key = `reply:${reply?.id ?? "new"}`;
  }

  async load() {
    const held = this.desk.unsaved.get(this.key);
    this.content = held ?? structuredClone(this.reply?.content ?? await this.prefilled());
    for (const s of this.content.statements) {
      // A sentence of the library comes back from the server in both languages.
      for (const language of ["zh", "en"]) s[language] ||= s.citation?.quote?.[language] ?? "";
    }
    return this.form(Boolean(held));
  }

  async prefilled() {
    const { question = "", answer = null, cited = null } = this.start;
    const content = blank();
    const language = answer?.language ?? (han(question) ? "zh" : "en");
    if (question) {
      content.questions[language].push(question);
      content.title[language] = question.slice(0, LONGEST_TITLE);
    }
    content.markets = this.start.markets ?? answer?.facets?.markets ?? [];
    content.products = this.start.products ?? answer?.facets?.products ?? [];
    if (answer) content.statements = await statementsOf(this.desk, answer, cited);
    return content;
  }

  form(returned) {
    const c = this.content;
    const area = (value, rows, lang) => {
      const node = el("textarea", { rows, lang, maxlength: "10000" });
      node.value = value;
      return node;
    };
    const line = (value, lang) => {
      const node = el("input", { type: "text", lang, maxlength: "200" });
      node.value = value ?? "";
      return node;
    };
    this.controls = {
      title_zh: line(c.title.zh, "zh"), title_en: line(c.title.en, "en"),
      questions_zh: area((c.questions.zh ?? []).join("\n"), 4, "zh"), questions_en: area((c.questions.en ?? []).join("\n"), 4, "en"),
      markets: new Picker(() => this.desk.names.markets, c.markets, { label: "markets", changed: () => this.keep() }),
      products: new Picker(() => this.desk.names.products, c.products, { label: "products", changed: () => this.keep() }),
      valid_until: el("input", { type: "date" }),
    };
    this.controls.valid_until.value = c.valid_until ?? "";
    this.statements = el("ol", { class: "statements edit" });
    this.drawStatements();
    const k = this.controls;
    const trouble = el("div", { class: "trouble" });
    const go = el("button", { type: "submit", class: "go", say: "save_draft" });
    const form = el("form", { class: "card editor", on: { input: () => this.keep(), change: () => this.keep() } },
      el("h2", { say: this.reply ? "edit_reply" : "new_reply" }), returned ? el("p", { class: "notice", say: "unsaved_back" }) : null,
      el("div", { class: "fields pairs" }, field("title_zh", k.title_zh), field("title_en", k.title_en),
        field("questions_zh", k.questions_zh, { hint: "questions_how" }), field("questions_en", k.questions_en)),
      el("h3", { say: "reply_says" }), el("p", { class: "muted", say: "statements_how" }), this.statements,
      el("p", { class: "row" }, button("add_from_library", () => this.addFromLibrary()), button("add_statement", () => this.add({ zh: "", en: "", citation: null }))),
      el("div", { class: "fields" }, field("markets", k.markets.node), field("products", k.products.node),
        field("valid_until", k.valid_until, { hint: "valid_until_how" })),
      trouble, el("footer", {}, button("discard", () => this.discard()), go));
    onSubmit(form, go, trouble, () => this.save());
    return form;
  }

  keep() {
    this.read();
    this.desk.unsaved.keep(this.key, this.content);
  }

  read() {
    const k = this.controls;
    Object.assign(this.content, {
      title: { zh: k.title_zh.value.trim(), en: k.title_en.value.trim() }, questions: { zh: lines(k.questions_zh), en: lines(k.questions_en) },
      markets: [...k.markets.ids], products: [...k.products.ids], valid_until: k.valid_until.value || null,
    });
  }

  drawStatements() {
    this.statements.replaceChildren(...this.content.statements.map((s, i) => this.statement(s, i)));
  }

  add(statement) {
    this.content.statements.push(statement);
    this.drawStatements();
    this.keep();
    this.statements.lastElementChild.querySelector("textarea").focus();
  }

  async addFromLibrary() {
    const result = await chooseSentence(this.desk, "choose_sentence", lines(this.controls.questions_zh)[0] ?? "");
    if (result) this.add(await this.both(result));
  }

  /* A search result as a statement, with its words in the other language where they can be found. */
  async both(result) {
    const own = han(result.quote) ? "zh" : "en";
    const other = own === "zh" ? "en" : "zh";
    const found = await this.desk.api.get("/api/desk/find", { q: result.quote.slice(0, 200), language: other, limit: 8 }).catch(() => ({ results: [] }));
    const twin = found.results.find((r) => r.record === result.record && r.statement === result.statement);
    return { [own]: result.quote, [other]: result[other] ?? twin?.quote ?? "", citation: { record: result.record, statement: result.statement } };
  }

  statement(s, i) {
    const own = s.citation && !s.citation.record;
    const area = (language) => {
      const node = el("textarea", { rows: 3, lang: language, on: { input: () => { s[language] = node.value; } } });
      node.value = s[language] ?? "";
      return field(`statement_${language}`, node);
    };
    const redraw = () => { this.drawStatements(); this.keep(); };
    const move = (by) => {
      const all = this.content.statements;
      [all[i], all[i + by]] = [all[i + by], all[i]];
      redraw();
    };
    return el("li", {}, el("fieldset", {}, el("legend", { say: ["statement_n", { n: i + 1 }] }),
      el("div", { class: "fields" }, area("zh"), area("en")),
      el("p", { class: "ground" }, grounds(s.citation)), own ? this.source(s.citation) : null,
      el("p", { class: "row" },
        button("ground_library", async () => {
          const result = await chooseSentence(this.desk, "choose_sentence", s.zh || s.en);
          if (!result) return;
          const both = await this.both(result);
          s.citation = both.citation;
          for (const language of ["zh", "en"]) s[language] ||= both[language];
          redraw();
        }, { class: "small" }),
        own ? null : button("ground_own", () => {
          s.citation = { title: { zh: "", en: "" }, url: "", publisher: "", tier: "official", read: "", locator: "" };
          redraw();
        }, { class: "small" }),
        i > 0 ? button("up", () => move(-1), { class: "small" }) : null,
        i < this.content.statements.length - 1 ? button("down", () => move(1), { class: "small" }) : null,
        button("take_out", () => { this.content.statements.splice(i, 1); redraw(); }, { class: "small" }))));
  }

  /* The fields of a source that is not in the library. */
  source(citation) {
    const input = (said, read, write, props = {}) => {
      const node = el("input", { type: "text", maxlength: "300", ...props, on: { input: () => write(node.value.trim()) } });
      node.value = read ?? "";
      return field(said, node);
    };
    const plain = (name, said, props) => input(said, citation[name], (value) => { citation[name] = value; }, props);
    const tier = choice([["official", "basis_official"], ["secondary", "basis_secondary"]], citation.tier, { id: fresh("t"), on: { change: () => { citation.tier = tier.value; } } });
    return el("div", { class: "fields source" },
      input("source_title_zh", citation.title.zh, (value) => { citation.title.zh = value; }),
      input("source_title_en", citation.title.en, (value) => { citation.title.en = value; }),
      plain("url", "source_url", { type: "url", maxlength: "1000" }), plain("publisher", "source_publisher"),
      field("source_tier", tier), plain("read", "source_read", { type: "date" }), plain("locator", "source_locator"));
  }

  /* What is sent: nothing that is empty or only shown. */
  body() {
    this.read();
    const content = structuredClone(this.content);
    for (const s of content.statements) {
      if (s.citation?.record) s.citation = { record: s.citation.record, statement: s.citation.statement };
      else if (s.citation && !s.citation.locator) delete s.citation.locator;
    }
    return content;
  }

  /* A draft may lack anything; what is missing is told when it is submitted. */
  async save(version = this.reply?.version) {
    const content = this.body();
    const path = "/api/desk/replies";
    try {
      const { gap = null, case: kept = null } = this.start;
      const saved = this.reply ? await this.desk.api.put(`${path}/${this.reply.id}`, { version, content })
        : await this.desk.api.post(path, { content, ...(gap ? { gap } : {}), ...(kept ? { case: kept } : {}) });
      this.desk.unsaved.keep(this.key, null);
      tell("draft_saved");
      await this.view.done(saved.id);
    } catch (refusal) {
      if (refusal.status !== 409 || !this.reply) throw refusal;
      const now = refusal.current?.content ? refusal.current : (await this.desk.api.get(`${path}/${this.reply.id}`)).reply;
      const chosen = await conflict(differences(now.content, content));
      if (chosen === "mine") await this.save(now.version);
      if (chosen === "theirs") await this.discard();
    }
  }

  async discard() {
    this.desk.unsaved.keep(this.key, null);
    if (this.reply) await this.view.done(this.reply.id);
    else {
      this.view.start = {};
      this.desk.go("#/replies");
    }
  }
}

/* Rows for the table of both versions. */
function differences(theirs, mine) {
  const parts = (c) => ({
    title: [c.title.zh, c.title.en].join("\n"), questions: [...(c.questions.zh ?? []), ...(c.questions.en ?? [])].join("\n"),
    reply_says: c.statements.map((s) => `${s.zh}\n${s.en}`).join("\n\n"), markets: (c.markets ?? []).join("、"),
    products: (c.products ?? []).join("、"), valid_until: c.valid_until ?? text("no_end"),
  });
  const [a, b] = [parts(theirs), parts(mine)];
  return Object.keys(a).filter((name) => a[name] !== b[name]).map((name) => [name, a[name], b[name]]);
}
