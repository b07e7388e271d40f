/** Film strips of policies: simulated and drawn here, one after the other, and kept. */
import wasmUrl from "@mujoco/mujoco/mujoco.wasm?url";
import { client, fetchFile, unwrap } from "@/api/client";
import type { Robot } from "@/api/types";
import { equipped } from "@/inference/equip";
import { at } from "@/lib/place";
import type { Order, Rehearsed } from "./messages";

const CACHE = "tabrl-strips-1";
const made = new Map<string, Promise<string>>();
let turn: Promise<unknown> = Promise.resolve();

/** An address of a model's strip, for `background-image`. Rejects where none can be made. */
export function stripOf(modelId: string, robot: Robot, dark: boolean): Promise<string> {
  const key = `${modelId} ${dark ? "dark" : "light"}`;
  const known = made.get(key);
  if (known !== undefined) return known;
  const making = make(modelId, robot, dark).then((blob) => URL.createObjectURL(blob));
  made.set(key, making);
  making.catch(() => made.delete(key)); // tried again when it is seen the next time
  return making;
}

async function make(modelId: string, robot: Robot, dark: boolean): Promise<Blob> {
  const model = await unwrap(
    client.GET("/api/models/{model_id}", { params: { path: { model_id: modelId } } }),
  );
  const name = at(`/strips/${modelId}/${model.params_version}/${dark ? "dark" : "light"}`);
  // Only where pages may keep things: elsewhere a strip lasts as long as the page.
  const cache = await globalThis.caches?.open(CACHE).catch(() => undefined);
  const kept = await cache?.match(name);
  if (kept !== undefined) return kept.blob();
  const { inference_url: url, scene_sha256: sceneSha256 } = model;
  const [scene, connection] = await Promise.all([
    fetchFile(model.scene_url),
    equipped({ url, modelId, sceneSha256 }, robot.constants_url),
  ]);
  const blob = await inTurn(async () => {
    const rehearsed = await rehearse({
      sceneXml: new Uint8Array(await scene.arrayBuffer()),
      wasmUrl: new URL(wasmUrl, window.location.href).href,
      rules: robot,
      connection,
    });
    if (!rehearsed.ok) throw new Error(rehearsed.message);
    const { drawStrip } = await import("./studio");
    return drawStrip(robot, rehearsed.scene, rehearsed.poses, dark);
  });
  await cache?.put(name, new Response(blob)).catch(() => undefined);
  return blob;
}

/** One at a time: a page of strips must leave room for what a user does meanwhile. */
function inTurn<T>(work: () => Promise<T>): Promise<T> {
  const mine = turn.then(work, work);
  turn = mine.catch(() => undefined);
  return mine;
}

function rehearse(order: Order): Promise<Rehearsed> {
  const worker = new Worker(new URL("./worker.ts", import.meta.url), { type: "module" });
  return new Promise<Rehearsed>((resolve, reject) => {
    worker.onmessage = ({ data }: MessageEvent<Rehearsed>) => resolve(data);
    worker.onerror = (event) => reject(new Error(event.message));
    worker.postMessage(order);
  }).finally(() => worker.terminate());
}
