/* The chart: one lane for each record, or for each certainty when there are too many records. The list beside it says
   the same, so the chart is only a picture of it. */
import { el, isPast, sayDate, shape, word } from "./dom.js";

const CERTAINTIES = ["law", "announced", "proposed"];
/* Pixels. */
const [AXIS, STEP, LEAST, PAD] = [34, 14, 36, 16];
const [EMPTY_YEAR, LEAST_YEAR, MOST_YEAR, FOR_EACH] = [22, 88, 280, 7];
/* More records than this share lanes by certainty. */
export const MOST_LANES = 40;

/* A mark of one certainty around 0,0: told apart by shape as well as by colour. */
export function mark(certainty) {
  if (certainty === "law") return shape("circle", { r: 5.5 });
  if (certainty === "announced") return shape("path", { d: "M0 -7 7 0 0 7 -7 0Z" });
  return shape("path", { d: "M0 -6.5 6.5 5.5 -6.5 5.5Z" });
}

export const icon = (certainty) => shape("svg", { viewBox: "-9 -9 18 18", width: 15, height: 15, class: `point ${certainty}`, "aria-hidden": "true" }, mark(certainty));

/* Where a day lies in the picture. Years with more dates are wider, years with none are narrow. */
class Scale {
  constructor(milestones, today, room) {
    const years = [...milestones.map((m) => m.date), today].map((date) => Number(date.slice(0, 4)));
    this.first = Math.min(...years);
    const last = Math.max(...years);
    const widths = [];
    for (let year = this.first; year <= last; year += 1) {
      const n = years.filter((y) => y === year).length;
      widths.push(n ? Math.min(LEAST_YEAR + FOR_EACH * n, MOST_YEAR) : EMPTY_YEAR);
    }
    const grow = Math.max(1, (room - 2 * PAD) / widths.reduce((a, b) => a + b, 0));
    this.starts = [PAD];
    for (const width of widths) this.starts.push(this.starts.at(-1) + width * grow);
    this.width = Math.ceil(this.starts.at(-1) + PAD);
    this.years = widths.map((_, i) => this.first + i);
  }

  start(year) {
    return this.starts[year - this.first];
  }

  /* fraction: of the year, from 0 to 1. */
  at(year, fraction) {
    return this.start(year) + (this.start(year + 1) - this.start(year)) * fraction;
  }

  /* From where to where a day, month or year reaches. */
  reach(date) {
    const [year, month, day] = date.split("-").map(Number);
    if (!month) return [this.at(year, 0), this.at(year, 1)];
    if (!day) return [this.at(year, (month - 1) / 12), this.at(year, month / 12)];
    const x = this.at(year, (month - 1 + (day - 1) / 31) / 12);
    return [x, x];
  }
}

function lanesOf(milestones) {
  const records = new Map();
  for (const m of milestones) {
    if (!records.has(m.record)) records.set(m.record, { name: m.title, milestones: [] });
    records.get(m.record).milestones.push(m);
  }
  if (records.size <= MOST_LANES) return [[...records.values()], true];
  const lanes = CERTAINTIES.map((c) => ({ name: word(c), milestones: milestones.filter((m) => m.certainty === c) }));
  return [lanes.filter((lane) => lane.milestones.length), false];
}

/* Dates that would cover each other go below one another: a row for each milestone, and how many rows there are. */
function rows(milestones, scale) {
  const ends = [];
  const placed = milestones.map((m) => {
    const [from, to] = scale.reach(m.date);
    const [left, right] = [Math.min(from, (from + to) / 2 - STEP / 2), Math.max(to, (from + to) / 2 + STEP / 2)];
    let row = ends.findIndex((end) => end <= left);
    if (row < 0) row = ends.push(0) - 1;
    ends[row] = right;
    return { m, from, to, row };
  });
  return [placed, ends.length];
}

function axis(scale, today) {
  const picture = shape("svg", { width: scale.width, height: AXIS, class: "axis", "aria-hidden": "true" });
  for (const year of scale.years) {
    const [left, right] = [scale.start(year), scale.start(year + 1)];
    picture.append(shape("line", { x1: left, x2: left, y1: 16, y2: AXIS, class: "year" }));
    if (right - left > 36) picture.append(shape("text", { x: left + 4, y: 29 }, String(year)));
    if (right - left < 160) continue;
    for (const quarter of [2, 3, 4]) {
      const x = scale.at(year, (quarter - 1) / 4);
      picture.append(shape("line", { x1: x, x2: x, y1: 24, y2: AXIS, class: "quarter" }), shape("text", { x: x + 3, y: 30, class: "quarter" }, `Q${quarter}`));
    }
  }
  const x = scale.reach(today)[0];
  const late = x > scale.width - 150;
  picture.append(shape("text", { x: late ? x - 4 : x + 4, y: 12, class: "today", "text-anchor": late ? "end" : "start" }, word("today", { date: sayDate(today) })));
  picture.append(shape("line", { x1: x, x2: x, y1: 0, y2: AXIS, class: "today" }));
  return picture;
}

