// The camera's arm: orbit, zoom and pan with mouse, touch or keys.

const VIEWS = { side: [-90, 4], front: [0, 4], oblique: [-55, 11] };

class Orbit {
  /** element: what is dragged on. changed: called after every move. */
  constructor(element, changed) {
    this.changed = changed;
    this.pan = new THREE.Vector3();
    this.look("oblique");
    this.pointers = new Map();
    element.addEventListener("pointerdown", (event) => {
      element.setPointerCapture(event.pointerId);
      this.pointers.set(event.pointerId, event);
    });
    for (const end of ["pointerup", "pointercancel"]) {
      element.addEventListener(end, (event) => this.pointers.delete(event.pointerId));
    }
    element.addEventListener("pointermove", (event) => this.drag(event, element.clientHeight));
    element.addEventListener("contextmenu", (event) => event.preventDefault());
    element.addEventListener(
      "wheel",
      (event) => {
        event.preventDefault();
        this.zoom(Math.exp(0.0012 * Math.max(-200, Math.min(200, event.deltaY))));
      },
      { passive: false },
    );
  }

  /** Stand at a named view, at the usual distance. */
  look(view) {
    [this.azimuth, this.elevation] = VIEWS[view].map((degrees) => (degrees * Math.PI) / 180);
    this.distance = 3.75;
    this.pan.set(0, 0, 0);
    this.changed();
  }

  zoom(factor) {
    this.distance = Math.min(Math.max(this.distance * factor, 0.4), 30);
    this.changed();
  }

  turn(right, up) {
    this.azimuth -= right;
    this.elevation = Math.min(Math.max(this.elevation + up, -0.1), 1.55);
    this.changed();
  }

  drag(event, height) {
    const before = this.pointers.get(event.pointerId);
    if (!before) return;
    const [dx, dy] = [event.clientX - before.clientX, event.clientY - before.clientY];
    const others = [...this.pointers.values()].filter((other) => other.pointerId !== event.pointerId);
    this.pointers.set(event.pointerId, event);
    if (others.length) {
      const [other] = others;
      const reach = (point) => Math.hypot(point.clientX - other.clientX, point.clientY - other.clientY);
      this.zoom(reach(before) / Math.max(reach(event), 1));
      this.slide(dx / 2, dy / 2, height);
    } else if (event.shiftKey || event.buttons & 6) {
      this.slide(dx, dy, height);
    } else {
      this.turn((dx * Math.PI) / height, (dy * Math.PI) / height);
    }
  }

  /** Move what is looked at, by pixels of an element of that height. */
  slide(dx, dy, height) {
    const scale = (0.6 * this.distance) / height;
    const [sin, cos] = [Math.sin(this.azimuth), Math.cos(this.azimuth)];
    this.pan.x += scale * (dx * sin - dy * cos * Math.sin(this.elevation));
    this.pan.y += scale * (-dx * cos - dy * sin * Math.sin(this.elevation));
    this.pan.z += scale * dy * Math.cos(this.elevation);
    this.changed();
  }

  /** Put the camera on its arm around target. */
  aim(camera, target) {
    const flat = this.distance * Math.cos(this.elevation);
    const to = target.clone().add(this.pan);
    camera.position.set(
      to.x + flat * Math.cos(this.azimuth),
      to.y + flat * Math.sin(this.azimuth),
      Math.max(to.z + this.distance * Math.sin(this.elevation), 0.05),
    );
    camera.lookAt(to);
  }
}
