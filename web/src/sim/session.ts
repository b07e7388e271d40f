import { fetchFile } from "@/api/client";
import type { Trouble } from "@/api/types";
import { equipped } from "@/inference/equip";
import type { PolicySource, Wish } from "@/inference/types";
import { reached } from "@/lib/milestones";
import type { Engine } from "./engine";
import type {
  Connection,
  Frame,
  FromWorker,
  LinkState,
  Push,
  RobotRules,
  SceneInfo,
  Stats,
  ToWorker,
} from "./messages";

import type { Asker, Beat, Waves } from "./wheel";
import type { Live } from "./wire";

const HISTORY_TICKS = 3000;

/** Why there is no simulation. */
export interface Failure {
  code: "wasm" | "scene" | "network" | "worker";
  message: string;
}

/** Everything of a session that changes seldom enough to be drawn by React. */
export interface SessionState {
  scene: SceneInfo | null;
  failure: Failure | null;
  link: LinkState;
  /** What the policy can be asked while it plays; null of one that takes nothing. */
  live: Live | null;
  stats: Stats | null;
  paused: boolean;
  /** A recorded moment is shown, and the simulation rests. */
  posed: boolean;
  /** Where the policy is to be run. */
  wish: Wish;
  snapshot: { version: number; step: number; scheduleWords: string; at: number } | null;
  /** How the world is other than the scene. */
  trouble: Trouble | null;
  recovered: { reason: "fell" | "diverged"; at: number } | null;
}

interface Probe {
  history: () => { tick: number; time: number; at: number; qpos: number[] }[];
  stats: () => Stats | null;
  link: () => LinkState;
}

declare global {
  interface Window {
    /** For tests and for the curious: what this page has simulated lately. */
    __tabrl?: Probe;
  }
}

/** One simulated robot: owns the worker, keeps the latest frames, tells listeners of changes. */
export class Session {
  private readonly worker: Worker;
  private readonly listeners = new Set<() => void>();
  private readonly history: Frame[] = [];
  private state: SessionState = {
    scene: null,
    failure: null,
    link: { state: "none" },
    live: null,
    stats: null,
    paused: false,
    posed: false,
    wish: "auto",
    snapshot: null,
    trouble: null,
    recovered: null,
  };
  private pending: ToWorker[] = [];
  private wanted: Connection | null = null;
  /** The two latest frames and when the later one came, for drawing in between. */
  previous: Frame | null = null;
  latest: Frame | null = null;
  latestAt = 0;
  /** Whether a policy has moved the robot. */
  moved = false;

  constructor(
    sceneUrl: string,
    private readonly rules: RobotRules,
    engine: Engine,
  ) {
    this.worker = engine.worker();
    this.worker.onmessage = ({ data }: MessageEvent<FromWorker>) => this.receive(data);
    this.worker.onerror = (event) => this.fail("worker", event.message);
    void this.load(sceneUrl);
    const probe: Probe = {
      history: () =>
        this.history.map(({ qpos, tick, time, at }) => ({ tick, time, at, qpos: [...qpos] })),
      stats: () => this.state.stats,
      link: () => this.state.link,
    };
    window.__tabrl = probe;
  }

  readonly subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  readonly getState = (): SessionState => this.state;

  /** The frames that came after a tick, oldest first. */
  framesAfter(tick: number): Frame[] {
    const first = this.history.findLastIndex((frame) => frame.tick <= tick) + 1;
    return this.history.slice(first);
  }

  connect(connection: Connection | null): void {
    this.update({ snapshot: null, recovered: null, posed: false });
    this.wanted = connection;
    if (this.state.trouble !== null) this.setTrouble(null); // a new driver has the scene as it is
    if (connection === null) {
      this.send({ type: "connect", connection });
      return;
    }
    void equipped(connection, this.rules.constants_url).then((whole) => {
      if (this.wanted !== connection) return; // somebody else drives by now
      this.send({ type: "connect", connection: whole });
    });
  }

