// Muscles: tubes along their paths, thick as they are strong, coloured by activation.

const RINGS = 28;
const SIDES = 7;
const ARC = 4;

// Light to dark and blue to red at once, so that it reads without colour vision too.
const ACTIVATION_COLOURS = ["#9db3c8", "#b9849b", "#d0524a", "#ad1522", "#650216"];

/** Colour of an activation in [0, 1], as sRGB fractions. */
function activationColour(activation) {
  const place = Math.min(Math.max(activation, 0), 1) * (ACTIVATION_COLOURS.length - 1);
  const index = Math.min(Math.floor(place), ACTIVATION_COLOURS.length - 2);
  return channels(ACTIVATION_COLOURS[index]).map(
    (low, i) => low + (place - index) * (channels(ACTIVATION_COLOURS[index + 1])[i] - low),
  );
}

function channels(hex) {
  return [1, 3, 5].map((start) => parseInt(hex.slice(start, start + 2), 16) / 255);
}

class Muscles {
  /** muscles: name, radius and path; wraps: the surfaces that paths run around. */
  constructor(muscles, wraps, skeleton) {
    this.skeleton = skeleton;
    this.muscles = muscles.map((muscle) => ({
      ...muscle,
      path: muscle.path.map((point) =>
        typeof point === "number" ? point : { body: point.body, at: new THREE.Vector3(...point.position) },
      ),
    }));
    this.wraps = wraps.map((wrap) => ({
      ...wrap,
      at: new THREE.Vector3(...wrap.position),
      turn: quaternion(wrap.wxyz),
    }));
    this.centres = new Float32Array(muscles.length * RINGS * 3);
    this.points = [];
    this.palette = Array.from({ length: 256 }, (_, i) => activationColour(i / 255).map(linearised));
    this.geometry = tubeGeometry(muscles.length);
  }

  /** Lay the tubes for the skeleton's present pose. touches and activation: rows of their tables, or null. */
  lay(touches, activation) {
    const position = this.geometry.attributes.position;
    const normal = this.geometry.attributes.normal;
    const colour = this.geometry.attributes.color;
    this.muscles.forEach((muscle, i) => {
      const level = activation ? activation[i] : 0;
      const count = this.trace(muscle.path, touches);
      resample(this.points, count, this.centres, i * RINGS);
      drawTube(this.centres, i, muscle.radius * (1 + 0.35 * level), position.array, normal.array);
      paint(colour.array, i, this.palette[Math.round(255 * level)]);
    });
    for (const attribute of [position, normal, colour]) attribute.needsUpdate = true;
  }

  /** Fill this.points with the path's corners in the world; returns how many. */
  trace(path, touches) {
    let count = 0;
    const next = () => (this.points[count] ??= new THREE.Vector3());
    for (const point of path) {
      if (typeof point === "number") {
        if (!touches || Number.isNaN(touches[6 * point])) continue;
        const { body, at, turn, round } = this.wraps[point];
        for (let step = 0; step <= ARC; step++) {
          const place = onSurface(touches, 6 * point, step / ARC, round, next());
          this.skeleton.place(body, place.applyQuaternion(turn).add(at), place);
          count++;
        }
      } else {
        this.skeleton.place(point.body, point.at, next());
        count++;
      }
    }
    return count;
  }
}

/** Point of the arc between the two touching points of a surface, in the surface's own frame. */
function onSurface(touches, at, part, round, out) {
  const [x0, y0, z0, x1, y1, z1] = touches.subarray(at, at + 6);
  out.set(x0 + part * (x1 - x0), y0 + part * (y1 - y0), z0 + part * (z1 - z0));
  const flat = round === "rod";
  const radius = flat ? Math.hypot(x0, y0) : Math.hypot(x0, y0, z0);
  const reach = flat ? Math.hypot(out.x, out.y) : out.length();
  if (reach < 0.2 * radius) return out;
  return flat ? out.set((out.x * radius) / reach, (out.y * radius) / reach, out.z) : out.setLength(radius);
}

