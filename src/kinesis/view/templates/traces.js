// Curves over time under the stage, with a cursor that moves along.

const SVG = "http://www.w3.org/2000/svg";
const [WIDE, HIGH] = [1000, 100];

/** One panel: curves over the whole motion, a cursor, and the values under it. */
class Trace {
  /**
   * title: what is shown. curves: [{name, kind, values (frame)}], kind names the line's style.
   * range: [low, high]. show: how a value is written.
   */
  constructor({ title, curves, range, show, duration }) {
    this.curves = curves;
    this.show = show;
    this.element = element("figure", "trace");
    const caption = element("figcaption");
    caption.append(element("span", "trace-title", title));
    this.readings = curves.map(({ kind, name }) => {
      const reading = element("span", `reading ${kind}`);
      reading.append(element("span", "key", name), element("span", "value", ""));
      return reading;
    });
    const row = element("span", "readings");
    row.append(...this.readings);
    caption.append(row);
    this.element.append(caption, this.plot(title, range), timeAxis(duration));
  }

  plot(title, [low, high]) {
    const plot = element("div", "plot");
    plot.append(element("span", "high", this.show(high)), element("span", "low", this.show(low)));
    const svg = shape("svg", { viewBox: `0 0 ${WIDE} ${HIGH}`, preserveAspectRatio: "none", role: "img" });
    const names = this.curves.map(({ name }) => name).join(", ");
    svg.setAttribute("aria-label", `${title} over time: ${names}; from ${this.show(low)} to ${this.show(high)}`);
    const height = (value) => HIGH - (HIGH * (value - low)) / (high - low);
    if (low < 0 && high > 0) svg.append(shape("path", { class: "zero", d: `M0 ${height(0)}H${WIDE}` }));
    for (const { kind, values } of [...this.curves].reverse()) {
      const step = WIDE / (values.length - 1);
      const d = values.reduce((text, v, i) => `${text}${i ? "L" : "M"}${(i * step).toFixed(1)} ${height(v).toFixed(1)}`, "");
      svg.append(shape("path", { class: `curve ${kind}`, d }));
    }
    this.cursor = shape("path", { class: "cursor", d: `M0 0V${HIGH}` });
    svg.append(this.cursor);
    plot.append(svg);
    return plot;
  }

  /** Move the cursor to a frame of `frames`. */
  point(frame, frames) {
    this.cursor.setAttribute("transform", `translate(${(WIDE * frame) / (frames - 1)} 0)`);
    this.readings.forEach((reading, i) => {
      reading.lastChild.textContent = this.show(this.curves[i].values[Math.round(frame)]);
    });
  }
}

/** All panels of a clip: {angles, activation, error}, each a list. */
function tracesOf(scene, clip) {
  const duration = (clip.frames - 1) / clip.rate;
  const degrees = (value) => `${Math.round(value)}°`.replace("-", "−").replace("−0°", "0°");
  const angles = scene.angles.map(({ label, side, column }) => {
    const kind = side === "r" ? "right" : "left";
    const curves = [{ name: "now", kind, values: columnOf(clip.qpos, column, 180 / Math.PI) }];
    if (clip.reference) {
      curves.push({ name: "ref", kind: "reference", values: columnOf(clip.reference, column, 180 / Math.PI) });
    }
    return { title: `${label}, ${kind}`, label, curves, show: degrees, duration };
  });
  for (const panel of angles) {
    const alike = angles.filter(({ label }) => label === panel.label).flatMap(({ curves }) => curves);
    panel.range = roundRange(alike.flatMap(({ values }) => values), 10);
  }
  const traced = clip.activation ? scene.traced : [];
  const activation = traced.map(({ label, right, left }) => ({
    title: label,
    curves: [
      { name: "R", kind: "right", values: columnOf(clip.activation, right, 1) },
      { name: "L", kind: "left", values: columnOf(clip.activation, left, 1) },
    ],
    show: (value) => value.toFixed(2),
    duration,
  }));
  const most = activation.flatMap(({ curves }) => curves.flatMap(({ values }) => values));
  const range = [0, Math.max(0.2, roundRange([0, ...most], 0.1)[1])];
  for (const panel of activation) panel.range = range;
  const error = [];
  if (clip.error) {
    const values = columnOf(clip.error, 0, 1);
    const curves = [{ name: "mean", kind: "error", values }];
    const top = Math.max(20, roundRange([0, ...values], 20)[1]);
    const show = (value) => `${Math.round(value)} mm`;
    error.push({ title: "Distance to the reference", curves, range: [0, top], show, duration });
  }
  const built = (panels) => panels.map((panel) => new Trace(panel));
  return { angles: built(angles), error: built(error), activation: built(activation) };
}

function columnOf({ rows, columns, values }, column, scale) {
  return Array.from({ length: rows }, (_, row) => scale * values[row * columns + column]);
}

/** Least and greatest value, moved out to multiples of a step. */
function roundRange(values, step) {
  const low = values.reduce((a, b) => Math.min(a, b), Infinity);
  const high = values.reduce((a, b) => Math.max(a, b), -Infinity);
  return [Math.floor(low / step) * step, Math.max(Math.ceil(high / step), Math.floor(low / step) + 1) * step];
}

function timeAxis(duration) {
  const axis = element("div", "time-axis");
  axis.setAttribute("aria-hidden", "true");
  for (const part of [0, 0.5, 1]) axis.append(element("span", "", `${(part * duration).toFixed(1)} s`));
  return axis;
}

function element(tag, name = "", text = "") {
  return Object.assign(document.createElement(tag), { className: name, textContent: text });
}

function shape(tag, attributes) {
  const node = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  return node;
}
