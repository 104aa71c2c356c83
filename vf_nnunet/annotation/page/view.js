// One plane of the CT on a canvas: the picture, the marks and the crosshair on it, and what lies under a pixel.
import { PLANES } from "./volume.js";

const REACH = 10; // Pixels around a mark that belong to it.
const COLOURS = { 0: "#3fbf9b", 1: "#f0e442", 2: "#e69f00", 3: "#ff6a3d", x: "#b0b8bf", open: "#ffffff" };
const BAR = 50; // Millimetres of the scale bar.
const LARGEST_ZOOM = 12;

export class View {
  constructor(canvas) {
    this.canvas = canvas;
    this.plane = canvas.dataset.plane;
    this.axes = PLANES[this.plane];
    this.context = canvas.getContext("2d");
    this.picture = document.createElement("canvas");
    this.reset();
  }

  /** Show the whole slice again. */
  reset() {
    this.zoom = 1;
    this.shift = [0, 0];
    this.drawn = null;
  }

  /** Pixels per mm, and where the picture's upper left corner is, in CSS pixels. */
  layout(volume) {
    const { across, down } = this.axes;
    const [width, height] = [volume.size[across] * volume.spacing[across], volume.size[down] * volume.spacing[down]];
    const { clientWidth, clientHeight } = this.canvas;
    const scale = Math.min(clientWidth / width, clientHeight / height) * this.zoom;
    const left = (clientWidth - width * scale) / 2 + this.shift[0];
    const top = (clientHeight - height * scale) / 2 + this.shift[1];
    return { scale, left, top, width: width * scale, height: height * scale };
  }

  /** Where the centre of a voxel is drawn, in CSS pixels of the canvas. */
  pixelOf(volume, index) {
    const { across, down, flipped } = this.axes;
    const { scale, left, top } = this.layout(volume);
    const row = flipped ? volume.size[down] - 1 - index[down] : index[down];
    return [
      left + (index[across] + 0.5) * volume.spacing[across] * scale,
      top + (row + 0.5) * volume.spacing[down] * scale,
    ];
  }

  /** The voxel under a pixel; its depth is that of the crosshair. Null beside the picture. */
  indexAt(volume, [x, y], crosshair) {
    const { across, down, flipped } = this.axes;
    const { scale, left, top } = this.layout(volume);
    const column = Math.floor((x - left) / (volume.spacing[across] * scale));
    const row = Math.floor((y - top) / (volume.spacing[down] * scale));
    if (column < 0 || row < 0 || column >= volume.size[across] || row >= volume.size[down]) return null;
    const index = [...crosshair];
    index[across] = column;
    index[down] = flipped ? volume.size[down] - 1 - row : row;
    return index;
  }

  /** Zoom so that what lies under a pixel stays there. */
  zoomAt(volume, [x, y], factor) {
    const before = this.layout(volume);
    this.zoom = Math.min(Math.max(this.zoom * factor, 1), LARGEST_ZOOM);
    const after = this.layout(volume);
    const ratio = after.scale / before.scale;
    this.shift[0] += x - (x - before.left) * ratio - after.left;
    this.shift[1] += y - (y - before.top) * ratio - after.top;
    if (this.zoom === 1) this.shift = [0, 0];
  }

  /** Distance in mm of a mark from the plane. */
  depthOf(volume, mark, crosshair) {
    const { depth } = this.axes;
    return Math.abs(volume.toIndex([mark.x, mark.y, mark.z])[depth] - crosshair[depth]) * volume.spacing[depth];
  }

  /** Whether a mark is drawn at all: the axial view shows one body at a time. */
  shows(volume, mark, crosshair) {
    return this.plane !== "axial" || this.depthOf(volume, mark, crosshair) <= 8;
  }

  /** The mark under a pixel, the nearest one; null if there is none. */
  markAt(volume, marks, [x, y], crosshair) {
    let [found, nearest] = [null, REACH];
    for (const mark of marks) {
      if (!this.shows(volume, mark, crosshair)) continue;
      const [markX, markY] = this.pixelOf(volume, volume.toIndex([mark.x, mark.y, mark.z]));
      const distance = Math.hypot(markX - x, markY - y);
      if (distance < nearest) [found, nearest] = [mark, distance];
    }
    return found;
  }

  draw(scene) {
    const { volume } = scene;
    const { clientWidth, clientHeight } = this.canvas;
    const density = globalThis.devicePixelRatio || 1;
    const [width, height] = [Math.round(clientWidth * density), Math.round(clientHeight * density)];
    if (this.canvas.width !== width || this.canvas.height !== height) {
      this.canvas.width = width;
      this.canvas.height = height;
    }
    this.context.setTransform(density, 0, 0, density, 0, 0);
    this.context.clearRect(0, 0, clientWidth, clientHeight);
    if (!volume) return;
    this.fillPicture(scene);
    const place = this.layout(volume);
    this.context.imageSmoothingQuality = "high";
    this.context.drawImage(this.picture, place.left, place.top, place.width, place.height);
    this.drawCrosshair(scene);
    scene.proposals.forEach((mark, place) => this.drawProposal(scene, mark, place === 0));
    for (const mark of scene.marks) if (this.shows(volume, mark, scene.crosshair)) this.drawMark(scene, mark);
    this.drawLetters(place.scale, scene);
  }

