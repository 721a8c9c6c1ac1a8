// Where every bone is, from the coordinates: the same forward kinematics as the engine that simulated them.

class Skeleton {
  /** segments: parents before children, as kinesis.view.scene writes them. */
  constructor(segments) {
    this.segments = segments.map((segment) => ({
      ...segment,
      offset: new THREE.Vector3(...segment.position),
      turn: quaternion(segment.wxyz),
      joints: segment.joints.map((joint) => ({
        ...joint,
        axis: new THREE.Vector3(...joint.axis),
        anchor: new THREE.Vector3(...joint.anchor),
      })),
    }));
    this.position = segments.map(() => new THREE.Vector3());
    this.rotation = segments.map(() => new THREE.Quaternion());
  }

  /** Set position [m] and rotation of every segment in the world from one row of coordinates. */
  pose(q) {
    this.segments.forEach((segment, i) => {
      const position = this.position[i];
      const rotation = this.rotation[i];
      if (i === 0) return;
      position.copy(segment.offset).applyQuaternion(this.rotation[segment.parent]);
      position.add(this.position[segment.parent]);
      rotation.multiplyQuaternions(this.rotation[segment.parent], segment.turn);
      for (const joint of segment.joints) moveJoint(joint, q, position, rotation);
    });
  }

  /** World place of a point [m] fixed to a segment, written to out. */
  place(segment, point, out) {
    return out.copy(point).applyQuaternion(this.rotation[segment]).add(this.position[segment]);
  }
}

const scratch = { anchor: new THREE.Vector3(), arm: new THREE.Vector3(), turn: new THREE.Quaternion() };

function moveJoint({ kind, at, zero, axis, anchor }, q, position, rotation) {
  if (kind === "free") {
    position.set(q[at], q[at + 1], q[at + 2]);
    rotation.set(q[at + 4], q[at + 5], q[at + 6], q[at + 3]).normalize();
  } else if (kind === "slide") {
    position.addScaledVector(scratch.arm.copy(axis).applyQuaternion(rotation), q[at] - zero);
  } else if (kind === "hinge") {
    scratch.anchor.copy(anchor).applyQuaternion(rotation).add(position);
    rotation.multiply(scratch.turn.setFromAxisAngle(axis, q[at] - zero));
    position.copy(scratch.anchor).sub(scratch.arm.copy(anchor).applyQuaternion(rotation));
  }
}

function quaternion([w, x, y, z]) {
  return new THREE.Quaternion(x, y, z, w);
}
