/** Reads a policy's parameters: safetensors, with the schedule in the header. */
import type { TensorFile } from "@/lib/safetensors";
import { readTensors } from "@/lib/safetensors";
import type { Program } from "./program";

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
  const file = read(data);
  const header = file.header as Header;
  if (header.format !== FORMAT || header.observation_version !== OBSERVATION_VERSION) {
    throw new PolicyFileError("these parameters are for another version of TabRL; reload the page");
  }
  const tensor = (name: string): Float32Array => {
    const found = file.tensors.get(name);
    if (found === undefined) throw new PolicyFileError(`the parameters lack ${name}`);
    return found.values;
  };
  const count = [...file.tensors.keys()].filter((name) => name.endsWith("/kernel")).length;
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

function read(data: ArrayBuffer): TensorFile {
  try {
    return readTensors(data);
  } catch {
    throw new PolicyFileError("this is not a readable params file");
  }
}
