import wasmUrl from "@mujoco/mujoco/mujoco.wasm?url";
import { fetchFile } from "@/api/client";
import type { Trouble } from "@/api/types";
import { equipped } from "@/inference/equip";
import { demandWebAssembly } from "@/sim/engine";
import type { Connection, Frame, LinkState, RobotRules, SceneInfo, Stats } from "@/sim/messages";
import type { Failure } from "@/sim/session";
import type { FromGroup, ToGroup } from "./messages";

/** One of the robots as the page knows it. */
export interface Member {
  link: LinkState;
  stats: Stats | null;
  /** The two latest frames and when the later one came, for drawing in between. */
  previous: Frame | null;
  latest: Frame | null;
  latestAt: number;
}

export interface GroupState {
  scene: SceneInfo | null;
  failure: Failure | null;
  paused: boolean;
  trouble: Trouble | null;
  links: LinkState[];
  stats: (Stats | null)[];
}

declare global {
  interface Window {
    /** For tests: how each of the robots side by side is doing. */
    __tabrlGroup?: () => { time: number | null; controlHz: number | null; qpos: number[] }[];
  }
}

/** Several robots that move to one clock, in one worker. */
export class Group {
  private readonly worker = new Worker(new URL("./worker.ts", import.meta.url), { type: "module" });
  private readonly listeners = new Set<() => void>();
  private state: GroupState;
  readonly members: Member[];

  constructor(
    sceneUrl: string,
    private readonly rules: RobotRules,
    connections: readonly Connection[],
  ) {
    this.members = connections.map(() => ({
      link: { state: "none" },
      stats: null,
      previous: null,
      latest: null,
      latestAt: 0,
    }));
    this.state = {
      scene: null,
      failure: null,
      paused: false,
      trouble: null,
      links: this.members.map(({ link }) => link),
      stats: this.members.map(() => null),
    };
    this.worker.onmessage = ({ data }: MessageEvent<FromGroup>) => this.receive(data);
    this.worker.onerror = (event) => this.fail("worker", event.message);
    void this.load(sceneUrl, connections);
    window.__tabrlGroup = () =>
      this.members.map(({ stats, latest }) => ({
        time: latest?.time ?? null,
        controlHz: stats?.controlHz ?? null,
        qpos: [...(latest?.qpos ?? [])],
      }));
  }

  readonly subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  readonly getState = (): GroupState => this.state;

  /** All of them from the start, at the same moment. */
  reset(): void {
    this.send({ type: "reset" });
  }

  pause(paused: boolean): void {
    this.update({ paused });
    this.send({ type: "pause", paused });
  }

  /** The same blow to all, `direction` rad to the left of where each looks. */
  shove(direction: number): void {
    this.send({ type: "shove", direction });
  }

  setTrouble(trouble: Trouble | null): void {
    this.update({ trouble });
    this.send({ type: "trouble", trouble });
  }

  dispose(): void {
    this.listeners.clear();
    this.worker.terminate();
  }

  private async load(sceneUrl: string, connections: readonly Connection[]): Promise<void> {
    try {
      demandWebAssembly();
    } catch (error) {
      this.fail("wasm", error);
      return;
    }
    try {
      const { constants_url: constants } = this.rules;
      const [response, ...whole] = await Promise.all([
        fetchFile(sceneUrl),
        ...connections.map((connection) => equipped(connection, constants)),
      ]);
      this.send({
        type: "load",
        sceneXml: new Uint8Array(await response.arrayBuffer()),
        wasmUrl: new URL(wasmUrl, window.location.href).href,
        rules: this.rules,
        connections: whole,
      });
    } catch (error) {
      this.fail("network", error);
    }
  }

  private receive({ member: n, message }: FromGroup): void {
    const member = this.members[n];
    if (member === undefined) return;
    switch (message.type) {
      case "loaded":
        if (this.state.scene === null) this.update({ scene: message.scene });
        break;
      case "failed":
        this.fail(message.code, message.message);
        break;
      case "frame":
        member.previous = member.latest;
        member.latest = message.frame;
        member.latestAt = performance.now();
        break;
      case "stats":
        member.stats = message.stats;
        this.update({ stats: this.members.map(({ stats }) => stats) });
        break;
      case "link":
        member.link = message.link;
        this.update({ links: this.members.map(({ link }) => link) });
        break;
    }
  }

  private fail(code: Failure["code"], why: unknown): void {
    const message = why instanceof Error ? why.message : String(why);
    this.update({ failure: { code, message } });
  }

  private send(message: ToGroup): void {
    this.worker.postMessage(message);
  }

  private update(change: Partial<GroupState>): void {
    this.state = { ...this.state, ...change };
    for (const listener of this.listeners) listener();
  }
}
