/** Vectors over the floor: x ahead, y left, m. */
export interface Planar {
  x: number;
  y: number;
}

export const ORIGIN: Planar = { x: 0, y: 0 };

export function plus(a: Planar, b: Planar): Planar {
  return { x: a.x + b.x, y: a.y + b.y };
}

export function minus(a: Planar, b: Planar): Planar {
  return { x: a.x - b.x, y: a.y - b.y };
}

/** A vector turned left by an angle in rad. */
export function turned(angle: number, { x, y }: Planar): Planar {
  const [cos, sin] = [Math.cos(angle), Math.sin(angle)];
  return { x: cos * x - sin * y, y: sin * x + cos * y };
}

/** Where a steady motion leads that turns by `angle` rad: the chord of an arc. */
export function arc({ x, y }: Planar, time: number, angle: number): Planar {
  const half = angle / 2;
  const chord = half === 0 ? time : (time * Math.sin(half)) / half;
  return turned(half, { x: chord * x, y: chord * y });
}

/** Where `count` times the same motion leads: a geometric series of rotations. */
export function repeated(led: Planar, angle: number, count: number): Planar {
  const half = angle / 2;
  const straight = Math.abs(Math.sin(half)) < 1e-4;
  const length = straight ? count : Math.sin(count * half) / Math.sin(half);
  const along = { x: led.x * length, y: led.y * length };
  return turned(straight ? 0 : (count - 1) * half, along);
}
