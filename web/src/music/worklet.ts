/** On the audio's own thread: strengths of onsets, with the moment of each. */
import { Onsets } from "./onsets";

declare const sampleRate: number;
declare const currentTime: number;
declare class AudioWorkletProcessor {
  readonly port: MessagePort;
}
declare function registerProcessor(name: string, made: new () => AudioWorkletProcessor): void;

/** Onsets of so many frames are told together. */
const TOGETHER = 5;

class OnsetProcessor extends AudioWorkletProcessor {
  private readonly onsets = new Onsets(sampleRate);
  private readonly frameS = this.onsets.hop / sampleRate;
  private waiting: number[] = [];

  process(inputs: Float32Array[][]): boolean {
    const [channels = []] = inputs;
    const samples = mixed(channels);
    this.waiting.push(...this.onsets.feed(samples));
    if (this.waiting.length >= TOGETHER) {
      // Counted back from now: a busy machine leaves blocks out.
      const end = currentTime + (samples.length - this.onsets.pending) / sampleRate;
      const time = end - this.waiting.length * this.frameS;
      this.port.postMessage({ time, frameS: this.frameS, strengths: this.waiting });
      this.waiting = [];
    }
    return true;
  }
}

/** All channels as one; silence where nothing is connected. */
function mixed(channels: Float32Array[]): Float32Array {
  const length = channels[0]?.length ?? 128;
  const mono = new Float32Array(length);
  for (const channel of channels) {
    for (let i = 0; i < length; i += 1) mono[i] = (mono[i] ?? 0) + (channel[i] ?? 0);
  }
  return mono;
}

registerProcessor("tabrl-onsets", OnsetProcessor);
