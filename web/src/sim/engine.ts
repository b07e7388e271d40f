import wasmUrl from "@mujoco/mujoco/mujoco.wasm?url";
import type { ToWorker } from "./messages";

/**
 * MuJoCo for the page's simulations: fetched and compiled once, and instantiated in each worker.
 *
 * Nothing else of a first visit takes as long, so it is begun before the robot is known.
 */
export class Engine {
  private compiled: Promise<WebAssembly.Module> | null = null;
  private spare: Worker | null = null;

  /** Have a worker at hand for the simulation to come. */
  prepare(): void {
    this.spare ??= this.make();
  }

  /** A worker that has the engine, or why it has none; it belongs to the caller. */
  worker(): Worker {
    const worker = this.spare ?? this.make();
    this.spare = null;
    return worker;
  }

  private make(): Worker {
    const worker = new Worker(new URL("./worker.ts", import.meta.url), { type: "module" });
    const give = (message: Extract<ToWorker, { type: "engine" }>): void =>
      worker.postMessage(message);
    this.compiled ??= compile();
    this.compiled.then(
      (module) => give({ type: "engine", module }),
      (error: unknown) => {
        this.compiled = null; // tried again for the next one
        give({ type: "engine", module: null, message: String(error) });
      },
    );
    return worker;
  }
}

/** Throws where the browser has no WebAssembly. */
export function demandWebAssembly(): void {
  if (typeof WebAssembly === "undefined") {
    throw new Error("WebAssembly is switched off or missing in this browser.");
  }
}

async function compile(): Promise<WebAssembly.Module> {
  demandWebAssembly();
  const response = await fetch(new URL(wasmUrl, window.location.href));
  if (!response.ok) throw new Error(`${response.status} ${response.statusText}`);
  // Servers that do not know the type of such files serve them as something else.
  return response.headers.get("Content-Type")?.startsWith("application/wasm") === true
    ? WebAssembly.compileStreaming(response)
    : WebAssembly.compile(await response.arrayBuffer());
}
