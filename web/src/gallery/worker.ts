/** Simulates a policy for some seconds, as fast as it is answered, for its film strip. */
import loadMujoco from "@mujoco/mujoco";
import type { Frame, FromWorker } from "@/sim/messages";
import { Pacer } from "@/sim/pacer";
import { Physics } from "@/sim/physics";
import { Simulation } from "@/sim/simulation";
import type { Order, Rehearsed } from "./messages";
import { BETWEEN_S, PICTURES, RUN_UP_S } from "./messages";

interface Scope {
  postMessage(message: Rehearsed): void;
  onmessage: ((event: MessageEvent<Order>) => void) | null;
}

const scope = self as unknown as Scope;
const LIMIT_MS = 60_000;

/** The frames that become pictures, once all of them are there. */
class Take {
  readonly poses: Float32Array[] = [];

  /** Time passes by answers alone, whoever gives them. */
  hear(message: FromWorker): void {
    if (message.type === "frame") this.see(message.frame);
  }

  get whole(): boolean {
    return this.poses.length === PICTURES;
  }

  private see({ time, poses }: Frame): void {
    const due = RUN_UP_S + BETWEEN_S * this.poses.length;
    if (!this.whole && time >= due - 1e-9) this.poses.push(poses);
  }
}

async function rehearse({ sceneXml, wasmUrl, rules, connection }: Order): Promise<Rehearsed> {
  const mujoco = await loadMujoco({ locateFile: () => wasmUrl });
  const physics = Physics.fromXml(mujoco, sceneXml, rules.control_hz);
  const take = new Take();
  // A clock that is always late: the next step is due as soon as it is answered.
  let now = 0;
  const clock = (): number => {
    now += 1000;
    return now;
  };
  return new Promise((resolve) => {
    const done = (result: Rehearsed): void => {
      clearTimeout(timer);
      simulation.dispose();
      resolve(result);
    };
    const timer = setTimeout(() => done({ ok: false, message: "it took too long" }), LIMIT_MS);
    const hear = (message: FromWorker): void => {
      take.hear(message);
      if (take.whole) done({ ok: true, scene: physics.scene, poses: take.poses });
      else if (message.type === "link" && message.link.state === "refused")
        done({ ok: false, message: message.link.message });
    };
    const simulation = new Simulation(physics, rules, hear, clock, undefined, new Pacer(clock));
    simulation.connect(connection);
  });
}

scope.onmessage = ({ data }) => {
  rehearse(data).then(
    (result) => scope.postMessage(result),
    (error: unknown) => scope.postMessage({ ok: false, message: String(error) }),
  );
};
