// A CT in memory: its voxels, their places in the patient, and slices or slabs of them.
// Indices are [x, y, z] on canonical LPS axes; x grows to the patient's left, y to the back, z to the head.

/** The axes of each plane: to the right of the picture, down the picture, into the picture. */
export const PLANES = {
  sagittal: { across: 1, down: 2, depth: 0, flipped: true, letters: ["A", "P", "S", "I"] },
  coronal: { across: 0, down: 2, depth: 1, flipped: true, letters: ["R", "L", "S", "I"] },
  axial: { across: 0, down: 1, depth: 2, flipped: false, letters: ["R", "L", "A", "P"] },
};

/** Hounsfield units of bone, the distance between the voxels that are looked at, and half the width of a body in mm. */
const BONE = 250;
const SKIPPED = 4;
const MIDLINE = 12;
/** Share of the bone of the midline that lies before the middle of the bodies. */
const BEFORE_BODIES = 0.3;

export class Volume {
  constructor({ shape, affine }, voxels) {
    this.size = [shape[2], shape[1], shape[0]];
    this.affine = affine;
    this.voxels = voxels;
    this.strides = [1, shape[2], shape[2] * shape[1]];
    this.spacing = [0, 1, 2].map((axis) => Math.hypot(affine[0][axis], affine[1][axis], affine[2][axis]));
    // The axes are at right angles, so the inverse is the transposed matrix over the squares of the spacings.
    this.inverse = [0, 1, 2].map((axis) => affine.slice(0, 3).map((row) => row[axis] / this.spacing[axis] ** 2));
  }

  toWorld(index) {
    return this.affine.slice(0, 3).map((row) => row[0] * index[0] + row[1] * index[1] + row[2] * index[2] + row[3]);
  }

  toIndex(point) {
    const offset = point.map((value, axis) => value - this.affine[axis][3]);
    return this.inverse.map((row) => row[0] * offset[0] + row[1] * offset[1] + row[2] * offset[2]);
  }

  /** The voxel nearest to a point, within the volume. */
  nearest(point) {
    return this.clamp(this.toIndex(point).map(Math.round));
  }

  clamp(index) {
    return index.map((value, axis) => Math.min(Math.max(value, 0), this.size[axis] - 1));
  }

  at([x, y, z]) {
    return this.voxels[x + y * this.strides[1] + z * this.strides[2]];
  }

  /** Where bone lies in the middle: a start that shows the spine. */
  start() {
    const [width, depth, height] = this.size;
    const x = middle(this.bone(0, 0, width - 1, SKIPPED)) ?? width >> 1;
    const near = Math.ceil(MIDLINE / this.spacing[0]);
    const y = middle(this.bone(1, Math.max(x - near, 0), Math.min(x + near, width - 1), 1), BEFORE_BODIES) ?? depth >> 1;
    return [x, y, height >> 1];
  }

  /** Number of voxels of bone at each place along an axis, in the columns from low to high. */
  bone(axis, low, high, step) {
    const found = new Float64Array(this.size[axis]);
    const index = [0, 0, 0];
    for (index[2] = 0; index[2] < this.size[2]; index[2] += SKIPPED) {
      for (index[1] = 0; index[1] < this.size[1]; index[1] += SKIPPED) {
        for (index[0] = low; index[0] <= high; index[0] += step) {
          if (this.at(index) > BONE) found[index[axis]] += 1;
        }
      }
    }
    return found;
  }

  /** Slice or slab of a plane as Hounsfield units, row by row from the top of the picture. */
  slab(plane, place, thickness, brightest) {
    const { across, down, depth, flipped } = PLANES[plane];
    const [width, height] = [this.size[across], this.size[down]];
    const half = Math.floor(thickness / this.spacing[depth] / 2);
    const first = Math.max(place - half, 0);
    const last = Math.min(place + half, this.size[depth] - 1);
    const found = new Float32Array(width * height).fill(brightest ? -32768 : 0);
    const [right, step] = [this.strides[across], this.strides[down]];
    for (let layer = first; layer <= last; layer += 1) {
      let target = 0;
      for (let row = 0; row < height; row += 1) {
        let source = layer * this.strides[depth] + (flipped ? height - 1 - row : row) * step;
        for (let column = 0; column < width; column += 1, source += right, target += 1) {
          const value = this.voxels[source];
          if (!brightest) found[target] += value;
          else if (value > found[target]) found[target] = value;
        }
      }
    }
    const layers = last - first + 1;
    if (!brightest && layers > 1) for (let i = 0; i < found.length; i += 1) found[i] /= layers;
    return { width, height, values: found };
  }
}

/** The place that a share of a distribution lies before; null if it is empty. */
function middle(counts, share = 0.5) {
  const total = counts.reduce((sum, count) => sum + count, 0);
  let passed = 0;
  for (let place = 0; place < counts.length && total; place += 1) {
    passed += counts[place];
    if (passed >= share * total) return place;
  }
  return null;
}
