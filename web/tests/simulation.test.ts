import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { WIRE } from "@/generated/contract";
import type { Socket } from "@/sim/link";
import type { FromWorker, LinkState, RobotRules, SceneInfo } from "@/sim/messages";
import type { Physics } from "@/sim/physics";
import { Simulation } from "@/sim/simulation";

/** Time alone: each step adds 20 ms. */
class FakePhysics {
  time = 0;
  scene: SceneInfo = {
    bodyNames: ["world", "base"],
    geoms: [],
    joints: [],
    sites: [],
    root: { body: 1, qposAdr: 0, plane: null },
    ground: { normal: [0, 0, 1], level: 0, friction: 0.8, field: null, blocks: [] },
    nq: 7,
  };
  shown: number[][] = [];
  nu = 1;
  pushed = false;
  up = 1;
  finite = true;
  ctrls: (number | undefined)[] = [];
  reset(): void {
    this.time = 0;
    this.finite = true;
  }
  step(ctrl: Float32Array | null): void {
    this.time += 0.02;
    this.ctrls.push(ctrl?.[0]);
  }
  pose(qpos: number[]): void {
    this.shown.push(qpos);
  }
  setPush(): void {}
  leave = () => ({ time: this.time });
  goOn({ time }: { time: number }): void {
    this.time = time;
  }
  isFinite = (): boolean => this.finite;
  upright = (): number => this.up;
  qpos = (): Float64Array => Float64Array.of(this.time, 0, 0.3, 1, 0, 0, 0);
  qvel = (): Float64Array => new Float64Array(1);
  ctrl = (): Float64Array => new Float64Array(1);
  poses = (): Float32Array => new Float32Array(7);
  sites = (): Float64Array => new Float64Array(0);
}

class FakeSocket implements Socket {
  binaryType = "";
  onopen: (() => void) | null = null;
  onmessage: ((event: { data: unknown }) => void) | null = null;
  onclose: (() => void) | null = null;
  sent: (string | ArrayBuffer)[] = [];
  send(data: string | ArrayBuffer): void {
    this.sent.push(data);
  }
  close(): void {}

  welcome(): void {
    this.onopen?.();
    const sizes = { nq: 7, nv: 1, nu: 1, control_hz: 50, params_version: 0 };
    this.text({ type: "welcome", protocol: WIRE.protocol, model_id: "m", ...sizes });
  }
  text(message: object): void {
    this.onmessage?.({ data: JSON.stringify(message) });
  }
  get ticks(): number[] {
    return this.sent
      .filter((frame) => frame instanceof ArrayBuffer)
      .map((frame) => new DataView(frame).getUint32(4, true));
  }
  answer(tick = this.ticks.at(-1) ?? 0, value = 0.5): void {
    const frame = new ArrayBuffer(WIRE.headerBytes + 4);
    const view = new DataView(frame);
    view.setUint8(0, 2);
    view.setUint8(1, WIRE.protocol);
    view.setUint32(4, tick, true);
    view.setBigUint64(8, 4n, true);
    view.setFloat32(WIRE.headerBytes, value, true);
    this.onmessage?.({ data: frame });
  }
}

const CONNECTION = { url: "ws://x", modelId: "m", sceneSha256: "s" };

const RULES: RobotRules = {
  constants_url: "/api/robots/r/constants",
  control_hz: 50,
  readouts: [{ quantity: "height", part: null, label: "height", unit: "m", decimals: 2 }],
  fall: { min_upright: 0.25, seconds: 2.5 },
  ink: null,
  driving: { controls: [] },
};

function setUp(rules: Partial<RobotRules> = {}) {
  const physics = new FakePhysics();
  const sockets: FakeSocket[] = [];
  const messages: FromWorker[] = [];
  const simulation = new Simulation(
    physics as unknown as Physics,
    { ...RULES, ...rules },
    (message) => messages.push(message),
    () => Date.now(),
    () => {
      const socket = new FakeSocket();
      sockets.push(socket);
      return socket;
    },
  );
  const socket = (): FakeSocket => {
    const last = sockets.at(-1);
    if (last === undefined) throw new Error("nothing was opened");
    return last;
  };
  const links = (): LinkState[] =>
    messages.flatMap((message) => (message.type === "link" ? [message.link] : []));
  return { physics, simulation, sockets, socket, messages, links };
}

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

