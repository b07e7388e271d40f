/** Reads recorded episodes: what a robot did, and what every reward term said of it. */
import type { Statistic } from "@/api/types";
import type { TensorFile } from "@/lib/safetensors";
import { readTensors } from "@/lib/safetensors";

const FORMAT = "tabrl-episodes/1";

/** A success check; `unit` is that of what it looks at. */
export interface RecordedCheck {
  id: string;
  name: string;
  target: string;
  unit: string;
  statistic: Statistic;
  threshold: number | null;
  at_least: number | null;
  at_most: number | null;
  start_s: number;
  end_s: number;
}

/** One episode, step by step; the columns are named by `Episodes`. */
export interface Episode {
  kind: "typical" | "worst";
  /** Mean a step. */
  meanReward: number;
  /** When it failed, s since the reset; null if it never did. */
  failedS: number | null;
  /** What each check made of this episode alone. */
  values: (number | null)[];
  passed: boolean[];
  time: Float32Array;
  poses: number[][];
  reward: Float32Array;
  terms: Float32Array[];
  touches: Float32Array[];
  checks: Float32Array[];
}

/** Episodes of one evaluation. */
export interface Episodes {
  hz: number;
  /** How many there were, of which these are shown. */
  evaluated: number;
  terms: string[];
  /** Of the terms, which hold them already. */
  weights: number[];
  /** Whether the reward is never below zero, whatever its terms come to. */
  clipped: boolean;
  touches: string[];
  checks: RecordedCheck[];
  shown: Episode[];
}

type Header = Omit<Episodes, "shown"> & {
  format: string;
  episodes: {
    kind: Episode["kind"];
    reward: number;
    failed_s: number | null;
    values: (number | null)[];
    passed: boolean[];
  }[];
};

/** Read a file of episodes. Throws for one that this page does not know. */
export function readEpisodes(data: ArrayBuffer): Episodes {
  const file = read(data);
  const header = file.header as Header;
  if (header.format !== FORMAT) {
    throw new Error("These episodes are for another version of TabRL; reload the page.");
  }
  const { episodes, hz, evaluated, terms, weights, clipped, touches, checks } = header;
  const shown = episodes.map((episode): Episode => {
    const columns = (name: string): Float32Array[] => columnsOf(file, `${episode.kind}/${name}`);
    const single = (name: string): Float32Array => columns(name)[0] ?? new Float32Array();
    return {
      kind: episode.kind,
      meanReward: episode.reward,
      failedS: episode.failed_s,
      values: episode.values,
      passed: episode.passed,
      time: single("time"),
      poses: rowsOf(columns("qpos")),
      reward: single("reward"),
      terms: columns("terms"),
      touches: columns("touches"),
      checks: columns("checks"),
    };
  });
  return { hz, evaluated, terms, weights, clipped, touches, checks, shown };
}

function read(data: ArrayBuffer): TensorFile {
  try {
    return readTensors(data);
  } catch {
    throw new Error("This is not a readable file of episodes.");
  }
}

/** The columns of a tensor `[T, n]`, or of `[T]` its only one. */
function columnsOf(file: TensorFile, name: string): Float32Array[] {
  const tensor = file.tensors.get(name);
  if (tensor === undefined) throw new Error(`The episodes lack ${name}.`);
  const [steps = 0, width = 1] = tensor.shape;
  return Array.from({ length: width }, (_, column) =>
    Float32Array.from({ length: steps }, (__, step) => tensor.values[step * width + column] ?? 0),
  );
}

function rowsOf(columns: Float32Array[]): number[][] {
  return Array.from(columns[0] ?? [], (_, step) => columns.map((column) => column[step] ?? 0));
}
