import type { MjModel } from "@mujoco/mujoco";
import type { Trouble } from "@/api/types";

/** Numbers of MuJoCo's for each geom's friction; the first one is that of sliding. */
const FRICTIONS = 3;

/** A compiled scene made other than it is, and put right again. */
export class Troubles {
  private readonly friction: Float64Array;
  private readonly mass: Float64Array;

  constructor(private readonly model: MjModel) {
    this.friction = Float64Array.from(model.geom_friction as Float64Array);
    this.mass = Float64Array.from(model.body_mass as Float64Array);
  }

  /** Null, or another one, takes an earlier trouble back; the load is on `body`. */
  set(body: number, trouble: Trouble | null): void {
    const friction = this.model.geom_friction as Float64Array;
    friction.set(
      this.friction.map((value, at) =>
        at % FRICTIONS === 0 ? value * (trouble?.friction ?? 1) : value,
      ),
    );
    const mass = this.model.body_mass as Float64Array;
    mass.set(this.mass);
    if (trouble === null) return;
    mass[body] = (this.mass[body] ?? 0) * trouble.mass + trouble.load_kg;
  }
}
