import { BufferAttribute, BufferGeometry, Line, LineBasicMaterial } from "three";

const POINTS = 400;
const SPACING_M = 0.03;
const JUMP_M = 0.5;
const HEIGHT_M = 0.004;

/** Where the base has been, drawn on the floor; older points fade into its colour. */
export class Trail {
  readonly line: Line;
  private readonly points: [number, number][] = [];
  private readonly positions = new BufferAttribute(new Float32Array(3 * POINTS), 3);
  private readonly colors = new BufferAttribute(new Float32Array(3 * POINTS), 3);

  constructor() {
    const geometry = new BufferGeometry();
    geometry.setAttribute("position", this.positions);
    geometry.setAttribute("color", this.colors);
    this.line = new Line(geometry, new LineBasicMaterial({ vertexColors: true }));
    this.line.frustumCulled = false;
  }

  add(x: number, y: number): void {
    const last = this.points.at(-1);
    if (last !== undefined) {
      const distance = Math.hypot(x - last[0], y - last[1]);
      if (distance > JUMP_M) this.points.length = 0;
      else if (distance < SPACING_M) return;
    }
    this.points.push([x, y]);
    if (this.points.length > POINTS) this.points.shift();
    this.points.forEach(([px, py], index) => {
      const strength = index / this.points.length;
      this.positions.setXYZ(index, px, py, HEIGHT_M);
      this.colors.setXYZ(
        index,
        0.03 + 0.12 * strength,
        0.04 + 0.6 * strength,
        0.05 + 0.45 * strength,
      );
    });
    this.positions.needsUpdate = this.colors.needsUpdate = true;
    this.line.geometry.setDrawRange(0, this.points.length);
  }
}