  /** Let a policy drive that no server knows: it is fetched and run right here. */
  run(source: PolicySource): void {
    const { sceneSha256 } = source;
    this.wanted = { url: null, modelId: "", sceneSha256, source };
    this.send({ type: "connect", connection: this.wanted });
  }

  /** Where the policy is to be run from now on. */
  infer(wish: Wish): void {
    this.update({ wish });
    this.send({ type: "infer", wish });
  }

  reset(): void {
    this.send({ type: "reset" });
  }

  /** Ask for something beside the policy's own schedule; null: for nothing any more. */
  ask(asker: Asker, waves: Waves | null): void {
    this.send({ type: "ask", asker, waves });
  }

  /** Let the policy's rhythm follow a beat. */
  follow(beat: Beat | null): void {
    this.send({ type: "beat", beat });
  }

  pause(paused: boolean): void {
    this.update({ paused });
    this.send({ type: "pause", paused });
  }

  push(push: Push | null): void {
    this.send({ type: "push", push });
  }

  /** A blow, `direction` rad to the left of where the robot looks. */
  shove(direction: number): void {
    this.send({ type: "shove", direction });
  }

  setTrouble(trouble: Trouble | null): void {
    this.update({ trouble });
    this.send({ type: "trouble", trouble });
  }

  replay(qpos: number[][] | null, hz: number): void {
    this.send({ type: "replay", qpos, hz });
  }

  /** Show a recorded moment in place of the simulation; null: that goes on where it was left. */
  pose(qpos: number[] | null): void {
    const posed = qpos !== null;
    if (!posed && !this.state.posed) return;
    if (posed !== this.state.posed) this.update({ posed });
    this.send({ type: "pose", qpos });
  }

  dispose(): void {
    this.update({ link: { state: "none" } });
    this.listeners.clear();
    this.worker.terminate();
  }

  private async load(sceneUrl: string): Promise<void> {
    try {
      const response = await fetchFile(sceneUrl);
      const sceneXml = new Uint8Array(await response.arrayBuffer());
      this.worker.postMessage({
        type: "load",
        sceneXml,
        rules: this.rules,
      } satisfies ToWorker);
    } catch (error) {
      this.fail("network", error instanceof Error ? error.message : String(error));
    }
  }

  private receive(message: FromWorker): void {
    switch (message.type) {
      case "loaded":
        reached("scene");
        this.update({ scene: message.scene });
        for (const waiting of this.pending) this.worker.postMessage(waiting);
        this.pending = [];
        break;
      case "failed":
        this.fail(message.code, message.message);
        break;
      case "frame":
        this.remember(message.frame);
        break;
      case "stats":
        this.update({ stats: message.stats });
        break;
      case "link":
        if (message.link.state === "live") reached("live");
        this.update({ link: message.link });
        break;
      case "live":
        this.update({ live: message.live });
        break;
      case "snapshot": {
        const { version, step, scheduleWords } = message;
        this.update({ snapshot: { version, step, scheduleWords, at: Date.now() } });
        break;
      }
      case "recovered":
        this.update({ recovered: { reason: message.reason, at: Date.now() } });
        break;
    }
  }

  private remember(frame: Frame): void {
    this.previous = this.latest;
    this.latest = frame;
    this.latestAt = performance.now();
    // While somebody is to drive, here or on a server, a step is a policy's.
    if (!this.moved && this.state.link.state !== "none" && frame.time > 0) {
      this.moved = true;
      reached("moving");
    }
    this.history.push(frame);
    if (this.history.length > HISTORY_TICKS) this.history.shift();
  }

  private send(message: ToWorker): void {
    if (this.state.scene === null) this.pending.push(message);
    else this.worker.postMessage(message);
  }

  private fail(code: Failure["code"], message: string): void {
    this.update({ failure: { code, message } });
  }

  private update(change: Partial<SessionState>): void {
    this.state = { ...this.state, ...change };
    for (const listener of this.listeners) listener();
  }
}
