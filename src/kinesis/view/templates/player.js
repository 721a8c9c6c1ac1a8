// The player: time, and what is shown at every instant.

const SLOW_S = 0.12;
const PATIENCE = 6;
const find = (id) => document.getElementById(id);

/** Which motion the address asks for, by number or title: page.html#2, page.html#walk_slow; else the first. */
function asked(clips) {
  const wanted = location.hash.slice(1);
  const names = clips.map((clip) => clip.title.replace(/\W+/g, "_"));
  return Math.max(names.indexOf(wanted), clips.findIndex((_, index) => String(index + 1) === wanted), 0);
}

class Player {
  /** scene: the page's data. stage: where to draw, or null where the browser has no WebGL. */
  constructor(scene, stage) {
    this.scene = scene;
    this.stage = stage;
    this.clips = scene.clips;
    this.time = 0;
    this.speed = 1;
    this.playing = false;
    this.stale = true;
    this.show = { ghost: true, muscles: true, follow: true, source: true, overlay: false };
    this.orbit = new Orbit(find("stage"), () => { this.stale = true; });
    this.target = new THREE.Vector3();
    listClips(this);
    connect(this);
    this.choose(asked(this.clips));
    requestAnimationFrame((now) => this.tick(now));
  }

  get clip() {
    return this.clips[this.index];
  }

  get duration() {
    return (this.clip.frames - 1) / this.clip.rate;
  }

  /** Show another clip from its start. */
  choose(index) {
    this.index = index;
    const { clip } = this;
    this.rows = {};
    for (const name of ["qpos", "reference", "touches", "activation", "source"]) {
      this.rows[name] = clip[name] ? new Float32Array(clip[name].columns) : null;
    }
    clip.path ??= smoothedPath(clip);
    clip.traces ??= tracesOf(this.scene, clip);
    clip.timeline ??= new TimeLine(clip);
    this.stage?.source.take(clip);
    describe(this);
    this.seek(0);
  }

  /** Go to a time [s], kept within the clip. */
  seek(time) {
    this.time = Math.min(Math.max(time, 0), this.duration);
    this.stale = true;
  }

  /** Move by whole frames, standing still. */
  step(frames) {
    this.play(false);
    this.seek((Math.round(this.time * this.clip.rate) + frames) / this.clip.rate);
  }

  play(playing) {
    this.playing = playing;
    find("play").textContent = playing ? "Pause" : "Play";
    find("play").classList.toggle("playing", playing);
  }

  setSpeed(speed) {
    this.speed = speed;
    find("speed").value = String(speed);
  }

  toggle(what) {
    this.show[what] = !this.show[what];
    find(what).setAttribute("aria-pressed", String(this.show[what]));
    this.stale = true;
  }

  tick(now) {
    const passed = Math.min((now - (this.before ?? now)) / 1000, 1);
    this.before = now;
    if (this.playing) {
      this.watch(passed);
      const time = this.time + passed * this.speed;
      this.seek(time > this.duration ? 0 : time);
    }
    if (this.stale) this.update();
    requestAnimationFrame((next) => this.tick(next));
  }

  /** Six slow pictures in a row: draw more cheaply from then on. */
  watch(passed) {
    this.slow = passed > SLOW_S ? (this.slow ?? 0) + 1 : 0;
    if (this.slow < PATIENCE || this.economised) return;
    this.economised = true;
    this.stage?.economise();
  }

  /** Bring picture, cursors and clock to this.time. */
  update() {
    this.stale = false;
    const { clip, rows } = this;
    const frame = Math.min(this.time * clip.rate, clip.frames - 1);
    for (const name of Object.keys(rows)) if (rows[name]) rowAt(clip[name], frame, rows[name]);
    if (this.stage) {
      this.stage.muscleMesh.visible = this.show.muscles;
      this.stage.pose(rows.qpos, this.show.ghost ? rows.reference : null, rows.touches, rows.activation);
      const aside = this.show.overlay ? 0 : ASIDE_M;
      this.stage.source.pose(this.show.source ? rows.source : null, aside);
      if (this.show.follow) {
        this.target.fromArray(rowAt(clip.path, frame, [0, 0, 0]));
        if (rows.source && this.show.source) this.target.y += aside / 2;
      }
      this.stage.draw(this.orbit, this.target);
    }
    for (const trace of [...Object.values(clip.traces).flat(), clip.timeline]) trace.point(frame, clip.frames);
    showTime(this.time, this.duration);
  }
}

