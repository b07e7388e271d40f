/** Further behind the wall clock than this, the lost time is dropped instead of caught up with. */
const SLACK_MS = 100;

/** What advances step by step. */
export interface Paced {
  /** Whether it can advance now: nothing is waited for. */
  readonly ready: boolean;
  /** Whether the others wait for it; one whose policy is not there yet holds nobody up. */
  readonly present: boolean;
  readonly periodMs: number;
  advance(now: number): void;
}

/**
 * The clock that steps keep to: the next one comes when all who are present are ready, and the wall
 * clock has reached its due time. Those who share one advance together.
 */
export class Pacer {
  private readonly members: Paced[] = [];
  private due = 0;
  private timer: ReturnType<typeof setTimeout> | null = null;

  constructor(private readonly now: () => number = () => performance.now()) {}

  join(member: Paced): void {
    this.members.push(member);
    this.restart();
  }

  leave(member: Paced): void {
    const at = this.members.indexOf(member);
    if (at >= 0) this.members.splice(at, 1);
    this.kick();
  }

  /** The next step is due a period from now. */
  restart(): void {
    this.due = this.now() + this.periodMs;
  }

  /** Something may be ready. */
  kick(): void {
    if (this.timer !== null) clearTimeout(this.timer);
    this.timer = null;
    if (!this.ready) return;
    const wait = this.due - this.now();
    if (wait <= 0.5) this.step();
    else this.timer = setTimeout(() => this.step(), wait);
  }

  private get present(): Paced[] {
    return this.members.filter(({ present }) => present);
  }

  private get periodMs(): number {
    return this.members[0]?.periodMs ?? 0;
  }

  private get ready(): boolean {
    const { present } = this;
    return present.length > 0 && present.every(({ ready }) => ready);
  }

  private step(): void {
    this.timer = null;
    if (!this.ready) return;
    const now = this.now();
    this.due += this.periodMs;
    if (now - this.due > SLACK_MS) this.due = now;
    for (const member of this.present) member.advance(now);
    // Never straight into the next step: messages must be heard between two steps.
    if (this.ready) this.timer = setTimeout(() => this.step(), Math.max(0, this.due - this.now()));
  }
}
