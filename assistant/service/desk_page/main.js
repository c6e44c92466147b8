/* The desk's page: who is signed in, which view is shown, the keys that work everywhere. */
import { AccountsView } from "./accounts.js";
import { AnswersView } from "./answers.js";
import { Api } from "./api.js";
import { AuditView } from "./audit.js";
import { CallView } from "./call.js";
import { CasesView } from "./cases.js";
import { sure } from "./dialogs.js";
import { brief, button, el, lang, say, speak, text } from "./dom.js";
import { EvidencePanel } from "./evidence.js";
import { FiguresView } from "./figures.js";
import { GapsView } from "./gaps.js";
import { Keys } from "./keys.js";
import { forget, Unsaved } from "./notes.js";
import { RepliesView } from "./replies.js";
import { signInAgain } from "./session.js";
import { dismiss, refuse, tell } from "./toasts.js";

const LANGUAGE = "desk.language";
const ALLOWED = { "any-case": ["reviewer", "admin"], approve: ["reviewer", "admin"], audit: ["reviewer", "admin"], accounts: ["admin"] };
const VIEWS = [
  ["call", "call", CallView], ["cases", "cases", CasesView], ["gaps", "gaps", GapsView], ["replies", "replies", RepliesView],
  ["answers", "answers", AnswersView], ["figures", "figures", FiguresView], ["audit", "audit", AuditView, "audit"],
  ["accounts", "accounts", AccountsView],
];

class Desk {
  constructor(me) {
    this.me = me;
    this.names = { markets: [], products: [], staff: [], sections: {} };
    this.api = new Api(() => this.signInAgain());
    this.keys = new Keys();
    this.unsaved = new Unsaved();
    this.panel = new EvidencePanel(this);
    this.views = new Map();
    this.shown = null;
  }

  may(permission) {
    return ALLOWED[permission].includes(this.me.role);
  }

  english() {
    return lang() === "en";
  }

  /* Names for ids, fetched once; a failure is told by whoever needs them next. */
  named() {
    this.naming ??= this.api.get("/api/desk/names").then((names) => { this.names = names; }, (refusal) => {
      this.naming = null;
      throw refusal;
    });
    return this.naming;
  }

  name(kind, id) {
    const found = this.names[kind]?.find((entry) => entry.id === id);
    return found ? { zh: found.zh, en: found.en } : { zh: id, en: id };
  }

  section(id) {
    return this.names.sections?.[id] ?? (() => id);
  }

  staffName(id) {
    return this.names.staff.find((s) => s.id === id)?.name ?? (id === this.me.id ? this.me.name : brief(id));
  }

  caseName(kept) {
    return kept.company || kept.contact || text(["case_n", { id: brief(kept.id) }]);
  }

  async signInAgain() {
    const account = await signInAgain(this.me);
    if (!account) return "nobody";
    if (account.id === this.me.id) return "same";
    if (account !== this.me) {
      this.me = account;
      this.dress();
      this.route();
      tell("other_account");
    }
    return "other";
  }

  go(hash) {
    if (location.hash === hash) this.route();
    else location.hash = hash;
  }

  get call() {
    return this.view("call");
  }

  shows(view) {
    return this.shown === view;
  }

  view(name) {
    if (!this.views.has(name)) {
      const View = VIEWS.find(([n]) => n === name)[2];
      const view = new View(this);
      view.node.hidden = true;
      document.getElementById("main").append(view.node);
      this.views.set(name, view);
    }
    return this.views.get(name);
  }

  newCase() {
    this.go("#/call");
    this.call.actions.newCase();
  }

  /* start: {question, answer?, cited?, gap?, case?} */
  async startReply(start) {
    const held = this.unsaved.get("reply:new");
    if (!held || await sure("replace_draft", "replace_draft_how", "replace_draft_yes")) this.view("replies").begin(start);
    this.go("#/replies/new");
  }

