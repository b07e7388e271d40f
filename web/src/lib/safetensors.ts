/** Files of named tensors: safetensors, with a header of our own in the metadata. */

/** Bytes that tell how long the index is. */
const LENGTH_BYTES = 8;

export interface Tensor {
  shape: number[];
  values: Float32Array;
}

export interface TensorFile {
  /** The entry `header` of the metadata, as JSON. */
  header: unknown;
  tensors: Map<string, Tensor>;
}

interface Entry {
  dtype: string;
  shape: number[];
  data_offsets: [number, number];
}

/** Read a file whose tensors are in single precision. Throws where it is anything else. */
export function readTensors(data: ArrayBuffer): TensorFile {
  const length = Number(new DataView(data).getBigUint64(0, true));
  const text = new TextDecoder().decode(new Uint8Array(data, LENGTH_BYTES, length));
  const { __metadata__: metadata, ...index } = JSON.parse(text) as Record<string, unknown>;
  const { header } = metadata as { header: string };
  const begin = LENGTH_BYTES + length;
  const tensors = Object.entries(index as Record<string, Entry>).map(
    ([name, { dtype, shape, data_offsets: offsets }]): [string, Tensor] => {
      if (dtype !== "F32") throw new Error(`${name} is not in single precision`);
      // A copy: where it lies in the file need not be a multiple of four.
      const values = new Float32Array(data.slice(begin + offsets[0], begin + offsets[1]));
      return [name, { shape, values }];
    },
  );
  return { header: JSON.parse(header), tensors: new Map(tensors) };
}
