/* One's own account: password, sessions, API keys. */
import { formDialog, onSubmit, sure } from "./dialogs.js";
import { badge, button, el, field, when } from "./dom.js";
import { browser } from "./browsers.js";
import { showSecret } from "./secrets.js";
import { problem, refuse, tell } from "./toasts.js";

const SCOPES = ["ask", "desk:read", "desk:write"];

export class MineView {
  constructor(desk) {
    this.desk = desk;
    this.sessions = el("ul", { class: "rows" });
    this.keys = el("ul", { class: "rows" });
    this.node = el("div", { class: "three" },
      el("section", { class: "card" }, el("h3", { say: "my_password" }), this.password()),
      el("section", { class: "card" }, el("h3", { say: "my_sessions" }), this.sessions),
      el("section", { class: "card" }, el("header", {}, el("h3", { say: "my_keys" }), button("new_key", () => this.newKey())),
        el("p", { class: "muted", say: "keys_how" }), this.keys));
  }

  password() {
    const input = (autocomplete, props = {}) => el("input", { type: "password", autocomplete, maxlength: "200", ...props });
    const [old, fresh] = [input("current-password"), input("new-password", { minlength: "12" })];
    const name = el("input", { type: "text", autocomplete: "username", hidden: true, value: this.desk.me.name });
    const trouble = el("div", { class: "trouble" });
    const go = el("button", { type: "submit", class: "go", say: "change_password" });
    const form = el("form", {}, name, field("old_password", old, { wide: true, required: true }),
      field("new_password_field", fresh, { wide: true, required: true, hint: "password_how" }), trouble, el("footer", {}, go));
    onSubmit(form, go, trouble, async () => {
      await this.desk.api.post("/api/session/password", { old: old.value, new: fresh.value });
      form.reset();
      tell("password_changed");
      await this.load();
    });
    return form;
  }

  async load() {
    const failed = (place) => (refusal) => { if (!refusal.quiet) place.replaceChildren(el("li", {}, problem(refusal))); };
    await Promise.all([
      this.desk.api.get("/api/session").then(async (own) => {
        const { sessions } = await this.desk.api.get("/api/session/all");
        this.sessions.replaceChildren(...sessions.map((s) => this.session(s, own.session)));
      }).catch(failed(this.sessions)),
      this.desk.api.get("/api/desk/keys").then(({ keys }) => {
        this.keys.replaceChildren(...(keys.length ? keys.map((key) => this.key(key)) : [el("li", { class: "muted", say: "no_keys" })]));
      }).catch(failed(this.keys)),
    ]);
  }

  session(s, own) {
    return el("li", { class: "line-with" },
      el("span", {}, browser(s.agent), el("br"), el("small", { class: "muted" }, when(s.created_at), " – ", when(s.seen_at))),
      s.id === own ? badge("this_session", "quietly")
        : button("end_session", () => this.desk.api.delete(`/api/session/${s.id}`).then(() => { tell("session_ended"); return this.load(); }).catch(refuse), { class: "small" }));
  }

  key(key) {
    return el("li", { class: "line-with" },
      el("span", {}, el("b", { text: key.label }), " ", el("code", { text: `${key.prefix}…` }), el("br"),
        el("small", { class: "muted" }, key.scopes.map((s) => [badge(`scope_${s}`, "quietly"), " "]), el("span", { say: "until" }), " ", when(key.expires_at),
          " · ", el("span", { say: "last_used" }), " ", key.used_at ? when(key.used_at) : "–")),
      button("revoke", async () => {
        if (!await sure("revoke", ["revoke_how", { name: key.label }], "revoke")) return;
        await this.desk.api.delete(`/api/desk/keys/${key.id}`).then(() => { tell("revoked"); return this.load(); }).catch(refuse);
      }, { class: "small" }));
  }

  newKey() {
    const label = el("input", { type: "text", maxlength: "200", autocomplete: "off" });
    const scopes = SCOPES.map((value) => el("input", { type: "checkbox", value, checked: value === "ask" }));
    formDialog("new_key", [field("key_label", label, { wide: true, required: true, hint: "key_label_how" }),
      el("fieldset", {}, el("legend", { say: "scopes" }), scopes.map((box) => el("label", { class: "check" }, box, el("span", { say: `scope_${box.value}` }))))],
    "create", async () => {
      const { token } = await this.desk.api.post("/api/desk/keys", { label: label.value.trim(), scopes: scopes.filter((b) => b.checked).map((b) => b.value) });
      await this.load();
      showSecret("new_key", "key_made", token);
    });
  }
}
