import type { Robot } from "@/api/types";

/** What of a robot's data such a folder holds. */
type Shown = "camera" | "control_hz" | "driving" | "fall" | "ink" | "maker" | "name" | "readouts";

/** What a share folder says of itself in `model/show.json`; its writer is `tabrl.export.web`. */
export interface Show {
  model_id: string;
  params_version: number;
  /** Updates of PPO that it was learnt in. */
  step: number;
  scene_sha256: string;
  /** The task in somebody's words; empty where it is not known. */
  sentence: string;
  /** The command schedule in words. */
  asked: string;
  robot: Pick<Robot, Shown>;
  /** Whether there are meshes; without them the scene's own shapes are drawn. */
  meshes: boolean;
  /** Whether there are evaluated episodes to look at. */
  episodes: boolean;
}

/** A file beside this page, wherever it lies. */
export function beside(name: string): string {
  return new URL(name, document.baseURI).href;
}

/** Rejects where the folder is not whole. */
export async function loadShow(): Promise<Show> {
  const response = await fetch(beside("model/show.json"));
  if (!response.ok) throw new Error(`model/show.json: ${response.status} ${response.statusText}`);
  return (await response.json()) as Show;
}
