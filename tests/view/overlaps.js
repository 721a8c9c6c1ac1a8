// Pairs of texts, controls and pictures that cover each other though neither holds the other.
(() => {
  const kinds =
    "h1, h2, button, select, input, output, dt, dd, summary, svg, canvas, footer p, #subtitle, .mark, " +
    ".lane-name, .lane-share, .key, .value, .trace-title, .high, .low, .time-axis span, .ticks span, .legend-title";
  const shown = [...document.querySelectorAll(kinds)]
    .filter((element) => element.checkVisibility())
    .map((element) => ({ element, box: element.getBoundingClientRect() }));
  const name = ({ element }) => element.outerHTML.slice(0, 70);
  const cover = (a, b) =>
    Math.min(a.box.right, b.box.right) - Math.max(a.box.left, b.box.left) > 1 &&
    Math.min(a.box.bottom, b.box.bottom) - Math.max(a.box.top, b.box.top) > 1 &&
    !a.element.contains(b.element) &&
    !b.element.contains(a.element);
  return shown.flatMap((a, i) =>
    shown.slice(i + 1).filter((b) => cover(a, b)).map((b) => `${name(a)} covers ${name(b)}`),
  );
})();
