import type { MjData } from "@mujoco/mujoco";

const LASTS_S = 0.1;
/** The speed that a blow is worth to the whole robot, if nothing held it. */
const WORTH_MPS = 0.6;

/** A short force on one body, level, which nobody sees coming. */
export class Blow {
  private body = 0;
  private force: [number, number] = [0, 0];
  private ends: number | null = null;

  /** `direction` is that of the force, rad to the left of where the robot's root looks. */
  begin(data: MjData, body: number, direction: number, mass: number): void {
    const matrix = data.xmat as Float64Array;
    const heading = Math.atan2(matrix[9 * body + 3] ?? 0, matrix[9 * body] ?? 1);
    const size = (mass * WORTH_MPS) / LASTS_S;
    this.body = body;
    this.force = [size * Math.cos(heading + direction), size * Math.sin(heading + direction)];
    this.ends = data.time + LASTS_S;
  }

  /** To be called before each time step; `alone` where nothing else pulls at the robot. */
  apply(data: MjData, alone: boolean): void {
    if (this.ends === null) return;
    const applied = data.xfrc_applied as Float64Array;
    // After a reset the clock stands before the blow: it is over then, too.
    const over = data.time >= this.ends || data.time < this.ends - LASTS_S - 1e-9;
    if (over) this.ends = null;
    if (over && alone) applied.fill(0);
    if (!over) applied.set(this.force, 6 * this.body);
  }
}
