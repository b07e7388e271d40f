/** Who answers: the server, or the policy run right here; with a real policy and a made-up server. */
import { readFileSync } from "node:fs";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { WIRE } from "@/generated/contract";
import { Pilot } from "@/inference/pilot";
import type { PolicySource, Wish } from "@/inference/types";
import type { Socket } from "@/sim/link";
import type { Action, Live, RawState } from "@/sim/wire";

const GOLDEN = new URL("../../../.cache/golden/", import.meta.url);
const ROBOT = "tripod";
const KEPT = JSON.parse(readFileSync(new URL(`${ROBOT}.json`, GOLDEN), "utf8"));
const PARAMS = readFileSync(new URL(`${ROBOT}.safetensors`, GOLDEN));
const SCENE = /"scene_sha256\\":\\"(\w+)/.exec(PARAMS.toString("latin1"))?.[1] ?? "";
const NU: number = KEPT.constants.home.length;
const SOURCE: PolicySource = {
  model: "http://x/model",
  params: "http://x/params",
  constants: "http://x/constants",
  sceneSha256: SCENE,
  token: "tok",
};

/** The api: what it has, and what it was asked for. */
class Api {
  version = 3;
  there = true;
  asked: string[] = [];
  readonly fetch = async (url: string, { headers }: RequestInit): Promise<Response> => {
    this.asked.push(url);
    expect(headers).toEqual({ Authorization: "Bearer tok" });
    if (!this.there) return new Response("", { status: 404, statusText: "Not Found" });
    if (url === SOURCE.model) return Response.json({ params_version: this.version });
    if (url === SOURCE.constants) return Response.json(KEPT.constants);
    return new Response(new Uint8Array(PARAMS), {
      headers: { "TabRL-Params-Version": String(this.version) },
    });
  };
}

class Server implements Socket {
  binaryType = "";
  onopen: (() => void) | null = null;
  onmessage: ((event: { data: unknown }) => void) | null = null;
  onclose: (() => void) | null = null;
  sent: ArrayBuffer[] = [];
  send(data: string | ArrayBuffer): void {
    if (data instanceof ArrayBuffer) this.sent.push(data);
  }
  close(): void {}

  welcome(): void {
    this.onopen?.();
    const sizes = { nq: 1, nv: 1, nu: NU, control_hz: 50, params_version: 0 };
    this.tell({ type: "welcome", protocol: WIRE.protocol, model_id: "m", ...sizes });
  }
  tell(message: object): void {
    this.onmessage?.({ data: JSON.stringify(message) });
  }
  answer(tick: number): void {
    const frame = new ArrayBuffer(WIRE.headerBytes + 4 * NU);
    const view = new DataView(frame);
    view.setUint8(0, WIRE.kinds.action);
    view.setUint8(1, WIRE.protocol);
    view.setUint32(4, tick, true);
    this.onmessage?.({ data: frame });
  }
}

let api: Api;

function setUp(wish: Wish = "auto", source: PolicySource = SOURCE) {
  const servers: Server[] = [];
  const actions: Action[] = [];
  const lives: (Live | null)[] = [];
  let ready = 0;
  const pilot = new Pilot(
    { url: "ws://x", modelId: "m", sceneSha256: SCENE, source },
    wish,
    {
      onState: () => undefined,
      onReady: () => {
        ready += 1;
      },
      onAction: (action) => actions.push(action),
      onLive: (live) => lives.push(live),
      onSnapshot: () => undefined,
    },
    () => Date.now(),
    () => {
      const server = new Server();
      servers.push(server);
      return server;
    },
  );
  const server = (): Server => servers.at(-1) as Server;
  /** One control step, answered by the server after so many ms if it was asked. */
  const step = async (tick: number, ms: number): Promise<Action | null> => {
    const asked = server().sent.length;
    const own = pilot.ask(stateOf(tick));
    await vi.advanceTimersByTimeAsync(ms);
    if (server().sent.length > asked) server().answer(tick);
    await vi.advanceTimersByTimeAsync(Math.max(0, 20 - ms));
    return own;
  };
  return { pilot, server, servers, actions, lives, step, ready: () => ready };
}

function stateOf(tick: number): RawState {
  const { time, qpos, qvel, ctrl } = KEPT.cases[0].states[0];
  return { tick, reset: false, time, qpos, qvel, ctrl };
}