/** RINGS points, evenly along the polyline of the first `count` corners. */
function resample(corners, count, centres, start) {
  let length = 0;
  for (let i = 1; i < count; i++) length += corners[i].distanceTo(corners[i - 1]);
  let segment = 1;
  let before = 0;
  let stretch = corners[1].distanceTo(corners[0]);
  for (let ring = 0; ring < RINGS; ring++) {
    const along = (length * ring) / (RINGS - 1);
    while (segment < count - 1 && before + stretch < along) {
      before += stretch;
      segment++;
      stretch = corners[segment].distanceTo(corners[segment - 1]);
    }
    const part = stretch > 0 ? Math.min((along - before) / stretch, 1) : 0;
    const [a, b] = [corners[segment - 1], corners[segment]];
    const at = 3 * (start + ring);
    centres[at] = a.x + part * (b.x - a.x);
    centres[at + 1] = a.y + part * (b.y - a.y);
    centres[at + 2] = a.z + part * (b.z - a.z);
  }
}

const section = { along: new THREE.Vector3(), out: new THREE.Vector3(), side: new THREE.Vector3() };

// Slim at both ends, closed at the very ends.
const SPINDLE = Array.from({ length: RINGS }, (_, i) => 0.3 + 0.7 * Math.sin((Math.PI * i) / (RINGS - 1)) ** 0.9);
SPINDLE[0] = SPINDLE[RINGS - 1] = 0.02;
const AROUND = Array.from({ length: SIDES }, (_, i) => (2 * Math.PI * i) / SIDES);
const [COSINES, SINES] = [AROUND.map(Math.cos), AROUND.map(Math.sin)];

/** Write rings of muscle i around its centres; the cross-section's frame is carried along without twist. */
function drawTube(centres, i, radius, positions, normals) {
  const { along, out, side } = section;
  out.set(1, 0, 0);
  for (let ring = 0; ring < RINGS; ring++) {
    const at = 3 * (i * RINGS + ring);
    const [behind, ahead] = [ring > 0 ? at - 3 : at, ring < RINGS - 1 ? at + 3 : at];
    along.set(
      centres[ahead] - centres[behind],
      centres[ahead + 1] - centres[behind + 1],
      centres[ahead + 2] - centres[behind + 2],
    );
    along.normalize();
    if (ring === 0 && Math.abs(along.x) > 0.9) out.set(0, 1, 0);
    out.addScaledVector(along, -out.dot(along)).normalize();
    side.crossVectors(along, out);
    const thickness = radius * SPINDLE[ring];
    for (let corner = 0; corner < SIDES; corner++) {
      const [c, s] = [COSINES[corner], SINES[corner]];
      const to = 3 * ((i * RINGS + ring) * SIDES + corner);
      const [x, y, z] = [c * out.x + s * side.x, c * out.y + s * side.y, c * out.z + s * side.z];
      normals[to] = x;
      normals[to + 1] = y;
      normals[to + 2] = z;
      positions[to] = centres[at] + thickness * x;
      positions[to + 1] = centres[at + 1] + thickness * y;
      positions[to + 2] = centres[at + 2] + thickness * z;
    }
  }
}

function paint(colours, i, [red, green, blue]) {
  for (let to = 3 * i * RINGS * SIDES; to < 3 * (i + 1) * RINGS * SIDES; to += 3) {
    colours[to] = red;
    colours[to + 1] = green;
    colours[to + 2] = blue;
  }
}

function tubeGeometry(count) {
  const geometry = new THREE.BufferGeometry();
  for (const name of ["position", "normal", "color"]) {
    const attribute = new THREE.BufferAttribute(new Float32Array(3 * count * RINGS * SIDES), 3);
    geometry.setAttribute(name, attribute.setUsage(THREE.DynamicDrawUsage));
  }
  const faces = [];
  for (let i = 0; i < count; i++) {
    for (let ring = 0; ring < RINGS - 1; ring++) {
      for (let corner = 0; corner < SIDES; corner++) {
        const a = (i * RINGS + ring) * SIDES + corner;
        const b = (i * RINGS + ring) * SIDES + ((corner + 1) % SIDES);
        faces.push(a, b, a + SIDES, b, b + SIDES, a + SIDES);
      }
    }
  }
  geometry.setIndex(faces);
  return geometry;
}

/** Linear light of an sRGB channel. */
function linearised(value) {
  return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
}
