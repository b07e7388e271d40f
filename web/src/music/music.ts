import type { Driving } from "@/api/types";
import type { Session } from "@/sim/session";
import type { Choreography, Danced } from "./dancer";
import { Dancer } from "./dancer";
import { Listener } from "./listener";
import { Taps } from "./taps";

const EVERY_MS = 250;
const INSECURE =
  "Browsers let a page listen only if it comes over https, or from this machine (localhost). Tap the beat instead.";

/** What the beat is taken from. */
export type Playing = { kind: "file" | "microphone" | "taps"; name: string };

export interface MusicState {
  playing: Playing | null;
  /** A file is read, or a microphone asked for. */
  starting: boolean;
  problem: string | null;
  choreography: Choreography;
  danced: Danced | null;
  /** Too little was heard to say whether there is a beat. */
  listening: boolean;
}

interface Probe {
  /** When a moment of the file is heard: s since it began to ms since the epoch. */
  heardAt: (time: number) => number | null;
  state: () => MusicState;
  /** How many beats were counted by now, ms since the epoch; null while there are none. */
  beats: () => { count: number; at: number; bpm: number } | null;
}

declare global {
  interface Window {
    /** For tests and for the curious: the music that a robot dances to. */
    __tabrlMusic?: Probe;
  }
}

const PLAYED = new WeakMap<Session, Music>();

/** The music of a session: it goes on while other panels are open. */
export function musicOf(session: Session, driving: Driving): Music {
  const found = PLAYED.get(session);
  if (found !== undefined) return found;
  const made = new Music(session, driving);
  PLAYED.set(session, made);
  return made;
}

/** Listens, and has the robot of a session dance. */
export class Music {
  private readonly listeners = new Set<() => void>();
  private listener: Listener | null = null;
  private taps = new Taps();
  private dancer: Dancer | null = null;
  private timer: ReturnType<typeof setInterval> | null = null;
  /** Another one whenever something else is to be heard, or nothing. */
  private turn = 0;
  private state: MusicState;

  constructor(
    private readonly session: Session,
    private readonly driving: Driving,
  ) {
    // A policy with a rhythm of its own keeps it; any other gets moves.
    const own = (session.getState().live?.rhythm_hz ?? 0) > 0 || driving.moves.length === 0;
    this.state = {
      playing: null,
      starting: false,
      problem: null,
      choreography: { style: own ? "own" : "moves", seed: 0, only: null },
      danced: null,
      listening: false,
    };
    // Nobody dances where no policy plays, nor where another one does.
    session.subscribe(() => {
      const { playing, starting } = this.state;
      if (session.getState().link.state === "none" && (starting || playing !== null)) this.stop();
    });
    window.__tabrlMusic = {
      heardAt: (time) => this.listener?.epochOf(this.listener.began + time) ?? null,
      state: () => this.state,
      beats: () => this.dancer?.counted ?? null,
    };
  }

  readonly subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  readonly getState = (): MusicState => this.state;

  async file(file: File): Promise<void> {
    await this.start(
      () => Listener.file(file, (beat) => this.dancer?.heard(beat)),
      (error) =>
        error instanceof DOMException && error.name === "EncodingError"
          ? `${file.name} is no music that this browser can read.`
          : `${file.name} could not be played: ${String(error)}`,
    );
  }

  async microphone(): Promise<void> {
    await this.start(
      () => Listener.microphone((beat) => this.dancer?.heard(beat)),
      () => "The microphone is not there, or was not allowed. Choose a file, or tap.",
    );
  }

  /** Somebody tapped the beat at a moment, ms since the epoch. */
  tap(at: number): void {
    if (this.state.playing?.kind !== "taps") {
      this.stop();
      this.taps = new Taps();
      this.begin({ kind: "taps", name: "your taps" });
    }
    const beat = this.taps.tap(at);
    if (beat !== null) this.dancer?.heard(beat);
    this.look();
  }

  /** Dance in another way from now on. */
  dance(change: Partial<Choreography>): void {
    const choreography = { ...this.state.choreography, ...change };
    this.update({ choreography });
    this.dancer?.dance(choreography);
  }

  stop(): void {
    this.turn += 1;
    if (this.timer !== null) clearInterval(this.timer);
    this.timer = null;
    this.listener?.stop();
    this.listener = null;
    this.dancer?.stop();
    this.dancer = null;
    this.update({ playing: null, starting: false, danced: null, listening: false });
  }

  private async start(
    open: () => Promise<Listener>,
    refused: (error: unknown) => string,
  ): Promise<void> {
    if (!window.isSecureContext) {
      this.update({ problem: INSECURE });
      return;
    }
    this.stop();
    const { turn } = this;
    this.update({ starting: true, problem: null });
    try {
      const listener = await open();
      if (turn !== this.turn) {
        listener.stop(); // it came too late
        return;
      }
      this.listener = listener;
      this.begin(listener.source);
    } catch (error) {
      if (turn === this.turn) this.update({ problem: refused(error) });
    } finally {
      if (turn === this.turn) this.update({ starting: false });
    }
  }

  private begin(playing: Playing): void {
    this.dancer = new Dancer(this.session, this.driving, now);
    this.dancer.dance(this.state.choreography);
    this.timer = setInterval(() => this.look(), EVERY_MS);
    this.update({ playing, problem: null, listening: playing.kind !== "taps" });
  }

  private look(): void {
    const listening = this.listener?.listened === false;
    this.update({ danced: this.dancer?.danced ?? null, listening });
  }

  private update(change: Partial<MusicState>): void {
    this.state = { ...this.state, ...change };
    for (const listener of this.listeners) listener();
  }
}

function now(): number {
  return performance.timeOrigin + performance.now();
}
