/** Vectors of three numbers, and matrices as rows. */
import { at } from "../../numbers";
import type { Matrix } from "./constants";

export type Vector = number[];

export function dot(a: Vector, b: Vector): number {
  return a.reduce((total, value, i) => total + value * at(b, i), 0);
}

export function cross(a: Vector, b: Vector): Vector {
  const part = (i: number, j: number): number => at(a, i) * at(b, j) - at(a, j) * at(b, i);
  return [part(1, 2), part(2, 0), part(0, 1)];
}

export function minus(a: Vector, b: Vector): Vector {
  return a.map((value, i) => value - at(b, i));
}

/** `a + share · b`. */
export function plus(a: Vector, b: Vector, share = 1): Vector {
  return a.map((value, i) => value + share * at(b, i));
}

export function times(share: number, a: Vector): Vector {
  return a.map((value) => share * value);
}

/** The vector, shortened to a length where it is longer. */
export function cut(a: Vector, length: number): Vector {
  return times(Math.min(1, length / Math.sqrt(dot(a, a) + 1e-12)), a);
}

export function product(a: Matrix, b: Matrix): Matrix {
  return a.map((row) => (b[0] ?? []).map((_, j) => dot(row, column(b, j))));
}

export function column(a: Matrix, j: number): Vector {
  return a.map((row) => at(row, j));
}

export function transposed(a: Matrix): Matrix {
  return (a[0] ?? []).map((_, j) => column(a, j));
}

/** The rotation of a transform, applied to a vector. */
export function rotated(transform: Matrix, vector: Vector): Vector {
  return transform.slice(0, 3).map((row) => dot(row.slice(0, 3), vector));
}

/** Where a transform has its origin. */
export function origin(transform: Matrix): Vector {
  return column(transform, 3).slice(0, 3);
}

/** Solves `a x = b` for a symmetric matrix without null directions, by Cholesky's decomposition. */
export function solved(a: Matrix, b: Vector): Vector {
  const lower: number[][] = [];
  a.forEach((row, i) => {
    const made: number[] = [];
    for (let j = 0; j <= i; j += 1) {
      const other = j === i ? made : (lower[j] as number[]);
      const rest = at(row, j) - dot(made.slice(0, j), other);
      made.push(j === i ? Math.sqrt(rest) : rest / at(other, j));
    }
    lower.push(made);
  });
  const y: number[] = [];
  for (const row of lower) y.push((at(b, y.length) - dot(y, row)) / at(row, y.length));
  const x: number[] = new Array(b.length).fill(0);
  for (let i = b.length - 1; i >= 0; i -= 1) {
    let rest = at(y, i);
    for (let j = i + 1; j < b.length; j += 1) rest -= at(lower[j] as number[], i) * at(x, j);
    x[i] = rest / at(lower[i] as number[], i);
  }
  return x;
}