function label(m, today) {
  const past = isPast(m.date, today) ? `, ${word("past")}` : "";
  return `${sayDate(m.date)}, ${word(m.certainty)}${past}: ${m.words}`;
}

/* host: where the chart goes. heard: {preview(m | null), pick(m), open(m)}. Returns whether each lane is a record. */
export function draw(host, milestones, today, heard) {
  if (!milestones.length) {
    host.replaceChildren();
    return true;
  }
  const [lanes, byRecord] = lanesOf(milestones);
  const names = el("div", { class: "lane-names", "aria-hidden": "true" });
  const room = host.clientWidth - (host.clientWidth < 640 ? 104 : 216);
  const scale = new Scale(milestones, today, room);
  const plot = shape("svg", { width: scale.width, class: "plot", role: "group", "aria-label": word("chart") });
  const back = shape("g", { "aria-hidden": "true" });
  plot.append(back);
  const points = new Map();
  let top = 0;
  for (const [i, lane] of lanes.entries()) {
    const [placed, n] = rows(lane.milestones, scale);
    const height = Math.max(LEAST, n * STEP + 14);
    if (i % 2) back.append(shape("rect", { x: 0, y: top, width: scale.width, height, class: "stripe" }));
    const name = el("div", { class: i % 2 ? "lane stripe" : "lane", title: lane.name }, el("span", {}, lane.name));
    name.style.height = `${height}px`;
    names.append(name);
    for (const { m, from, to, row } of placed) {
      const y = top + height / 2 + (row - (n - 1) / 2) * STEP;
      const spot = shape("g", { class: `point ${m.certainty}${isPast(m.date, today) ? " past" : ""}`, role: "button", tabindex: "-1", "aria-label": label(m, today) });
      if (to > from) spot.append(shape("line", { x1: from + 2, x2: to - 2, y1: y, y2: y, class: "span" }));
      spot.append(shape("g", { transform: `translate(${(from + to) / 2} ${y})` }, shape("circle", { r: 11, class: "reach" }), mark(m.certainty)));
      spot.addEventListener("pointerenter", () => heard.preview(m));
      spot.addEventListener("focus", () => heard.preview(m));
      spot.addEventListener("click", () => heard.pick(m));
      points.set(m, spot);
      plot.append(spot);
    }
    top += height;
  }
  for (const year of scale.years) back.append(shape("line", { x1: scale.start(year), x2: scale.start(year), y1: 0, y2: top, class: "year" }));
  const now = scale.reach(today)[0];
  back.append(shape("line", { x1: now, x2: now, y1: 0, y2: top, class: "today" }));
  plot.setAttribute("height", top);
  plot.addEventListener("pointerleave", () => heard.preview(null));
  walk(plot, milestones, points, today, heard);
  const scroll = el("div", { class: "scroll" }, el("div", { class: "grid" }, el("div", { class: "corner" }), axis(scale, today), names, plot));
  host.replaceChildren(scroll);
  scroll.scrollLeft = now - 48;
  return byRecord;
}

/* One stop of the Tab key for the whole chart; arrows walk through the dates, Enter opens the entry in the list. */
function walk(plot, milestones, points, today, heard) {
  let at = Math.max(0, milestones.findIndex((m) => !isPast(m.date, today)));
  const here = () => points.get(milestones[at]);
  here().setAttribute("tabindex", "0");
  plot.addEventListener("focusin", (event) => {
    const index = milestones.findIndex((m) => points.get(m) === event.target);
    if (index < 0) return;
    here().setAttribute("tabindex", "-1");
    at = index;
    here().setAttribute("tabindex", "0");
  });
  plot.addEventListener("keydown", (event) => {
    const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
    const next = step ? at + step : { Home: 0, End: milestones.length - 1 }[event.key];
    if (event.key === "Enter" || event.key === " ") heard.open(milestones[at]);
    else if (next === undefined) return;
    else points.get(milestones[next])?.focus();
    event.preventDefault();
  });
}