describe("lock-step", () => {
  it("advances no further than the answers that came", () => {
    const { physics, simulation, socket } = setUp();
    simulation.connect(CONNECTION);
    socket().welcome();
    vi.advanceTimersByTime(500);
    expect(physics.time).toBe(0);
    socket().answer();
    vi.advanceTimersByTime(500);
    expect(physics.time).toBeCloseTo(0.02);
    expect(physics.ctrls.at(-1)).toBe(0.5);
    simulation.dispose();
  });

  it("does not run faster than the wall clock however fast the answers come", () => {
    const { physics, simulation, socket } = setUp();
    simulation.connect(CONNECTION);
    socket().welcome();
    for (let ms = 0; ms < 1000; ms += 1) {
      if (socket().ticks.length > physics.ctrls.length) socket().answer();
      vi.advanceTimersByTime(1);
    }
    expect(physics.time).toBeGreaterThan(0.9);
    expect(physics.time).toBeLessThanOrEqual(1.02);
    simulation.dispose();
  });

  it("ignores an answer to a state that is no more", () => {
    const { physics, simulation, socket } = setUp();
    simulation.connect(CONNECTION);
    socket().welcome();
    const old = socket().ticks.at(-1) ?? 0;
    simulation.reset();
    socket().answer(old);
    vi.advanceTimersByTime(200);
    expect(physics.time).toBe(0);
    expect(socket().ticks.at(-1)).toBeGreaterThan(old);
    simulation.dispose();
  });

  it("holds still while paused and goes on afterwards", () => {
    const { physics, simulation, socket } = setUp();
    simulation.connect(CONNECTION);
    socket().welcome();
    simulation.pause(true);
    socket().answer();
    vi.advanceTimersByTime(1000);
    expect(physics.time).toBe(0);
    simulation.pause(false);
    vi.advanceTimersByTime(40);
    expect(physics.time).toBeCloseTo(0.02);
    simulation.dispose();
  });

  it("stands at home by itself without a connection", () => {
    const { physics, simulation } = setUp();
    vi.advanceTimersByTime(1000);
    expect(physics.time).toBeGreaterThan(0.9);
    expect(physics.ctrls.every((value) => value === undefined)).toBe(true);
    simulation.dispose();
  });
});

describe("a lost connection", () => {
  it("is taken up again, later each time, and asks for an action at once", () => {
    const { simulation, sockets, socket, links } = setUp();
    simulation.connect(CONNECTION);
    socket().welcome();
    socket().onclose?.();
    expect(links().at(-1)).toMatchObject({ state: "lost", attempt: 1, retryInS: 0.5 });
    vi.advanceTimersByTime(500);
    expect(sockets).toHaveLength(2);
    socket().onclose?.();
    expect(links().at(-1)).toMatchObject({ state: "lost", attempt: 2, retryInS: 1 });
    vi.advanceTimersByTime(1000);
    socket().welcome();
    expect(links().at(-1)).toEqual({ state: "live" });
    expect(socket().ticks).toHaveLength(1);
    simulation.dispose();
  });

  it("is not taken up again after a refusal that will not heal", () => {
    const { simulation, sockets, socket, links } = setUp();
    simulation.connect(CONNECTION);
    socket().onopen?.();
    socket().text({ type: "refused", code: "wrong_scene", message: "reload the page" });
    socket().onclose?.();
    vi.advanceTimersByTime(60_000);
    expect(sockets).toHaveLength(1);
    expect(links().at(-1)).toMatchObject({ state: "refused", code: "wrong_scene" });
    simulation.dispose();
  });

  it("is noticed when the server stays silent", () => {
    const { simulation, sockets, socket } = setUp();
    simulation.connect(CONNECTION);
    socket().welcome();
    vi.advanceTimersByTime(6000);
    expect(sockets.length).toBeGreaterThan(1);
    simulation.dispose();
  });
});

