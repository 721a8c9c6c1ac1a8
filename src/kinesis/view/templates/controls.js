// Buttons, keys, and the mouse on curves and muscles.

const SPEEDS = [0.1, 0.25, 0.5, 1, 1.5, 2];

function connect(player) {
  find("play").addEventListener("click", () => player.play(!player.playing));
  find("scrub").addEventListener("input", (event) => player.seek(Number(event.target.value)));
  find("speed").addEventListener("change", (event) => player.setSpeed(Number(event.target.value)));
  for (const what of Object.keys(player.show)) find(what).addEventListener("click", () => player.toggle(what));
  document.querySelectorAll("[data-view]").forEach((button) => {
    button.addEventListener("click", () => player.orbit.look(button.dataset.view));
  });
  document.addEventListener("keydown", (event) => press(player, event));
  new ResizeObserver(() => { player.stale = true; }).observe(find("stage"));
  scrubOnTraces(player);
  nameMuscles(player);
}

/** Keys: see the list on the page. Keys that a focused control uses itself are left to it. */
function press(player, event) {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const tag = event.target.tagName;
  if (tag === "SELECT" || (event.key === " " && ["BUTTON", "SUMMARY"].includes(tag))) return;
  const faster = (by) => SPEEDS[Math.min(Math.max(SPEEDS.indexOf(player.speed) + by, 0), SPEEDS.length - 1)];
  const actions = {
    " ": () => player.play(!player.playing),
    ArrowLeft: () => player.step(event.shiftKey ? -10 : -1),
    ArrowRight: () => player.step(event.shiftKey ? 10 : 1),
    ArrowUp: () => player.setSpeed(faster(1)),
    ArrowDown: () => player.setSpeed(faster(-1)),
    Home: () => player.seek(0),
    End: () => player.seek(player.duration),
    "+": () => player.orbit.zoom(0.9),
    "-": () => player.orbit.zoom(1 / 0.9),
    a: () => player.orbit.turn(-0.1, 0),
    d: () => player.orbit.turn(0.1, 0),
    w: () => player.orbit.turn(0, 0.1),
    s: () => player.orbit.turn(0, -0.1),
    f: () => player.toggle("follow"),
    g: () => player.clip.reference && player.toggle("ghost"),
    m: () => player.toggle("muscles"),
    j: () => player.clip.source && player.toggle("source"),
    o: () => player.clip.source && player.toggle("overlay"),
    n: () => player.choose((player.index + 1) % player.clips.length),
    1: () => player.orbit.look("oblique"),
    2: () => player.orbit.look("side"),
    3: () => player.orbit.look("front"),
  };
  const action = actions[event.key.length === 1 ? event.key.toLowerCase() : event.key];
  if (!action) return;
  event.preventDefault();
  action();
}

/** A press or drag on a curve or lane goes to that time. */
function scrubOnTraces(player) {
  const go = (event) => {
    const svg = event.target.closest("svg");
    if (!svg || (event.type === "pointermove" && !event.buttons)) return;
    const { left, width } = svg.getBoundingClientRect();
    player.seek((player.duration * (event.clientX - left)) / width);
  };
  for (const id of ["traces", "timeline"]) {
    find(id).addEventListener("pointerdown", go);
    find(id).addEventListener("pointermove", go);
  }
}

/** The name and activation of the muscle under the mouse. */
function nameMuscles(player) {
  const [canvas, tip] = [find("stage"), find("tip")];
  canvas.addEventListener("pointermove", (event) => {
    const [x, y] = [event.offsetX, event.offsetY];
    const muscle = player.stage && player.show.muscles && !event.buttons ? player.stage.muscleAt(x, y) : -1;
    tip.hidden = muscle < 0;
    if (muscle < 0) return;
    const level = player.rows.activation?.[muscle];
    const { name } = player.scene.muscles[muscle];
    tip.textContent = level === undefined ? name : `${name}  ${level.toFixed(2)}`;
    tip.style.left = `${Math.min(x + 14, canvas.clientWidth - 130)}px`;
    tip.style.top = `${Math.min(y + 14, canvas.clientHeight - 34)}px`;
  });
  canvas.addEventListener("pointerleave", () => { tip.hidden = true; });
}
