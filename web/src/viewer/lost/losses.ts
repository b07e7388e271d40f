/** So long it is told that a picture was lost before it is drawn anew. */
const TOLD_MS = 1500;
/** Lost more often than that, a user is asked first: the driver may fail each time. */
const BY_ITSELF = 3;

/** A lost picture is drawn anew in a moment, or only when asked to. */
export type Lost = "moment" | "asks";

/** What becomes of a picture whose graphics context is gone. */
export class Losses {
  private timer: ReturnType<typeof setTimeout> | undefined;

  constructor(private readonly again: () => void) {}

  /** It is gone just now, after it was drawn anew so many times; what is to be told. */
  lost(times: number): Lost {
    if (times >= BY_ITSELF) return "asks";
    this.timer = setTimeout(this.again, TOLD_MS);
    return "moment";
  }

  /** Nobody waits for the picture any more. */
  forget(): void {
    clearTimeout(this.timer);
  }
}
