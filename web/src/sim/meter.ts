/** Quantile of unsorted values; NaN where there are none. */
export function quantile(values: readonly number[], q: number): number {
  if (values.length === 0) return Number.NaN;
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))] ?? Number.NaN;
}

/** Control rate and real-time factor over the last seconds, from (wall, simulated) times. */
export class RateMeter {
  private readonly marks: { wall: number; time: number }[] = [];

  constructor(private readonly windowMs = 2000) {}

  mark(wallMs: number, time: number): void {
    this.marks.push({ wall: wallMs, time });
    while ((this.marks[0]?.wall ?? wallMs) < wallMs - this.windowMs) this.marks.shift();
  }

  clear(): void {
    this.marks.length = 0;
  }

  rates(nowMs: number): { controlHz: number; realTimeFactor: number } {
    const first = this.marks[0];
    const last = this.marks.at(-1);
    if (first === undefined || last === undefined || this.marks.length < 2) {
      return { controlHz: 0, realTimeFactor: 0 };
    }
    // A stall counts: up to now, not only up to the last step.
    const wall = Math.max(last.wall, nowMs - 100) - first.wall;
    return {
      controlHz: (1000 * (this.marks.length - 1)) / wall,
      realTimeFactor: (1000 * (last.time - first.time)) / wall,
    };
  }
}

/** The base's motion in its heading frame, from two poses `dt` seconds apart. */
export function baseMotion(
  before: ArrayLike<number>,
  after: ArrayLike<number>,
  dt: number,
): { forward: number; left: number; yawRate: number; height: number } {
  const yaw = heading(after);
  const vx = ((after[0] ?? 0) - (before[0] ?? 0)) / dt;
  const vy = ((after[1] ?? 0) - (before[1] ?? 0)) / dt;
  const turn = heading(after) - heading(before);
  return {
    forward: vx * Math.cos(yaw) + vy * Math.sin(yaw),
    left: -vx * Math.sin(yaw) + vy * Math.cos(yaw),
    yawRate: Math.atan2(Math.sin(turn), Math.cos(turn)) / dt,
    height: after[2] ?? 0,
  };
}

/** Yaw of a free body's pose `x y z qw qx qy qz`. */
export function heading(qpos: ArrayLike<number>): number {
  const [w, x, y, z] = [qpos[3] ?? 1, qpos[4] ?? 0, qpos[5] ?? 0, qpos[6] ?? 0];
  return Math.atan2(2 * (w * z + x * y), 1 - 2 * (y * y + z * z));
}
