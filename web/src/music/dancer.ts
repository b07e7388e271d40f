import type { Driving } from "@/api/types";
import type { Session } from "@/sim/session";
import type { Live } from "@/sim/wire";
import {
  BeatCount,
  beatsACycle,
  beatsNear,
  lagAt,
  moveAt,
  order,
  rhythm,
  SECTION,
  wavesOf,
} from "./dance";

const EVERY_MS = 100;

/** What is danced: moves of the robot's kind, or what the policy does anyway, to the beat. */
export type Style = "moves" | "own";

/** How it is danced: other moves first for every seed, or only one of them. */
export interface Choreography {
  style: Style;
  seed: number;
  only: string | null;
}

/** How it goes. */
export interface Danced {
  /** Beats a minute; null as long as there is no beat. */
  bpm: number | null;
  move: string | null;
  /** The next move comes after so many beats. */
  beatsLeft: number;
}

/** Has a robot keep a beat, as long as there is one. */
export class Dancer {
  private readonly count = new BeatCount();
  private readonly timer: ReturnType<typeof setInterval>;
  private choreography: Choreography = { style: "moves", seed: 0, only: null };
  private beating = false;

  constructor(
    private readonly session: Session,
    private readonly driving: Driving,
    private readonly epoch: () => number,
  ) {
    this.timer = setInterval(() => this.step(), EVERY_MS);
  }

  /** There was a beat at a moment, ms since the epoch; null: there is none any more. */
  heard(beat: { hz: number; at: number } | null): void {
    this.beating = beat !== null;
    if (beat === null) this.count.clear();
    else this.count.heard(beat.hz, beat.at);
  }

  dance(choreography: Choreography): void {
    this.choreography = choreography;
    this.step();
  }

  get danced(): Danced {
    const beats = this.count.now(this.epoch());
    const bpm = this.beating ? 60 * this.count.hz : null;
    const left = SECTION - (((beats % SECTION) + SECTION) % SECTION);
    return { bpm, move: this.beating ? (this.move?.name ?? null) : null, beatsLeft: left };
  }

  /** How many beats there have been by now, as it counts them. */
  get counted(): { count: number; at: number; bpm: number } | null {
    const at = this.epoch();
    return this.beating ? { count: this.count.now(at), at, bpm: 60 * this.count.hz } : null;
  }

  stop(): void {
    clearInterval(this.timer);
    this.session.ask("dance", null);
    this.session.follow(null);
  }

  private step(): void {
    const { live } = this.session.getState();
    if (live === null) return;
    if (!this.beating) {
      this.session.ask("dance", null);
      this.session.follow(null);
      return;
    }
    const { move } = this;
    const { moves } = this.driving;
    this.session.ask("dance", move === null ? null : wavesOf(move, moves, live.channels));
    const beats = this.beatsOf(live);
    const lag = lagAt(move?.lags ?? [], this.count.hz / beats);
    this.session.follow(rhythm(this.count, beats, this.epoch(), lag));
  }

  private get move() {
    const { style, seed, only } = this.choreography;
    const { moves } = this.driving;
    if (style === "own") return null;
    const danced = moves.filter(({ name }) => only === null || name === only);
    return moveAt(order(danced, seed), this.count.now(this.epoch()));
  }

  private beatsOf({ rhythm_hz: own }: Live): number {
    return this.choreography.style === "own" && own > 0
      ? beatsNear(this.count.hz, own)
      : beatsACycle(this.count.hz, this.driving);
  }
}
