import { BufferAttribute, BufferGeometry, Line, LineBasicMaterial } from "three";
import type { Rgb } from "./palette";

interface Pen {
  /** How many points are kept. */
  points: number;
  spacingM: number;
  /** From a step longer than this on a new line begins. */
  jumpM: number;
}

/** Where a robot's base was, on the floor. */
export const FOOTPRINTS: Pen = {
  points: 400,
  spacingM: 0.03,
  jumpM: 0.5,
};
/** Where a tool was, in the air. */
export const INK: Pen = { points: 1500, spacingM: 0.003, jumpM: 0.15 };
const FAINT = 0.06;

/** Where something has been, drawn as a line; older points fade. */
export class Trail {
  readonly line: Line;
  private readonly points: [number, number, number][] = [];
  private readonly positions: BufferAttribute;
  private readonly colors: BufferAttribute;

  /** `color` is that of the newest point; older ones fade into `faded`. */
  constructor(
    private readonly pen: Pen,
    private readonly color: Rgb,
    private readonly faded: Rgb,
  ) {
    this.positions = new BufferAttribute(new Float32Array(3 * pen.points), 3);
    this.colors = new BufferAttribute(new Float32Array(3 * pen.points), 3);
    const geometry = new BufferGeometry();
    geometry.setAttribute("position", this.positions);
    geometry.setAttribute("color", this.colors);
    this.line = new Line(geometry, new LineBasicMaterial({ vertexColors: true }));
    this.line.frustumCulled = false;
  }

  add(x: number, y: number, z: number): void {
    const last = this.points.at(-1);
    if (last !== undefined) {
      const distance = Math.hypot(x - last[0], y - last[1], z - last[2]);
      if (distance > this.pen.jumpM) this.points.length = 0;
      else if (distance < this.pen.spacingM) return;
    }
    this.points.push([x, y, z]);
    if (this.points.length > this.pen.points) this.points.shift();
    const [r, g, b] = this.color;
    const [fr, fg, fb] = this.faded;
    this.points.forEach((point, index) => {
      const strength = FAINT + (1 - FAINT) * (index / this.points.length);
      this.positions.setXYZ(index, ...point);
      const mixed = (near: number, far: number) => strength * near + (1 - strength) * far;
      this.colors.setXYZ(index, mixed(r, fr), mixed(g, fg), mixed(b, fb));
    });
    this.positions.needsUpdate = this.colors.needsUpdate = true;
    this.line.geometry.setDrawRange(0, this.points.length);
  }
}
