/** The simulation worker: MuJoCo and the inference socket, away from the thread that draws. */
import type { MainModule } from "@mujoco/mujoco";
import loadMujoco from "@mujoco/mujoco";
import type { FromWorker, RobotRules, ToWorker } from "./messages";
import { Physics } from "./physics";
import { Simulation } from "./simulation";

interface WorkerScope {
  postMessage(message: FromWorker): void;
  onmessage: ((event: MessageEvent<ToWorker>) => void) | null;
}

const scope = self as unknown as WorkerScope;
let simulation: Simulation | null = null;

/** MuJoCo from its compiled module. */
function instantiate(module: WebAssembly.Module): Promise<MainModule> {
  return new Promise((resolve, reject) => {
    loadMujoco({
      instantiateWasm: (
        imports: WebAssembly.Imports,
        done: (instance: WebAssembly.Instance, module: WebAssembly.Module) => void,
      ) => {
        WebAssembly.instantiate(module, imports).then((instance) => done(instance, module), reject);
        return {};
      },
    }).then(resolve, reject);
  });
}

/** Comes with a message of its own, before the scene or after it. */
let give: (module: WebAssembly.Module) => void = () => undefined;
let refuse: (reason: string) => void = () => undefined;
const engine = new Promise<WebAssembly.Module>((resolve, reject) => {
  give = resolve;
  refuse = reject;
}).then(instantiate);
engine.catch(() => undefined); // told to those who load a scene

async function load(sceneXml: Uint8Array, rules: RobotRules): Promise<void> {
  const mujoco = await engine.catch((error: unknown) => {
    scope.postMessage({ type: "failed", code: "wasm", message: String(error) });
    return null;
  });
  if (mujoco === null) return;
  try {
    const physics = Physics.fromXml(mujoco, sceneXml, rules.control_hz);
    scope.postMessage({ type: "loaded", scene: physics.scene });
    simulation = new Simulation(physics, rules, (message) => scope.postMessage(message));
  } catch (error) {
    scope.postMessage({ type: "failed", code: "scene", message: String(error) });
  }
}

scope.onmessage = ({ data }) => {
  switch (data.type) {
    case "engine":
      if (data.module === null) refuse(data.message);
      else give(data.module);
      break;
    case "load":
      void load(data.sceneXml, data.rules);
      break;
    case "connect":
      simulation?.connect(data.connection);
      break;
    case "infer":
      simulation?.infer(data.wish);
      break;
    case "reset":
      simulation?.reset();
      break;
    case "ask":
      simulation?.wheel.ask(data.asker, data.waves);
      break;
    case "beat":
      simulation?.wheel.follow(data.beat);
      break;
    case "pause":
      simulation?.pause(data.paused);
      break;
    case "push":
      simulation?.setPush(data.push);
      break;
    case "shove":
      simulation?.shove(data.direction);
      break;
    case "trouble":
      simulation?.setTrouble(data.trouble);
      break;
    case "replay":
      simulation?.replay(data.qpos, data.hz);
      break;
    case "pose":
      simulation?.pose(data.qpos);
      break;
  }
};
