/* Small charts drawn as SVG. The numbers stand in a table beside each, so a chart is only a picture of them. */
import { el, fresh, say } from "./dom.js";

const SVG = "http://www.w3.org/2000/svg";

function shape(tag, attributes, ...children) {
  const node = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  node.append(...children);
  return node;
}

function titled(node, said) {
  node.append(say(shape("title", {}), said));
  return node;
}

/* Bars by day, stacked. series: [{key (words), kind (class), of(day) → number}], lowest first. */
export function dayBars(said, days, series) {
  const [width, height, foot] = [420, 150, 20];
  const most = Math.max(1, ...days.map((d) => series.reduce((sum, s) => sum + s.of(d), 0)));
  const step = width / Math.max(days.length, 1);
  const id = fresh("chart");
  const picture = shape("svg", { viewBox: `0 0 ${width} ${height}`, role: "img", "aria-labelledby": id, class: "chart" }, shape("title", { id }));
  say(picture.firstChild, said);
  picture.append(shape("line", { x1: 0, x2: width, y1: height - foot, y2: height - foot, class: "axis" }));
  days.forEach((day, i) => {
    let top = height - foot;
    for (const s of series) {
      const tall = (s.of(day) / most) * (height - foot - 16);
      if (!tall) continue;
      top -= tall;
      picture.append(titled(shape("rect", { x: i * step + step * 0.12, y: top, width: Math.max(step * 0.76, 1), height: tall, class: s.kind }),
        [s.key, { n: s.of(day), day: day.day }]));
    }
  });
  const label = (x, anchor, words) => shape("text", { x, y: height - 5, "text-anchor": anchor, class: "tick" }, words);
  if (days.length) picture.append(label(0, "start", days[0].day), label(width, "end", days[days.length - 1].day));
  picture.append(shape("text", { x: 0, y: 12, class: "tick" }, String(most)));
  return el("figure", {}, picture, el("figcaption", { class: "legend" }, series.map((s) => el("span", { class: s.kind, say: s.name }))));
}

/* A table with a bar in each row. rows: [[words, number]] */
export function rankedBars(said, rows) {
  const most = Math.max(1, ...rows.map(([, n]) => n));
  return el("table", { class: "ranked" }, el("caption", { say: said }), el("tbody", {}, rows.length ? rows.map(([name, n]) => el("tr", {},
    el("th", { scope: "row", say: name }),
    el("td", { "aria-hidden": "true", class: "bar" }, shape("svg", { viewBox: "0 0 100 10", preserveAspectRatio: "none", class: "chart" },
      shape("rect", { x: 0, y: 0, width: (n / most) * 100, height: 10, class: "first" }))),
    el("td", { class: "number", text: String(n) }))) : el("tr", {}, el("td", { class: "muted", say: "nothing" }))));
}

export function plainTable(said, columns, rows) {
  return el("div", { class: "scroll" }, el("table", {}, el("caption", { say: said }),
    el("thead", {}, el("tr", {}, columns.map((key) => el("th", { scope: "col", say: key })))),
    el("tbody", {}, rows.map(([first, ...rest]) => el("tr", {}, el("th", { scope: "row", text: first }), rest.map((value) => el("td", { class: "number", text: String(value) })))))));
}
