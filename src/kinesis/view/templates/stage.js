// The stage: ground, light, bones, muscles and the ghost.

const PAPER = "#eef1f4";
const BONE = "#ddd3c0";
const GHOST = "#1f7fb5";

class Stage {
  /** canvas: where to draw. scene: as kinesis.view.scene writes it. meshes: unpacked bones by segment. */
  constructor(canvas, scene, meshes) {
    this.canvas = canvas;
    this.sharpness = Math.min(window.devicePixelRatio, 2);
    this.renderer = new THREE.WebGLRenderer({ canvas, antialias: true, preserveDrawingBuffer: true });
    this.renderer.outputEncoding = THREE.sRGBEncoding;
    this.renderer.shadowMap.enabled = true;
    this.renderer.shadowMap.type = THREE.PCFSoftShadowMap;
    this.world = new THREE.Scene();
    // Background and fog are mixed in after the light has become sRGB.
    this.world.background = new THREE.Color(PAPER);
    this.world.fog = new THREE.Fog(new THREE.Color(PAPER), 7, 24);
    this.camera = new THREE.PerspectiveCamera(30, 1, 0.05, 60);
    this.camera.up.set(0, 0, 1);
    this.body = new Skeleton(scene.skeleton);
    this.ghost = new Skeleton(scene.skeleton);
    this.bones = meshes.map((mesh) => boneMesh(mesh, boneMaterial(), true));
    this.ghostBones = meshes.flatMap((mesh) => ghostMeshes(mesh));
    this.muscles = new Muscles(scene.muscles, scene.wraps, this.body);
    this.muscleMesh = new THREE.Mesh(this.muscles.geometry, muscleMaterial());
    this.muscleMesh.castShadow = true;
    this.muscleMesh.frustumCulled = false;
    this.sun = sunlight();
    this.floor = floor(Math.min(4, this.renderer.capabilities.getMaxAnisotropy()));
    const sky = new THREE.HemisphereLight(paint3("#ffffff"), paint3("#b4b4b4"), 0.78);
    this.world.add(sky, this.sun, this.sun.target, this.floor, this.muscleMesh);
    this.source = new Source();
    this.world.add(...this.bones, ...this.ghostBones, this.source.group);
  }

  /** Pose everything: rows of coordinates, and rows or null for ghost, touches and activation. */
  pose(qpos, reference, touches, activation) {
    this.body.pose(qpos);
    for (const bone of this.bones) settle(bone, this.body);
    if (this.muscleMesh.visible && this.muscles.muscles.length) this.muscles.lay(touches, activation);
    if (reference) this.ghost.pose(reference);
    for (const bone of this.ghostBones) {
      bone.visible = Boolean(reference);
      settle(bone, this.ghost);
    }
  }

  /** Draw, looking at target [m] along the orbit's arm. */
  draw(orbit, target) {
    this.fit();
    orbit.aim(this.camera, target);
    this.sun.target.position.set(target.x, target.y, 0.6);
    this.sun.position.set(target.x + 1.6, target.y - 2.4, 5.2);
    this.floor.position.set(Math.round(target.x), Math.round(target.y), 0);
    this.renderer.render(this.world, this.camera);
  }

  /** Follow the size of the canvas on the page. */
  fit() {
    const { clientWidth: width, clientHeight: height } = this.canvas;
    const ratio = this.sharpness;
    const fits = (pixels, length) => pixels === Math.floor(length * ratio);
    if (fits(this.canvas.width, width) && fits(this.canvas.height, height)) return;
    this.renderer.setPixelRatio(ratio);
    this.renderer.setSize(width, height, false);
    this.camera.aspect = width / height;
    this.camera.fov = 30 * Math.max(1, 0.8 / this.camera.aspect);
    this.camera.updateProjectionMatrix();
  }

  /** Draw more cheaply, for a machine without a graphics processor: no shadows, fewer pixels. */
  economise() {
    this.sun.castShadow = false;
    this.sharpness = Math.min(this.sharpness, 1) * 0.75;
    this.floor.material.map.anisotropy = 1;
    this.floor.material.map.needsUpdate = true;
  }

