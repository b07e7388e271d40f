import { BeatTracker } from "./beats";
import workletUrl from "./worklet.ts?worker&url";

const EVERY_MS = 100;

/** A beat that was heard, ms since the epoch; null while there is none. */
export type OnBeat = (beat: { hz: number; at: number } | null) => void;

/** What is listened to. */
export interface Source {
  kind: "file" | "microphone";
  name: string;
}

/** Of the worklet: when the first of some frames began, how long each is, s; how strong they are. */
interface Told {
  time: number;
  frameS: number;
  strengths: number[];
}

/** Plays a file, or hears the microphone, and tells the beat. */
export class Listener {
  private readonly tracker = new BeatTracker();
  private readonly timer: ReturnType<typeof setInterval>;
  private silent = true;

  private constructor(
    readonly source: Source,
    private readonly context: AudioContext,
    /** When the source began, s of the audio's clock. */
    readonly began: number,
    private readonly release: () => void,
    private readonly onBeat: OnBeat,
    onsets: AudioWorkletNode,
  ) {
    onsets.port.onmessage = ({ data }: MessageEvent<Told>) => {
      for (const [index, strength] of data.strengths.entries()) {
        this.tracker.feed(data.time + index * data.frameS, strength);
      }
    };
    this.timer = setInterval(() => this.listen(), EVERY_MS);
  }

  /** Play a file, again and again. Throws what the browser says of a file that is no music. */
  static async file(file: File, onBeat: OnBeat): Promise<Listener> {
    const context = new AudioContext();
    try {
      const buffer = await context.decodeAudioData(await file.arrayBuffer());
      const onsets = await listening(context);
      const player = new AudioBufferSourceNode(context, { buffer, loop: true });
      player.connect(onsets);
      player.connect(context.destination);
      // The clock stands still meanwhile: it begins at the very moment that is told.
      await context.suspend();
      const began = context.currentTime;
      player.start(began);
      await context.resume();
      const release = (): void => player.stop();
      return new Listener(
        { kind: "file", name: file.name },
        context,
        began,
        release,
        onBeat,
        onsets,
      );
    } catch (error) {
      void context.close();
      throw error;
    }
  }

  /** Hear the room. Throws `NotAllowedError` where that is not wanted. */
  static async microphone(onBeat: OnBeat): Promise<Listener> {
    // As it is: what makes a voice clearer takes the music away.
    const plain = { echoCancellation: false, noiseSuppression: false, autoGainControl: false };
    const stream = await navigator.mediaDevices.getUserMedia({ audio: plain });
    const context = new AudioContext();
    const release = (): void => {
      for (const track of stream.getTracks()) track.stop();
    };
    try {
      const onsets = await listening(context);
      new MediaStreamAudioSourceNode(context, { mediaStream: stream }).connect(onsets);
      const source: Source = { kind: "microphone", name: "the microphone" };
      return new Listener(source, context, context.currentTime, release, onBeat, onsets);
    } catch (error) {
      release();
      void context.close();
      throw error;
    }
  }

  /** Whether enough was heard to say that there is no beat. */
  get listened(): boolean {
    return this.tracker.listened;
  }

  /** When a moment of the audio's clock is heard in the room, ms since the epoch. */
  epochOf(time: number): number {
    const { context } = this;
    if (this.source.kind === "microphone") {
      // It was heard before it came in here; for how long, few browsers say.
      const late = context.baseLatency;
      return now() + 1000 * (time - context.currentTime - late);
    }
    const { contextTime = 0, performanceTime = 0 } = context.getOutputTimestamp();
    if (performanceTime > 0) {
      return performance.timeOrigin + performanceTime + 1000 * (time - contextTime);
    }
    return now() + 1000 * (time - context.currentTime + (context.outputLatency || 0));
  }

  async pause(paused: boolean): Promise<void> {
    this.tracker.clear();
    await (paused ? this.context.suspend() : this.context.resume());
  }

  stop(): void {
    clearInterval(this.timer);
    this.release();
    void this.context.close();
    this.onBeat(null);
  }

  private listen(): void {
    if (this.context.state !== "running") {
      this.tell(null);
      return;
    }
    const heard = this.tracker.heard();
    this.tell(heard && { hz: heard.hz, at: this.epochOf(heard.beatAt) });
  }

  private tell(beat: { hz: number; at: number } | null): void {
    if (beat === null && this.silent) return;
    this.silent = beat === null;
    this.onBeat(beat);
  }
}

function now(): number {
  return performance.timeOrigin + performance.now();
}

async function listening(context: AudioContext): Promise<AudioWorkletNode> {
  await context.audioWorklet.addModule(workletUrl);
  await context.resume();
  return new AudioWorkletNode(context, "tabrl-onsets", { numberOfOutputs: 0 });
}
