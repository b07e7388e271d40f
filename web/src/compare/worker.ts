/** Several simulations of one robot on one clock: a step of all comes when all are answered. */
import loadMujoco from "@mujoco/mujoco";
import type { FromWorker } from "@/sim/messages";
import { Pacer } from "@/sim/pacer";
import { Physics } from "@/sim/physics";
import { Simulation } from "@/sim/simulation";
import type { FromGroup, ToGroup } from "./messages";

interface Scope {
  postMessage(message: FromGroup): void;
  onmessage: ((event: MessageEvent<ToGroup>) => void) | null;
}

const scope = self as unknown as Scope;
let members: Simulation[] = [];
/** Begin together once, when every policy has answered; those that come later join as they are. */
let moving: Set<number> | null = new Set();

function tell(member: number, message: FromWorker): void {
  scope.postMessage({ member, message });
  // Time passes by answers alone, whether the server gives them or this browser.
  if (moving === null || message.type !== "frame" || message.frame.time === 0) return;
  moving.add(member);
  if (moving.size < members.length) return;
  moving = null;
  for (const simulation of members) simulation.reset();
}

async function load(order: Extract<ToGroup, { type: "load" }>): Promise<void> {
  const { sceneXml, wasmUrl, rules, connections } = order;
  let code: "wasm" | "scene" = "wasm";
  try {
    const mujoco = await loadMujoco({ locateFile: () => wasmUrl });
    code = "scene";
    const pacer = new Pacer();
    members = connections.map((_, member) => {
      const physics = Physics.fromXml(mujoco, sceneXml, rules.control_hz);
      tell(member, { type: "loaded", scene: physics.scene });
      const post = (message: FromWorker): void => tell(member, message);
      return new Simulation(physics, rules, post, undefined, undefined, pacer);
    });
    for (const [member, connection] of connections.entries()) members[member]?.connect(connection);
  } catch (error) {
    tell(0, { type: "failed", code, message: String(error) });
  }
}

scope.onmessage = ({ data }) => {
  if (data.type === "load") {
    void load(data);
    return;
  }
  for (const simulation of members) {
    if (data.type === "reset") simulation.reset();
    else if (data.type === "pause") simulation.pause(data.paused);
    else if (data.type === "shove") simulation.shove(data.direction);
    else simulation.setTrouble(data.trouble);
  }
};
