/** Filming the picture in the browser. */

const PICTURES_PER_S = 30;
const KINDS = ["video/mp4;codecs=avc1.42E01E", "video/webm;codecs=vp9", "video/webm"];

/** Whether this browser can film a canvas. */
export function canFilm(): boolean {
  return typeof MediaRecorder !== "undefined" && kind() !== undefined;
}

function kind(): string | undefined {
  return KINDS.find((each) => MediaRecorder.isTypeSupported(each));
}

/** What a canvas shows from now on, until it is stopped. */
export class Film {
  private readonly recorder: MediaRecorder;
  private readonly stream: MediaStream;
  private readonly pieces: Blob[] = [];

  /** Throws where `canFilm` is false. */
  constructor(canvas: HTMLCanvasElement) {
    const mimeType = kind();
    if (mimeType === undefined) throw new Error("This browser records no video.");
    this.stream = canvas.captureStream(PICTURES_PER_S);
    this.recorder = new MediaRecorder(this.stream, { mimeType, videoBitsPerSecond: 6_000_000 });
    this.recorder.ondataavailable = ({ data }) => this.pieces.push(data);
    this.recorder.start(1000);
  }

  /** The film as a file: its content and how its name ends. */
  async stop(): Promise<{ blob: Blob; suffix: string }> {
    const ended = new Promise((resolve) => {
      this.recorder.onstop = resolve;
    });
    this.recorder.stop();
    await ended;
    for (const track of this.stream.getTracks()) track.stop();
    const type = this.recorder.mimeType.split(";")[0] ?? "";
    return { blob: new Blob(this.pieces, { type }), suffix: type === "video/mp4" ? "mp4" : "webm" };
  }
}

/** Hand a file to the user. */
export function save(blob: Blob, name: string): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}