/** Where the camera looks: the root's path over the ground, averaged over half a second to either side. */
function smoothedPath({ qpos: { rows, columns, values }, rate }) {
  const reach = Math.round(rate / 2);
  const path = new Float32Array(3 * rows);
  for (let row = 0; row < rows; row++) {
    const near = Math.min(reach, row, rows - 1 - row);
    for (let axis = 0; axis < 2; axis++) {
      let sum = 0;
      for (let other = row - near; other <= row + near; other++) sum += values[other * columns + axis];
      path[3 * row + axis] = sum / (2 * near + 1);
    }
    path[3 * row + 2] = 0.85;
  }
  return { rows, columns: 3, values: path };
}

function showTime(time, duration) {
  const scrub = find("scrub");
  scrub.max = duration;
  scrub.value = time;
  scrub.style.setProperty("--done", `${(100 * time) / duration}%`);
  scrub.setAttribute("aria-valuetext", `${time.toFixed(2)} of ${duration.toFixed(2)} seconds`);
  find("clock").textContent = `${time.toFixed(2)} / ${duration.toFixed(2)} s`;
}

/** Title, scorecard and curves of the chosen clip. */
function describe(player) {
  const { clip } = player;
  find("title").textContent = clip.title;
  find("subtitle").textContent = clip.subtitle;
  const rows = clip.metrics.map(([name, value]) => {
    const row = element("div");
    row.append(element("dt", "", name), element("dd", "", value));
    return row;
  });
  find("metrics").replaceChildren(...rows);
  find("scorecard").hidden = rows.length === 0;
  for (const [name, traces] of Object.entries(clip.traces)) {
    find(`${name}-traces`).replaceChildren(...traces.map((trace) => trace.element));
    find(`${name}-section`).hidden = traces.length === 0;
  }
  find("timeline").replaceChildren(...clip.timeline.lanes.map(({ lane }) => lane));
  find("timeline").hidden = clip.timeline.lanes.length === 0;
  find("ghost").hidden = !clip.reference;
  for (const id of ["source", "overlay", "source-key"]) find(id).hidden = !clip.source;
  find("muscles").hidden = player.scene.muscles.length === 0;
  document.querySelectorAll(".ghost-key").forEach((key) => { key.hidden = !clip.reference; });
  find("legend").hidden = !clip.activation;
  find("clips").querySelectorAll("button").forEach((button, i) => {
    button.setAttribute("aria-pressed", String(i === player.index));
  });
}

function listClips(player) {
  find("clips-section").hidden = player.clips.length < 2;
  player.clips.forEach(({ title, subtitle }, i) => {
    const button = element("button");
    button.type = "button";
    button.append(element("span", "clip-title", title), element("span", "clip-subtitle", subtitle));
    button.addEventListener("click", () => player.choose(i));
    const item = element("li");
    item.append(button);
    find("clips").append(item);
  });
}

async function start() {
  const scene = JSON.parse(find("scene").textContent);
  const meshes = await Promise.all(scene.bones.map(boneGeometry));
  for (const clip of scene.clips) {
    for (const name of ["qpos", "reference", "touches", "activation", "error", "source"]) {
      if (clip[name]) clip[name] = await unpack(clip[name]);
    }
  }
  let stage = null;
  try {
    stage = new Stage(find("stage"), scene, meshes);
  } catch (error) {
    find("without-webgl").hidden = false;
    console.warn(`no 3-D here: ${error.message}`);
  }
  const player = new Player(scene, stage);
  player.play(!window.matchMedia("(prefers-reduced-motion: reduce)").matches);
  document.body.dataset.ready = "true";
  window.kinesis = player;
}

start().catch((error) => {
  find("failure").hidden = false;
  find("failure").textContent = `This page could not start: ${error.message}`;
  throw error;
});