  route() {
    const [, wanted = "call", ...args] = location.hash.replace(/^#/, "").split("/").map(decodeURIComponent);
    const found = VIEWS.find(([name, , , permission]) => name === wanted && (!permission || this.may(permission)));
    const name = found ? wanted : "call";
    const view = this.view(name);
    if (this.shown !== view) this.shown?.leave?.();
    for (const other of this.views.values()) other.node.hidden = other !== view;
    this.shown = view;
    this.marked();
    say(document.querySelector("title"), () => `${text(found ? found[1] : "call")} · ${text("desk")}`);
    Promise.resolve(view.enter?.(args)).catch(refuse);
  }

  dress() {
    const allowed = VIEWS.filter(([, , , permission]) => !permission || this.may(permission));
    document.getElementById("views").replaceChildren(...allowed.map(([name, said]) => el("li", {}, el("a", { href: `#/${name}`, data: { view: name }, say: said }))));
    document.getElementById("who").replaceChildren(
      el("span", { class: "me", text: this.me.name }), el("span", { class: "muted", say: `role_${this.me.role}` }),
      button("language_other", () => this.swapLanguage(), { class: "small" }),
      button("keys_button", () => this.keys.help(), { class: "small", "aria-keyshortcuts": "?" }),
      button("sign_out", () => this.signOut(), { class: "small" }));
    this.marked();
  }

  /* The tab of what is shown. */
  marked() {
    const name = [...this.views].find(([, view]) => view === this.shown)?.[0];
    for (const link of document.querySelectorAll("#views a")) {
      if (link.dataset.view === name) {
        link.setAttribute("aria-current", "page");
        link.scrollIntoView({ block: "nearest", inline: "nearest" });
      } else link.removeAttribute("aria-current");
    }
  }

  swapLanguage() {
    speak(this.english() ? "zh" : "en");
    localStorage.setItem(LANGUAGE, lang());
  }

  async signOut() {
    try {
      await this.api.send("DELETE", "/api/session", { again: false });
    } catch (refusal) {
      if (refusal.status !== 401) return refuse(refusal);
    }
    forget();
    this.unsaved.held.clear();
    return location.replace("/desk/");
  }

  step(by) {
    const links = [...document.querySelectorAll("#views a")];
    const at = links.findIndex((link) => link.getAttribute("aria-current"));
    this.go(links[(at + by + links.length) % links.length].getAttribute("href"));
  }

  bindKeys() {
    const { keys } = this;
    keys.bind("keys_everywhere", "?", "keys", () => keys.help());
    keys.bind("keys_everywhere", "/", "key_search", () => this.shown?.focusSearch?.());
    keys.bind("keys_everywhere", "Escape", "key_back", () => {
      if (this.panel.isOpen) this.panel.close();
      else if (!dismiss()) this.shown?.back?.();
    });
    keys.bind("keys_everywhere", "[", "key_previous", () => this.step(-1));
    keys.bind("keys_everywhere", "]", "key_next", () => this.step(1));
    keys.mention("keys_everywhere", "↑ ↓", "key_move_list");
    keys.mention("keys_everywhere", "Ctrl Enter", "key_send");
    this.view("call");
    const others = (name) => () => this.shown !== this.views.get("call") && this.shown === this.views.get(name);
    keys.bind("keys_cases", "c", "new_case", () => this.newCase(), () => this.shown !== this.views.get("call"));
    keys.bind("keys_cases", "n", "new_note", () => document.querySelector(".detail textarea.note")?.focus(), others("cases"));
  }
}

async function start() {
  speak(localStorage.getItem(LANGUAGE) ?? "zh");
  say(document.querySelector(".top h1"), "desk");
  say(document.getElementById("skip"), "skip");
  say(document.querySelector(".top nav"), "desk", "aria-label");
  const who = await fetch("/api/session", { cache: "no-store" });
  if (who.status === 401) {
    location.reload();
    return;
  }
  const desk = new Desk((await who.json()).account);
  desk.bindKeys();
  document.getElementById("opening").remove();
  // The address holds the view, so the link to the content must not change it.
  document.getElementById("skip").addEventListener("click", (event) => {
    event.preventDefault();
    document.getElementById("main").focus();
  });
  window.addEventListener("hashchange", () => desk.route());
  desk.dress();
  desk.route();
  desk.named().catch(refuse);
}

start().catch(refuse);