  /** Index of the muscle nearest to a place on the canvas [CSS pixels], or -1 beyond `within` of any. */
  muscleAt(x, y, within = 9) {
    const { centres } = this.muscles;
    const point = new THREE.Vector3();
    let [best, nearest] = [-1, Infinity];
    for (let ring = 0; ring < centres.length / 3; ring++) {
      point.fromArray(centres, 3 * ring).project(this.camera);
      const dx = ((point.x + 1) / 2) * this.canvas.clientWidth - x;
      const dy = ((1 - point.y) / 2) * this.canvas.clientHeight - y;
      const apart = Math.hypot(dx, dy);
      if (apart < within && apart + 400 * point.z < nearest) {
        [best, nearest] = [Math.floor(ring / RINGS), apart + 400 * point.z];
      }
    }
    return best;
  }
}

function paint3(hex) {
  return new THREE.Color(hex).convertSRGBToLinear();
}

function boneMaterial() {
  return new THREE.MeshPhongMaterial({ color: paint3(BONE), specular: 0x111111, shininess: 12 });
}

function muscleMaterial() {
  return new THREE.MeshPhongMaterial({ vertexColors: true, specular: 0x181818, shininess: 24 });
}

function boneMesh({ body, geometry }, material, shadow) {
  const mesh = new THREE.Mesh(geometry, material);
  mesh.userData.segment = body;
  mesh.castShadow = shadow;
  return mesh;
}

/** The ghost shows only its nearest surface: depth first, then colour where the depth is met. */
function ghostMeshes(mesh) {
  const depth = boneMesh(mesh, new THREE.MeshBasicMaterial({ colorWrite: false, transparent: true }), false);
  const material = new THREE.MeshLambertMaterial({ color: paint3(GHOST), transparent: true, opacity: 0.3 });
  material.depthWrite = false;
  const veil = boneMesh(mesh, material, false);
  [depth.renderOrder, veil.renderOrder] = [1, 2];
  return [depth, veil];
}

function settle(bone, skeleton) {
  bone.position.copy(skeleton.position[bone.userData.segment]);
  bone.quaternion.copy(skeleton.rotation[bone.userData.segment]);
}

function sunlight() {
  const sun = new THREE.DirectionalLight(paint3("#ffffff"), 0.8);
  sun.castShadow = true;
  sun.shadow.mapSize.set(2048, 2048);
  sun.shadow.radius = 4;
  sun.shadow.normalBias = 0.004;
  Object.assign(sun.shadow.camera, { left: -1.3, right: 1.3, top: 1.6, bottom: -1.3, near: 2, far: 9 });
  return sun;
}

/** Squares of one metre, halves in fainter lines. */
function floor(anisotropy) {
  const size = 512;
  const canvas = Object.assign(document.createElement("canvas"), { width: size, height: size });
  const pen = canvas.getContext("2d");
  pen.fillStyle = "#f4f6f8";
  pen.fillRect(0, 0, size, size);
  for (const [colour, width, places] of [["#dfe5ea", 3, [size / 2]], ["#b9c4ce", 6, [0, size]]]) {
    [pen.strokeStyle, pen.lineWidth] = [colour, width];
    for (const at of places) {
      pen.beginPath();
      pen.moveTo(at, 0);
      pen.lineTo(at, size);
      pen.moveTo(0, at);
      pen.lineTo(size, at);
      pen.stroke();
    }
  }
  const reach = 60;
  const texture = new THREE.CanvasTexture(canvas);
  texture.encoding = THREE.sRGBEncoding;
  texture.wrapS = texture.wrapT = THREE.RepeatWrapping;
  texture.repeat.set(reach, reach);
  texture.anisotropy = anisotropy;
  const plane = new THREE.Mesh(
    new THREE.PlaneGeometry(reach, reach),
    new THREE.MeshLambertMaterial({ map: texture, color: new THREE.Color(0.8, 0.8, 0.8) }),
  );
  plane.receiveShadow = true;
  return plane;
}

/** Bones of one segment, ready to draw. */
async function boneGeometry({ body, vertices, faces }) {
  const geometry = new THREE.BufferGeometry();
  geometry.setAttribute("position", new THREE.BufferAttribute((await unpack(vertices)).values, 3));
  geometry.setIndex(new THREE.BufferAttribute(Uint16Array.from((await unpack(faces)).values), 1));
  geometry.computeVertexNormals();
  return { body, geometry };
}
