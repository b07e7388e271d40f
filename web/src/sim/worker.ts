/** The simulation worker: MuJoCo and the inference socket, away from the thread that draws. */
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

async function load(sceneXml: Uint8Array, wasmUrl: string, rules: RobotRules): Promise<void> {
  const mujoco = await loadMujoco({ locateFile: () => wasmUrl }).catch((error: unknown) => {
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
    case "load":
      void load(data.sceneXml, data.wasmUrl, data.rules);
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
