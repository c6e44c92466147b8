/* Accounts: for everybody their own sessions, keys and password; for administrators those of all. */
import { dialog, formDialog, keepTrying, sure } from "./dialogs.js";
import { badge, button, choice, el, field, relabel, text, when } from "./dom.js";
import { browser } from "./browsers.js";
import { MineView } from "./mine.js";
import { showSecret } from "./secrets.js";
import { problem, refuse, tell } from "./toasts.js";

const ROLES = ["visitor", "staff", "reviewer", "admin"];
const roles = () => ROLES.map((r) => [r, `role_${r}`]);

export class AccountsView {
  constructor(desk) {
    this.desk = desk;
    this.mine = new MineView(desk);
    this.body = el("tbody");
    this.trouble = el("div");
    this.all = el("section", { class: "card" },
      el("header", {}, el("h3", { say: "all_accounts" }), button("new_account", () => this.create())),
      this.trouble, el("div", { class: "scroll" }, el("table", {},
        el("thead", {}, el("tr", {}, [...["user_name", "role", "state", "made_at"].map((key) => el("th", { scope: "col", say: key })), el("td")])), this.body)));
    this.node = el("section", { class: "page" }, el("header", {}, el("h2", { say: "accounts" })), this.mine.node, this.all);
  }

  async enter() {
    relabel(this.node);
    this.all.hidden = !this.desk.may("accounts");
    await Promise.all([this.mine.load(), this.all.hidden ? null : this.load()]);
  }

  async load() {
    try {
      const { accounts } = await this.desk.api.get("/api/desk/accounts");
      this.trouble.replaceChildren();
      this.body.replaceChildren(...accounts.map((account) => this.line(account)));
    } catch (refusal) {
      if (!refusal.quiet) this.trouble.replaceChildren(problem(refusal));
    }
  }

  line(account) {
    const own = account.id === this.desk.me.id;
    const active = account.status === "active";
    const safely = (run) => () => run().catch(refuse);
    return el("tr", {}, el("th", { scope: "row", text: account.name }), el("td", { say: `role_${account.role}` }),
      el("td", {}, badge(`account_${account.status}`, active ? "state answered" : "late")), el("td", {}, when(account.created_at)),
      el("td", {}, el("div", { class: "row" },
        button("change_role", () => this.role(account), { class: "small" }),
        own ? null : button(active ? "suspend" : "restore", safely(async () => {
          if (active && !await sure("suspend", ["suspend_how", { name: account.name }], "suspend")) return;
          await this.change(account, { status: active ? "suspended" : "active" });
        }), { class: "small" }),
        button("new_password", safely(async () => {
          if (!await sure("new_password", ["new_password_how", { name: account.name }], "new_password")) return;
          const { password } = await this.desk.api.post(`/api/desk/accounts/${account.id}/password`);
          showSecret("new_password", ["password_for", { name: account.name }], password);
        }), { class: "small" }),
        button("sessions", safely(() => this.sessions(account)), { class: "small" }))));
  }

  async change(account, changes) {
    const path = `/api/desk/accounts/${account.id}`;
    const saved = await keepTrying(changes, account.version, {
      send: (version) => this.desk.api.patch(path, { version, ...changes }),
      current: async () => (await this.desk.api.get("/api/desk/accounts")).accounts.find((a) => a.id === account.id),
      said: (name, value) => text(name === "role" ? `role_${value}` : `account_${value}`),
    });
    if (saved) tell("saved");
    await this.load();
  }

  role(account) {
    const pick = choice(roles(), account.role);
    formDialog(["role_of", { name: account.name }], field("role", pick, { wide: true, hint: "roles_how" }), "save", () => this.change(account, { role: pick.value }));
  }

  create() {
    const name = el("input", { type: "text", maxlength: "32", autocomplete: "off", autocapitalize: "off", spellcheck: "false" });
    const pick = choice(roles(), "staff");
    formDialog("new_account", [field("user_name", name, { wide: true, required: true, hint: "name_how" }), field("role", pick, { wide: true, hint: "roles_how" })],
      "create", async () => {
        const { account, password } = await this.desk.api.post("/api/desk/accounts", { name: name.value.trim(), role: pick.value });
        await this.load();
        showSecret("account_made", ["password_for", { name: account.name }], password);
      });
  }

  async sessions(account) {
    const path = `/api/desk/accounts/${account.id}/sessions`;
    const { sessions } = await this.desk.api.get(path);
    dialog(["sessions_of", { name: account.name }], (close) => el("div", { class: "body" },
      sessions.length ? el("ul", { class: "rows" }, sessions.map((s) => el("li", { class: "line-with" },
        el("span", {}, browser(s.agent), el("br"), el("small", { class: "muted" }, when(s.created_at), " – ", when(s.seen_at))),
        button("end_session", () => this.desk.api.delete(`${path}/${s.id}`).then(() => { close(); tell("session_ended"); }, refuse), { class: "small" }))))
        : el("p", { class: "muted", say: "no_sessions" }),
      el("footer", {}, button("close", () => close()))), { wide: true });
  }
}
