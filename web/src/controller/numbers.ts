/** Numbers, alone and in arrays. */

export type Numbers = ArrayLike<number>;

/** The entry that is known to be there. */
export function at(values: Numbers, index: number): number {
  return values[index] as number;
}

export function clip(value: number, least: number, most: number): number {
  return Math.min(Math.max(value, least), most);
}

export function sum(values: Iterable<number>): number {
  let total = 0;
  for (const value of values) total += value;
  return total;
}

/** rad/s of a frequency in Hz. */
export function angular(frequency: number): number {
  return 2 * Math.PI * frequency;
}

/** Sines and cosines of an angle, of its half and of its double. */
export function waves(angle: number): number[] {
  return [1, 0.5, 2].flatMap((multiple) => [
    Math.sin(multiple * angle),
    Math.cos(multiple * angle),
  ]);
}
