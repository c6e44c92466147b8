/* What is said and sent: a short script to read out, and a longer reply in the form that its channel takes. */
import { blocks } from "./answer.js";
import { copy } from "./copying.js";
import { button, el, fresh, wordIn } from "./dom.js";

const CHANNELS = ["wechat", "sms", "mail"];

function grouped(list, key) {
  const out = new Map();
  for (const item of list) out.set(key(item), [...(out.get(key(item)) ?? []), item]);
  return out;
}

/* A message with line breaks: answer with numbers, names of what it stands on, notices; without addresses. */
export function chat(answer) {
  const say = (key, args) => wordIn(answer.language, key, args);
  const lines = [];
  for (const block of blocks(answer.segments ?? [])) {
    for (const item of block.items) {
      const said = item.map((s) => s.text + (s.citations ?? []).map((n) => `[${n}]`).join("")).join(" ");
      lines.push(block.kind === "list" ? `· ${said}` : said);
    }
  }
  if (answer.citations?.length) {
    const named = grouped(answer.citations, (c) => [...new Set([c.title, c.reference])].filter(Boolean).join(" · "));
    lines.push("", say("mail_evidence"), ...[...named].map(([name, cited]) => `${cited.map((c) => `[${c.n}]`).join("")} ${name}`));
  }
  lines.push("", ...(answer.notices ?? []).map((n) => say("mail_note", { text: n })), say("mail_foot", { date: answer.facets?.as_of ?? "" }));
  return lines.join("\n");
}

/* One text message: the script and the names of what it stands on. */
export function message(answer, script) {
  const names = [...new Set((answer.citations ?? []).map((c) => c.reference || c.title))].slice(0, 2);
  const join = answer.language === "en" ? "; " : ";";
  return names.length ? `${script}${wordIn(answer.language, "sms_evidence", { names: names.join(join) })}` : script;
}

/* The texts of one turn {answer, script, reply}; what is edited stays with the turn. */
export class Outgoing {
  constructor(turn) {
    this.turn = turn;
    turn.texts ??= {
      wechat: chat(turn.answer), sms: message(turn.answer, turn.script), mail: `${wordIn(turn.answer.language, "mail_greeting")}\n\n${turn.reply}`,
    };
    turn.channel ??= "wechat";
    const language = turn.answer.language;
    this.script = el("p", { class: "script", lang: language, tabIndex: 0, text: turn.script });
    this.area = el("textarea", { rows: 9, lang: language, spellcheck: "false", id: fresh("reply"), on: {
      input: () => { turn.texts[turn.channel] = this.area.value; turn.edited = true; this.counted(); },
    } });
    this.size = el("small", { class: "hint" });
    this.channels = el("div", { class: "segments", role: "radiogroup", label: "reply_channel" }, CHANNELS.map((channel) => el("label", {},
      el("input", { type: "radio", name: this.area.id + "c", value: channel, checked: channel === turn.channel, on: {
        change: () => { turn.channel = channel; this.fill(); },
      } }), el("span", { say: `reply_${channel}` }))));
    this.fill();
  }

  fill() {
    this.area.value = this.turn.texts[this.turn.channel];
    this.counted();
  }

  counted() {
    this.size.textContent = String([...this.area.value].length);
  }

  copyScript() {
    return copy(this.turn.script);
  }

  copyReply() {
    return copy(this.area.value, this.area);
  }

  scriptNode() {
    return el("section", { class: "card say" }, el("header", {}, el("h3", { say: "script" }),
      button("copy_script", () => this.copyScript(), { "aria-keyshortcuts": "s" })), this.script);
  }

  replyNode(extra = []) {
    return el("section", { class: "card" }, el("header", {}, el("h3", {}, el("label", { for: this.area.id, say: "reply" })), this.channels),
      this.area, el("p", { class: "row" }, button("copy_reply", () => this.copyReply(), { class: "go", "aria-keyshortcuts": "r" }), extra, this.size));
  }
}
