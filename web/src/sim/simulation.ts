import type { Trouble } from "@/api/types";
import type { Socket } from "./link";
import { Link } from "./link";
import type { Connection, FromWorker, Push, RobotRules } from "./messages";
import { quantile, RateMeter } from "./meter";
import type { Physics } from "./physics";
import type { Moment, Reading } from "./readings";
import { readingOf, readOver } from "./readings";
import type { Action } from "./wire";
import { encodeState } from "./wire";

/** Further behind the wall clock than this, the lost time is dropped instead of caught up with. */
const SLACK_MS = 100;
const STATS_EVERY_MS = 500;
const SILENCE_MS = 4000;
/** Over so long speeds are taken, at most. */
const READ_OVER_S = 1;
const ROUND_TRIPS = 250;

/**
 * The lock-step loop: a state is sent, and simulated time advances by one control step when the
 * action for exactly that state has come and the wall clock has reached the step's due time.
 *
 * Without a connection the robot holds its home pose; while a connection is lost it holds the last.
 */
export class Simulation {
  private tick = 0;
  private justReset = true;
  private paused = false;
  private link: Link | null = null;
  private connected = false;
  private sentAt: number | null = null;
  private action: Action | null = null;
  private due = 0;
  private timer: ReturnType<typeof setTimeout> | null = null;
  private readonly stats: ReturnType<typeof setInterval>;
  private readonly meter = new RateMeter();
  private readonly roundTrips: number[] = [];
  private readonly recent: Moment[] = [];
  private readonly readings: (Reading | null)[];
  private readonly periodMs: number;
  private fallenTicks = 0;
  private paramsVersion = 0;
  private replayed: { qpos: number[][]; periodMs: number; index: number } | null = null;

  constructor(
    private readonly physics: Physics,
    private readonly rules: RobotRules,
    private readonly post: (message: FromWorker) => void,
    private readonly now: () => number = () => performance.now(),
    private readonly open?: (url: string) => Socket,
  ) {
    this.periodMs = 1000 / rules.control_hz;
    this.readings = rules.readouts.map((readout) => readingOf(readout, physics.scene, rules.ink));
    this.stats = setInterval(() => this.report(), STATS_EVERY_MS);
    this.restartClock();
    this.show();
    this.schedule();
  }

  /** Let a policy drive, or nobody. The robot starts from the home pose. */
  connect(connection: Connection | null): void {
    this.link?.close();
    this.link = null;
    this.connected = connection !== null;
    this.paramsVersion = 0;
    this.replayed = null;
    this.rewind();
    if (connection === null) {
      this.post({ type: "link", link: { state: "none" } });
      this.schedule();
      return;
    }
    this.link = new Link(
      connection,
      {
        onState: (link) => {
          if (link.state !== "live") this.hold();
          this.post({ type: "link", link });
        },
        onWelcome: (welcome) => {
          this.paramsVersion = welcome.params_version;
          this.justReset = true;
          this.restartClock();
          this.ask();
        },
        onAction: (action) => this.receive(action),
        onSnapshot: (notice) =>
          this.post({
            type: "snapshot",
            version: notice.params_version,
            step: notice.step,
            scheduleWords: notice.program_words,
          }),
      },
      this.open,
    );
  }

  reset(): void {
    this.rewind();
    this.ask();
    this.schedule();
  }

  pause(paused: boolean): void {
    this.paused = paused;
    this.restartClock();
    if (!paused && this.sentAt === null && this.action === null) this.ask();
    this.schedule();
  }

  setPush(push: Push | null): void {
    this.physics.setPush(push);
  }

  /** A short blow, `direction` rad to the left of where the robot looks. */
  shove(direction: number): void {
    this.physics.shove(this.loaded, direction);
  }

  /** The scene other than it is; null puts it right. */
  setTrouble(trouble: Trouble | null): void {
    this.physics.setTrouble(this.loaded, trouble);
  }

  /** Play recorded poses in a loop instead of simulating; null goes back to the home pose. */
  replay(qpos: number[][] | null, hz: number): void {
    this.replayed =
      qpos === null || qpos.length === 0 ? null : { qpos, periodMs: 1000 / hz, index: 0 };
    this.rewind();
    this.schedule();
  }

  dispose(): void {
    clearInterval(this.stats);
    if (this.timer !== null) clearTimeout(this.timer);
    this.link?.close();
  }

  /** What carries a load: the body with the pen, else the root. */
  private get loaded(): number {
    const { sites, root } = this.physics.scene;
    return sites.find(({ name }) => name === this.rules.ink)?.body ?? root.body;
  }

  private rewind(): void {
    this.physics.setPush(null);
    this.physics.reset();
    this.tick += 1;
    this.justReset = true;
    this.fallenTicks = 0;
    this.recent.length = 0;
    this.hold();
    this.restartClock();
    this.show();
  }

