// The source: recorded joints as balls and lines, beside the body or over it.

const ASIDE_M = 0.9;
const SOURCE = "#6a2c91";
const [BALL_M, LINE_M] = [0.02, 0.007];

class Source {
  constructor() {
    this.group = new THREE.Group();
    this.material = new THREE.MeshLambertMaterial({ color: paint3(SOURCE), transparent: true });
    this.shapes = { ball: new THREE.SphereGeometry(BALL_M, 12, 8), line: new THREE.CylinderGeometry(LINE_M, LINE_M, 1, 8) };
    this.shapes.line.rotateX(Math.PI / 2);
  }

  /** Hold balls and lines of another clip; none where it has no source. */
  take({ source, lines = [] }) {
    const mesh = (shape) => Object.assign(new THREE.Mesh(this.shapes[shape], this.material), { castShadow: true, renderOrder: 3 });
    this.group.clear();
    this.balls = Array.from({ length: source ? source.columns / 3 : 0 }, () => mesh("ball"));
    this.lines = lines.map((ends) => Object.assign(mesh("line"), { userData: { ends } }));
    if (this.balls.length) this.group.add(...this.balls, ...this.lines);
  }

  /** Put the joints where a row of places [m] has them, `aside` of it; null hides them. Over the body they shine through it. */
  pose(places, aside) {
    this.group.visible = Boolean(places);
    if (!places) return;
    this.group.position.set(0, aside, 0);
    this.material.depthTest = aside > 0;
    this.balls.forEach((ball, i) => ball.position.fromArray(places, 3 * i));
    for (const line of this.lines) {
      const [start, end] = line.userData.ends.map((i) => this.balls[i].position);
      line.position.addVectors(start, end).multiplyScalar(0.5);
      line.scale.z = start.distanceTo(end);
      line.lookAt(end.clone().add(this.group.position));
    }
  }
}
