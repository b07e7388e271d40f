import { at } from "./numbers";
import type { Layer, Weights } from "./policyFile";

/** The deterministic action for an observation: normalised, then dense layers, swish between them. */
export function act({ mean, std, layers }: Weights, observation: Float32Array): Float32Array {
  let x: Float32Array = observation.map(
    (value, index) => (value - at(mean, index)) / at(std, index),
  );
  layers.forEach((layer, index) => {
    x = dense(layer, x);
    if (index < layers.length - 1) x = x.map((value) => value / (1 + Math.exp(-value)));
  });
  return x;
}

/** Whether the layers lead from so many numbers to so many. */
export function fits({ mean, std, layers }: Weights, from: number, to: number): boolean {
  let width = from;
  let fitting = mean.length === from && std.length === from;
  for (const { kernel, bias } of layers) {
    fitting &&= kernel.length === width * bias.length;
    width = bias.length;
  }
  return fitting && width === to;
}

function dense({ kernel, bias }: Layer, x: Float32Array): Float32Array {
  const width = bias.length;
  // Added up in double precision: nearer to the true sum than any order in single precision.
  const out = Float64Array.from(bias);
  for (let row = 0; row < x.length; row += 1) {
    const value = at(x, row);
    const begin = row * width;
    for (let column = 0; column < width; column += 1) {
      out[column] = at(out, column) + value * at(kernel, begin + column);
    }
  }
  return Float32Array.from(out);
}