  /** Forget what was asked: an answer that is still under way is for a state that is no more. */
  private hold(): void {
    this.sentAt = null;
    this.action = null;
    this.restartClock();
  }

  private restartClock(): void {
    this.due = this.now() + this.periodMs;
    this.meter.clear();
  }

  private ask(): void {
    if (this.link === null || !this.link.live || this.paused) return;
    const { physics } = this;
    this.link.send(
      encodeState({
        tick: this.tick,
        reset: this.justReset,
        time: physics.time,
        qpos: physics.qpos(),
        qvel: physics.qvel(),
        ctrl: physics.ctrl(),
      }),
    );
    this.justReset = false;
    this.action = null;
    this.sentAt = this.now();
  }

  private receive(action: Action): void {
    if (action.tick !== this.tick || this.sentAt === null) return;
    this.roundTrips.push(this.now() - this.sentAt);
    if (this.roundTrips.length > ROUND_TRIPS) this.roundTrips.shift();
    this.sentAt = null;
    this.action = action;
    this.paramsVersion = action.paramsVersion;
    this.schedule();
  }

  private get ready(): boolean {
    if (this.paused) return false;
    return this.replayed !== null || !this.connected || this.action !== null;
  }

  private schedule(): void {
    if (this.timer !== null) clearTimeout(this.timer);
    this.timer = null;
    if (!this.ready) return;
    const wait = this.due - this.now();
    if (wait <= 0.5) this.advance();
    else this.timer = setTimeout(() => this.advance(), wait);
  }

  private advance(): void {
    this.timer = null;
    if (!this.ready) return;
    const now = this.now();
    this.due += this.replayed?.periodMs ?? this.periodMs;
    if (now - this.due > SLACK_MS) this.due = now;
    if (this.replayed !== null) this.showNext(this.replayed);
    else this.simulate();
    this.meter.mark(now, this.physics.time);
    // Never straight into the next step: messages must be heard between two steps.
    if (this.ready)
      this.timer = setTimeout(() => this.advance(), Math.max(0, this.due - this.now()));
  }

  private showNext(replayed: { qpos: number[][]; index: number }): void {
    const pose = replayed.qpos[replayed.index];
    replayed.index = (replayed.index + 1) % replayed.qpos.length;
    this.tick += 1;
    // A recording of another scene has nothing to show here.
    if (pose?.length === this.physics.scene.nq) this.physics.pose(pose);
    this.show();
  }

  private simulate(): void {
    this.physics.step(this.action?.ctrl ?? null);
    this.action = null;
    this.tick += 1;
    if (!this.physics.isFinite()) {
      this.recover("diverged");
      return;
    }
    this.fallenTicks = this.lies() ? this.fallenTicks + 1 : 0;
    this.show();
    const { fall, control_hz: hz } = this.rules;
    if (fall !== null && this.fallenTicks > fall.seconds * hz) this.recover("fell");
    else this.ask();
  }

  /** Whether the robot lies on its side or back, and nobody holds it there. */
  private lies(): boolean {
    const { fall } = this.rules;
    return fall !== null && !this.physics.pushed && this.physics.upright() < fall.min_upright;
  }

  private recover(reason: "fell" | "diverged"): void {
    this.post({ type: "recovered", reason });
    this.rewind();
    this.ask();
  }

  private show(): void {
    const qpos = this.physics.qpos();
    this.recent.push({ qpos, sites: this.physics.sites() });
    if (this.recent.length > READ_OVER_S * this.rules.control_hz + 1) this.recent.shift();
    const { tick } = this;
    this.post({
      type: "frame",
      frame: { tick, time: this.physics.time, qpos, poses: this.physics.poses() },
    });
  }

  private report(): void {
    if (this.sentAt !== null && this.now() - this.sentAt > SILENCE_MS) this.link?.restart();
    this.post({
      type: "stats",
      stats: {
        tick: this.tick,
        time: this.physics.time,
        ...this.meter.rates(this.now()),
        roundTripMs: { p50: quantile(this.roundTrips, 0.5), p95: quantile(this.roundTrips, 0.95) },
        paramsVersion: this.paramsVersion,
        readings: this.read(),
      },
    });
  }

  private read(): (number | null)[] {
    const { control_hz: hz, readouts } = this.rules;
    const latest = this.recent.at(-1);
    if (latest === undefined) return this.readings.map(() => null);
    return readouts.map((readout, index) => {
      const steps = Math.min(Math.round(readOver(readout) * hz), this.recent.length - 1);
      const before = this.recent[this.recent.length - 1 - steps] ?? latest;
      // With a single state nothing has moved yet, over whatever time.
      return this.readings[index]?.(before, latest, Math.max(1, steps) / hz) ?? null;
    });
  }
}