  /** Grey values of the slab, unless they are those of the last time. */
  fillPicture({ volume, crosshair, slab, brightest, low, high }) {
    const place = crosshair[this.axes.depth];
    const key = [place, slab, brightest, low, high].join();
    if (this.drawn === key && this.drawnVolume === volume) return;
    const { width, height, values } = volume.slab(this.plane, place, slab, brightest);
    const image = new ImageData(width, height);
    const pixels = new Uint32Array(image.data.buffer);
    const factor = 255 / (high - low);
    for (let i = 0; i < values.length; i += 1) {
      const grey = Math.min(Math.max((values[i] - low) * factor, 0), 255) | 0;
      pixels[i] = 0xff000000 | (grey << 16) | (grey << 8) | grey;
    }
    this.picture.width = width;
    this.picture.height = height;
    this.picture.getContext("2d").putImageData(image, 0, 0);
    [this.drawn, this.drawnVolume] = [key, volume];
  }

  drawCrosshair({ volume, crosshair }) {
    const { context } = this;
    const [x, y] = this.pixelOf(volume, crosshair);
    const { clientWidth, clientHeight } = this.canvas;
    context.strokeStyle = "rgba(86, 180, 233, 0.55)";
    context.lineWidth = 1;
    context.beginPath();
    for (const [fromX, fromY, toX, toY] of [[0, y, x - 14, y], [x + 14, y, clientWidth, y], [x, 0, x, y - 14], [x, y + 14, x, clientHeight]]) {
      context.moveTo(fromX, fromY);
      context.lineTo(toX, toY);
    }
    context.stroke();
  }

  drawMark({ volume, crosshair, slab, selected }, mark) {
    const { context } = this;
    const [x, y] = this.pixelOf(volume, volume.toIndex([mark.x, mark.y, mark.z]));
    const near = this.depthOf(volume, mark, crosshair) <= Math.max(slab / 2, 12);
    const stated = mark.gradable ? (mark.grade ?? "open") : "x";
    const isSelected = mark.vertebra === selected;
    context.globalAlpha = near ? 1 : 0.5;
    context.lineWidth = isSelected ? 3 : 1.5;
    context.strokeStyle = COLOURS[stated];
    context.beginPath();
    context.arc(x, y, isSelected ? 6 : 4, 0, 2 * Math.PI);
    context.stroke();
    const words = [mark.vertebra, stated === "open" ? "?" : stated, mark.shape?.[0]].filter((word) => word !== undefined);
    this.write(words.join(" "), x + 11, y, COLOURS[stated], isSelected);
    context.globalAlpha = 1;
  }

  /** The next one, which a key accepts or takes away, is drawn thick. */
  drawProposal({ volume, crosshair }, mark, isNext) {
    if (!this.shows(volume, mark, crosshair)) return;
    const { context } = this;
    const [x, y] = this.pixelOf(volume, volume.toIndex([mark.x, mark.y, mark.z]));
    context.setLineDash([3, 3]);
    context.lineWidth = isNext ? 3 : 1.5;
    context.strokeStyle = "#cc79a7";
    context.strokeRect(x - 5, y - 5, 10, 10);
    context.setLineDash([]);
    this.write(`${mark.vertebra ?? "vertebra"} proposed`, x + 11, y, "#e8a5cb", isNext);
  }

  write(text, x, y, colour, bold) {
    const { context } = this;
    context.font = `${bold ? "bold " : ""}13px system-ui, sans-serif`;
    context.textBaseline = "middle";
    context.lineWidth = 3;
    context.strokeStyle = "rgba(0, 0, 0, 0.85)";
    context.strokeText(text, x, y);
    context.fillStyle = colour;
    context.fillText(text, x, y);
  }

  drawLetters(scale, { volume, crosshair }) {
    const { context } = this;
    const { clientWidth: width, clientHeight: height } = this.canvas;
    const [left, right, top, bottom] = this.axes.letters;
    for (const [letter, x, y] of [[left, 8, height / 2], [right, width - 18, height / 2], [top, width / 2, 12], [bottom, width / 2, height - 12]]) {
      this.write(letter, x, y, "#ffd28a", true);
    }
    const { depth } = this.axes;
    this.write(`${this.plane} ${crosshair[depth] + 1} / ${volume.size[depth]}`, 10, 14, "#c9d1d8", false);
    context.fillStyle = "#c9d1d8";
    context.fillRect(width - 16 - BAR * scale, height - 14, BAR * scale, 2);
    this.write("5 cm", width - 16 - BAR * scale, height - 26, "#c9d1d8", false);
  }
}
