/* The fields of a case, for a new one and for one that is open. */
import { choice, el, field, text } from "./dom.js";
import { Picker } from "./picker.js";

export const CHANNELS = ["phone", "wechat", "mail", "visit", "chat", "other"];
export const STATUSES = ["open", "waiting", "answered", "closed"];
const LISTS = new Set(["markets", "products"]);

export const channels = () => CHANNELS.map((c) => [c, `channel_${c}`]);
export const statuses = () => STATUSES.map((s) => [s, `case_${s}`]);

/* Pairs for a select of people. One who has left is listed while something is still theirs. */
export function staff(desk, none, id, name) {
  const pairs = desk.names.staff.map((s) => [s.id, () => s.name]);
  const gone = id && !desk.names.staff.some((s) => s.id === id);
  return [["", none], ...pairs, ...(gone ? [[id, () => name || desk.staffName(id)]] : [])];
}

/* Words for a value of a case's field, for tables of differences and for the history. */
export function valueSaid(desk, name, value) {
  if (value === null || value === undefined || value === "" || (Array.isArray(value) && !value.length)) return text("nothing");
  if (name === "status") return text(`case_${value}`);
  if (name === "channel") return text(`channel_${value}`);
  if (name === "owner" || name === "assignee") return desk.staffName(value);
  if (LISTS.has(name) && Array.isArray(value)) return value.map((id) => text(desk.name(name, id))).join("、");
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}

export class CaseFields {
  /* values: a case or what was typed before. whole: with status and owner. */
  constructor(desk, values, { whole = false, disabled = false } = {}) {
    this.desk = desk;
    this.start = { channel: "phone", company: "", contact: "", product: "", products: [], markets: [], question: "", follow_up: "", status: "open", owner: "", ...values };
    const v = this.start;
    const input = (name, props = {}) => {
      const node = el("input", { type: "text", maxlength: "200", autocomplete: "off", disabled, ...props });
      node.value = v[name] ?? "";
      return node;
    };
    this.controls = {
      company: input("company"),
      contact: input("contact", { disabled: disabled || Boolean(v.contact_masked), inputmode: "tel" }),
      channel: choice(channels(), v.channel, { disabled }),
      product: input("product"),
      products: new Picker(() => desk.names.products, v.products, { label: "products", disabled }),
      markets: new Picker(() => desk.names.markets, v.markets, { label: "markets", disabled }),
      question: el("textarea", { rows: 4, maxlength: "20000", disabled }),
      follow_up: input("follow_up", { type: "date" }),
    };
    this.controls.question.value = v.question ?? "";
    if (whole) {
      this.controls.status = choice(statuses(), v.status, { disabled });
      this.controls.owner = choice(staff(desk, "owner_none", v.owner, v.owner_name), v.owner ?? "", { disabled });
    }
    const c = this.controls;
    this.node = el("div", { class: "fields" },
      whole ? [field("status", c.status), field("owner", c.owner)] : null,
      field("company", c.company, { hint: whole ? null : "optional" }),
      field("contact", c.contact, { hint: v.contact_masked ? "contact_masked" : null }),
      field("channel", c.channel), field("follow_up", c.follow_up),
      field("markets", c.markets.node), field("products", c.products.node),
      field("product", c.product, { hint: whole ? null : "product_how" }),
      field("question", c.question, { wide: true, required: true }));
  }

  values() {
    return Object.fromEntries(Object.entries(this.controls).map(([name, control]) => [name,
      control instanceof Picker ? [...control.ids] : control.value.trim()]));
  }

  /* What a new case sends: nothing empty. */
  filled() {
    return Object.fromEntries(Object.entries(this.values()).filter(([, value]) => value !== "" && value.length !== 0));
  }

  /* What differs from the case as it was opened; empty dates and owners as null. */
  changes() {
    const out = {};
    for (const [name, value] of Object.entries(this.values())) {
      const before = this.start[name] ?? (LISTS.has(name) ? [] : "");
      if (name === "contact" && this.start.contact_masked) continue;
      if (JSON.stringify(value) !== JSON.stringify(before)) out[name] = value === "" && ["owner", "follow_up"].includes(name) ? null : value;
    }
    return out;
  }

  /* Put unsaved values back in. */
  fill(values) {
    for (const [name, value] of Object.entries(values)) {
      const control = this.controls[name];
      if (control instanceof Picker) {
        control.ids = [...(value ?? [])];
        control.draw();
      } else if (control) control.value = value ?? "";
    }
  }
}
