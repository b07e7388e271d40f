/** Reads a policy's parameters: safetensors, with the schedule in the header. */
import type { Program } from "./program";

/** Bytes that tell how long the index is. */
const LENGTH_BYTES = 8;
const FORMAT = "tabrl-policy/1";
const OBSERVATION_VERSION = 3;

/** One dense layer: `kernel [in, out]`, row by row, and `bias [out]`. */
export interface Layer {
  kernel: Float32Array;
  bias: Float32Array;
}

/** Observation normaliser and the actor's layers. */
export interface Weights {
  mean: Float32Array;
  std: Float32Array;
  layers: Layer[];
}

export interface PolicyFile {
  robot: string;
  sceneSha256: string;
  step: number;
  program: Program;
  weights: Weights;
}

interface Tensor {
  dtype: string;
  shape: number[];
  data_offsets: [number, number];
}

interface Header {
  format: string;
  robot: string;
  scene_sha256: string;
  program: Program;
  step: number;
  observation_version: number;
}

/** Parameters that cannot be run here. */
export class PolicyFileError extends Error {
  override name = "PolicyFileError";
}

/** Read a params file. Throws `PolicyFileError` for one that this page cannot run. */
export function readPolicyFile(data: ArrayBuffer): PolicyFile {
  const { header, tensors } = readIndex(data);
  if (header.format !== FORMAT || header.observation_version !== OBSERVATION_VERSION) {
    throw new PolicyFileError("these parameters are for another version of TabRL; reload the page");
  }
  const tensor = (name: string): Float32Array => {
    const found = tensors.get(name);
    if (found === undefined) throw new PolicyFileError(`the parameters lack ${name}`);
    return found;
  };
  const count = [...tensors.keys()].filter((name) => name.endsWith("/kernel")).length;
  const layers = Array.from({ length: count }, (_, index) => ({
    kernel: tensor(`policy/${index}/kernel`),
    bias: tensor(`policy/${index}/bias`),
  }));
  return {
    robot: header.robot,
    sceneSha256: header.scene_sha256,
    step: header.step,
    program: header.program,
    weights: { mean: tensor("normalizer/mean"), std: tensor("normalizer/std"), layers },
  };
}

function readIndex(data: ArrayBuffer): { header: Header; tensors: Map<string, Float32Array> } {
  try {
    const length = Number(new DataView(data).getBigUint64(0, true));
    const text = new TextDecoder().decode(new Uint8Array(data, LENGTH_BYTES, length));
    const { __metadata__: metadata, ...index } = JSON.parse(text) as Record<string, unknown>;
    const { header } = metadata as { header: string };
    const begin = LENGTH_BYTES + length;
    const tensors = Object.entries(index as Record<string, Tensor>).map(
      ([
        name,
        {
          dtype,
          data_offsets: [from, to],
        },
      ]): [string, Float32Array] => {
        if (dtype !== "F32") throw new PolicyFileError(`${name} is not in single precision`);
        // A copy: where it lies in the file need not be a multiple of four.
        return [name, new Float32Array(data.slice(begin + from, begin + to))];
      },
    );
    return { header: JSON.parse(header) as Header, tensors: new Map(tensors) };
  } catch (error) {
    if (error instanceof PolicyFileError) throw error;
    throw new PolicyFileError("this is not a readable params file");
  }
}