beforeEach(() => {
  vi.useFakeTimers();
  api = new Api();
  vi.stubGlobal("fetch", api.fetch);
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

describe("left to the page", () => {
  it("the server answers as long as it is quick", async () => {
    const { pilot, server, step, actions } = setUp();
    server().welcome();
    for (let tick = 0; tick < 60; tick += 1) expect(await step(tick, 5)).toBeNull();
    expect(actions).toHaveLength(60);
    expect(pilot.stats).toMatchObject({ where: "server", own: { ready: true } });
    pilot.close();
  });

  it("the browser goes on where the server is gone, and hands back when it is there again", async () => {
    const { pilot, server, servers, step, ready } = setUp();
    server().welcome();
    await step(0, 5);
    const before = ready();
    server().onclose?.();
    expect(ready()).toBe(before + 1);
    const own = await step(1, 5);
    expect(Array.from(own?.ctrl ?? [])).toHaveLength(NU);
    expect(own).toMatchObject({ tick: 1, paramsVersion: 3 });
    await vi.advanceTimersByTimeAsync(500);
    expect(servers).toHaveLength(2);
    server().welcome();
    let tick = 2;
    while (pilot.stats.where === "browser" && tick < 500) {
      expect(await step(tick, 5)).not.toBeNull();
      tick += 1;
    }
    expect(pilot.stats.where).toBe("server");
    expect(server().sent).toHaveLength(5);
    expect(await step(tick, 5)).toBeNull();
    pilot.close();
  });

  it("a slow server is left, one between the thresholds is not come back to", async () => {
    const { pilot, server, step } = setUp();
    server().welcome();
    for (let tick = 0; tick < 30; tick += 1) await step(tick, 45);
    expect(pilot.stats.where).toBe("server");
    for (let tick = 30; tick < 60; tick += 1) await step(tick, 60);
    expect(pilot.stats.where).toBe("browser");
    for (let tick = 60; tick < 400; tick += 1) await step(tick, 45);
    expect(pilot.stats.where).toBe("browser");
    for (let tick = 400; tick < 800; tick += 1) await step(tick, 20);
    expect(pilot.stats.where).toBe("server");
    pilot.close();
  });

  it("a server that stops without a word is left after a second", async () => {
    const { pilot, server, step, ready } = setUp();
    server().welcome();
    for (let tick = 0; tick < 20; tick += 1) await step(tick, 5);
    const before = ready();
    expect(pilot.ask(stateOf(20))).toBeNull();
    await vi.advanceTimersByTimeAsync(900);
    expect(pilot.stats.where).toBe("server");
    await vi.advanceTimersByTimeAsync(400);
    expect(pilot.stats.where).toBe("browser");
    expect(ready()).toBe(before + 1);
    expect(pilot.ask(stateOf(20))).not.toBeNull();
    server().answer(20);
    expect(pilot.stats.where).toBe("browser");
    pilot.close();
  });

  it.each([100, 300, 1000])(
    "answers that take %i ms decide within a second and a bit",
    async (ms) => {
      const { pilot, server, step } = setUp();
      server().welcome();
      for (let tick = 0; tick < 100; tick += 1) await step(tick, 5);
      const began = Date.now();
      let tick = 100;
      while (pilot.stats.where === "server" && tick < 200) {
        await step(tick, ms);
        tick += 1;
      }
      expect(Date.now() - began).toBeGreaterThanOrEqual(900);
      expect(Date.now() - began).toBeLessThanOrEqual(1400);
      pilot.close();
    },
  );

  it.each([
    [700, 20],
    [150, 5],
  ])("answers that take %i ms change nothing while most are quick", async (ms, every) => {
    const { pilot, server, step } = setUp();
    server().welcome();
    for (let tick = 0; tick < 300; tick += 1) {
      await step(tick, tick % every === 0 ? ms : 5);
      expect(pilot.stats.where).toBe("server");
    }
    pilot.close();
  });

  it("a computer that slept is not the server's fault", async () => {
    const { pilot, server, step } = setUp();
    server().welcome();
    for (let tick = 0; tick < 20; tick += 1) await step(tick, 5);
    pilot.ask(stateOf(20));
    vi.setSystemTime(Date.now() + 3000); // and no timer has struck
    await vi.advanceTimersByTimeAsync(250);
    server().answer(20);
    for (let tick = 21; tick < 120; tick += 1) await step(tick, 5);
    expect(pilot.stats.where).toBe("server");
    pilot.close();
  });

  it("a server that does not let anybody in for long is not waited for", async () => {
    const { pilot } = setUp();
    await vi.advanceTimersByTimeAsync(1000);
    pilot.check();
    expect(pilot.stats.where).toBe("server");
    await vi.advanceTimersByTimeAsync(1000);
    pilot.check();
    expect(pilot.stats.where).toBe("browser");
    pilot.close();
  });

  it("a refusal is not got around", async () => {
    const { pilot, server, step } = setUp();
    server().tell({ type: "refused", code: "wrong_scene", message: "reload" });
    server().onclose?.();
    expect(await step(0, 5)).toBeNull();
    expect(pilot.ready).toBe(false);
    pilot.close();
  });
});

describe("asked for", () => {
  it("the browser answers from its first policy on, and tries the server now and then", async () => {
    const { pilot, server, step } = setUp("browser");
    server().welcome();
    await vi.advanceTimersByTimeAsync(1);
    for (let tick = 0; tick < 100; tick += 1) expect(await step(tick, 5)).not.toBeNull();
    expect(server().sent.length).toBeLessThanOrEqual(4);
    expect(pilot.stats.roundTripMs.p50).toBe(5);
    pilot.close();
  });

  it("the server alone answers, also when it is gone", async () => {
    const { pilot, server, step } = setUp("server");
    server().welcome();
    await vi.advanceTimersByTimeAsync(1);
    server().onclose?.();
    expect(await step(0, 5)).toBeNull();
    expect(pilot.ready).toBe(false);
    pilot.wish("auto");
    expect(await step(1, 5)).not.toBeNull();
    pilot.close();
  });
});

describe("the policy here", () => {
  it("is driven as the server would drive it", async () => {
    const { pilot, server, lives } = setUp("browser");
    server().welcome();
    await vi.advanceTimersByTimeAsync(1);
    const { channels, carried } = KEPT.constants.live;
    expect(lives.at(-1)).toMatchObject({ channels, carried });
    const kept = KEPT.cases[0].driven[0];
    const live = Float64Array.from(kept.live as (number | null)[], (one) => one ?? Number.NaN);
    const action = pilot.ask({ ...stateOf(0), ...kept, live });
    expect(action?.carry).toHaveLength(carried);
    expect(Math.abs((action?.ctrl[0] ?? 0) - kept.targets[0])).toBeLessThan(1e-5);
    pilot.close();
  });

  it("is the newest that there is", async () => {
    const { pilot, server, step } = setUp("browser");
    server().welcome();
    await vi.advanceTimersByTimeAsync(1);
    api.version = 4;
    await vi.advanceTimersByTimeAsync(2500);
    server().tell({ type: "snapshot", params_version: 4, step: 1, program_words: "" });
    await vi.advanceTimersByTimeAsync(1);
    expect(await step(0, 5)).toMatchObject({ paramsVersion: 4 });
    const params = (): number => api.asked.filter((url) => url === SOURCE.params).length;
    expect(params()).toBe(2);
    await vi.advanceTimersByTimeAsync(2500);
    pilot.check();
    await vi.advanceTimersByTimeAsync(1);
    expect(params()).toBe(2);
    pilot.close();
  });

  it("is told to be missing, and looked for again after a while", async () => {
    api.there = false;
    const { pilot, server, step } = setUp("browser");
    server().welcome();
    expect(await step(0, 5)).toBeNull();
    expect(pilot.stats.own).toEqual({ ready: false, failure: "404 Not Found" });
    api.there = true;
    pilot.check();
    await vi.advanceTimersByTimeAsync(11_000);
    pilot.check();
    await vi.advanceTimersByTimeAsync(1);
    expect(pilot.stats.own).toEqual({ ready: true, failure: null });
    expect(await step(1, 5)).not.toBeNull();
    pilot.close();
  });

  it("is none where it is for another scene, and is not asked for again", async () => {
    const { pilot } = setUp("browser", { ...SOURCE, sceneSha256: "other" });
    await vi.advanceTimersByTimeAsync(1);
    expect(pilot.stats.own.failure).toContain("another scene");
    const asked = api.asked.length;
    await vi.advanceTimersByTimeAsync(60_000);
    pilot.check();
    expect(api.asked).toHaveLength(asked);
    pilot.close();
  });

  it("of a pretrained policy plays on any ground, before there is a snapshot", async () => {
    const { pilot } = setUp("browser", { ...SOURCE, sceneSha256: "other" });
    api.version = 0;
    await vi.advanceTimersByTimeAsync(1);
    expect(pilot.stats.own).toEqual({ ready: true, failure: null });
    pilot.close();
  });
});
