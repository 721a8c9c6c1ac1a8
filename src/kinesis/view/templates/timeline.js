// The time line: one lane for each fault, marked at the frames that have it.

/** Lanes of a clip, in the order of its faults; which lane a colour belongs to is told by the words in front of it. */
class TimeLine {
  constructor({ faults = [], frames, rate }) {
    const reach = (frame) => Math.min(Math.max((WIDE * frame) / (frames - 1), 0), WIDE);
    this.lanes = faults.map(({ label, share, runs }, i) => {
      const lane = element("div", "lane");
      const svg = shape("svg", { viewBox: `0 0 ${WIDE} 10`, preserveAspectRatio: "none", role: "img" });
      const spans = runs.map(([first, last]) => `${(first / rate).toFixed(2)} to ${(last / rate).toFixed(2)} s`);
      svg.setAttribute("aria-label", `${label}: ${spans.join(", ") || "nowhere"}`);
      const d = runs.map(([first, last]) => `M${reach(first - 0.5)} 0H${reach(last + 0.5)}V10H${reach(first - 0.5)}Z`);
      const cursor = shape("path", { class: "cursor", d: "M0 0V10" });
      svg.append(shape("path", { class: `fault fault-${i}`, d: d.join("") }), cursor);
      lane.append(element("span", `lane-name fault-${i}`, label), svg, element("span", "lane-share", percent(share)));
      return { lane, cursor, runs };
    });
  }

  /** Move the cursor to a frame of `frames`; lanes that have a fault there speak up. */
  point(frame, frames) {
    for (const { lane, cursor, runs } of this.lanes) {
      cursor.setAttribute("transform", `translate(${(WIDE * frame) / (frames - 1)} 0)`);
      lane.classList.toggle("now", runs.some(([first, last]) => first <= Math.round(frame) && Math.round(frame) <= last));
    }
  }
}

function percent(share) {
  return share > 0 && share < 0.01 ? "<1 %" : `${Math.round(100 * share)} %`;
}