describe("a robot in trouble", () => {
  it("is put back on its feet after lying for a while", () => {
    const { physics, simulation, messages } = setUp();
    physics.up = -1;
    vi.advanceTimersByTime(4000);
    expect(messages).toContainEqual({ type: "recovered", reason: "fell" });
    simulation.dispose();
  });

  it("that cannot fall is left lying", () => {
    const { physics, simulation, messages } = setUp({ fall: null });
    physics.up = -1;
    vi.advanceTimersByTime(4000);
    expect(messages.some(({ type }) => type === "recovered")).toBe(false);
    simulation.dispose();
  });

  it("starts anew when the simulation diverges", () => {
    const { physics, simulation, messages } = setUp();
    vi.advanceTimersByTime(100);
    physics.finite = false;
    vi.advanceTimersByTime(40);
    expect(messages).toContainEqual({ type: "recovered", reason: "diverged" });
    expect(physics.time).toBeLessThan(0.05);
    simulation.dispose();
  });
});

describe("the figures", () => {
  it("are those the robot is read by, at its own rate", () => {
    const { physics, simulation, messages } = setUp({ control_hz: 25 });
    vi.advanceTimersByTime(1000);
    const stats = messages.findLast(({ type }) => type === "stats");
    expect(stats).toMatchObject({ stats: { readings: [0.3] } });
    expect(physics.ctrls.length).toBeLessThanOrEqual(25);
    expect(physics.ctrls.length).toBeGreaterThan(20);
    simulation.dispose();
  });
});

describe("a recording", () => {
  it("is shown pose by pose, and not at all where it is another robot's", () => {
    const { physics, simulation } = setUp();
    simulation.replay([new Array(7).fill(1)], 50);
    vi.advanceTimersByTime(100);
    expect(physics.shown.length).toBeGreaterThan(2);
    physics.shown = [];
    simulation.replay([new Array(9).fill(1)], 50);
    vi.advanceTimersByTime(100);
    expect(physics.shown).toEqual([]);
    simulation.dispose();
  });
});

describe("a recorded moment", () => {
  it("rests the simulation, which goes on where it was left", () => {
    const { physics, simulation, socket, messages } = setUp();
    simulation.connect(CONNECTION);
    socket().welcome();
    socket().answer();
    vi.advanceTimersByTime(30);
    const [time, steps] = [physics.time, physics.ctrls.length];
    simulation.pose(new Array(7).fill(1));
    simulation.pose(new Array(7).fill(2));
    expect(physics.shown.map(([first]) => first)).toEqual([1, 2]);
    const asked = socket().ticks.length;
    socket().answer(); // of a state that is no more
    vi.advanceTimersByTime(500);
    expect(physics.ctrls).toHaveLength(steps);
    expect(socket().ticks).toHaveLength(asked);
    physics.time = 99;
    simulation.pose(null);
    expect(physics.time).toBe(time);
    expect(socket().ticks).toHaveLength(asked + 1);
    socket().answer();
    vi.advanceTimersByTime(30);
    expect(physics.ctrls).toHaveLength(steps + 1);
    const ticks = messages.flatMap((one) => (one.type === "frame" ? [one.frame.tick] : []));
    expect(ticks).toEqual([...ticks].sort((a, b) => a - b));
    simulation.dispose();
  });

  it("of another robot is not shown, and holds nothing up", () => {
    const { physics, simulation } = setUp();
    simulation.pose(new Array(9).fill(1));
    const { time } = physics;
    vi.advanceTimersByTime(100);
    expect(physics.shown).toEqual([]);
    expect(physics.time).toBeGreaterThan(time);
    simulation.dispose();
  });
});
