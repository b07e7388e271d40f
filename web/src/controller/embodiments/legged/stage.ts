import { angular, at, clip } from "../../numbers";
import type { Program } from "../../program";
import { named, Waves } from "../../program";
import type { LeggedConstants } from "./constants";
import type { Planar } from "./planar";

/** Share of a stride on the ground, and the phase of a foot that is held up. */
const DUTY = 0.55;
const MID_SWING = 0.775;
const GRAVITY = 9.81;
const LONGEST_FLIGHT = 0.6;
/** From here on the front feet are due in the air. */
const REARED = 0.6;

/** What a schedule asks of a legged robot in one of its stages: commands, the feet's clock, motion. */
export class Stage {
  readonly omega: number;
  /** Whether the feet's clock runs. */
  readonly steps: boolean;
  /** Strides a second; 0 at rest. */
  readonly frequency: number;
  /** How fast the heading goes on turning, rad/s. */
  readonly turning: number;
  /** Mean speed along the mean heading, m/s. */
  readonly velocity: Planar;
  private readonly waves: Waves;
  private readonly hops: boolean;
  private readonly duty: number;
  private readonly ahead: number[];
  /** How far the heading swings to either side, rad. */
  private readonly beta: number;
  private readonly columns: { vx: number; vy: number; yaw: number };

  constructor(
    asked: Program,
    private readonly robot: LeggedConstants,
  ) {
    this.waves = new Waves(asked);
    this.omega = angular(asked.beat_frequency);
    const column = (name: string): number => robot.channels.indexOf(name);
    this.columns = { vx: column("vx"), vy: column("vy"), yaw: column("yaw") };
    const jump = column("jump");
    this.hops = jump >= 0 && this.waves.peak(jump) > robot.gait.hopping;
    const wanted = Number(asked.gait_frequency ?? 0);
    const speed = this.speed();
    this.steps = speed > robot.gait.walking || this.hops || wanted > 0;
    const frequency = wanted > 0 ? wanted : this.naturalFrequency(speed);
    this.frequency = this.steps ? frequency : 0;
    const gait = String(asked.gait ?? Object.keys(robot.gait_offsets)[0]);
    const swing = robot.gait.paired_swing * frequency;
    this.duty = robot.long_swings.includes(gait) ? DUTY : 1 - Math.min(1 - DUTY, swing);
    const feet = robot.gait_offsets[gait] ?? [];
    this.ahead = this.hops ? feet.map(() => 0) : feet;
    this.turning = this.steps ? at(this.waves.constant, this.columns.yaw) : 0;
    this.beta = at(this.waves.amplitude, this.columns.yaw) / this.omega;
    this.velocity = this.meanVelocity();
  }

  /** What is asked of every channel. */
  command(time: number): number[] {
    const angle = this.omega * time;
    return this.robot.channels.map((_, channel) => this.waves.at(channel, angle));
  }

  /** Every foot's phase in [0, 1): stance, then swing from `DUTY` on; 0 at rest. */
  gait(time: number): number[] {
    return this.phases(this.frequency * time, this.command(time));
  }

  /** The same after so many strides, under a command. */
  phases(strides: number, command: number[]): number[] {
    const asked = named(this.robot.channels, command);
    const { lifted } = this.robot.gait;
    const duty = this.hops ? 1 - this.flightShare(asked("jump")) : this.duty;
    const rears = asked("rear") > REARED;
    return this.robot.feet.map(({ lift, front }, foot) => {
      if (asked(lift) > lifted || (front && rears)) return MID_SWING;
      const cycles = strides + at(this.ahead, foot);
      return this.steps ? stretched(cycles - Math.floor(cycles), duty) : 0;
    });
  }

  /** How far the sinusoids have led from the mean path, along the mean heading. */
  aside(time: number): Planar {
    if (!this.steps) return { x: 0, y: 0 };
    const { vx, vy, yaw } = this.columns;
    const { constant, amplitude, phase } = this.waves;
    const angle = this.omega * time;
    const wave = (channel: number): number =>
      (-at(amplitude, channel) * Math.cos(angle + at(phase, channel))) / this.omega;
    const sideways = (this.beta * Math.sin(angle + at(phase, yaw))) / this.omega;
    return {
      x: wave(vx) + sideways * at(constant, vy),
      y: wave(vy) - sideways * at(constant, vx),
    };
  }

  /** How far the yaw channel's sinusoid has turned the robot, rad. */
  swung(time: number): number {
    return -this.beta * Math.cos(this.omega * time + at(this.waves.phase, this.columns.yaw));
  }

  /** How much locomotion is asked for, m/s; turning as on a circle. */
  private speed(): number {
    const { vx, vy, yaw } = this.columns;
    const [x, y] = [this.waves.peak(vx), this.waves.peak(vy)];
    const planar = Math.sqrt(x * x + y * y);
    return planar + this.robot.gait.turning_radius * this.waves.peak(yaw);
  }

  /** Strides a second, unless the schedule says them: few for a slow walk, more the faster it is. */
  private naturalFrequency(speed: number): number {
    const own = this.robot.gait;
    if (this.hops) return own.hop_frequency;
    const faster = Math.min(speed / own.stride, own.added_steps);
    return own.slow_steps + faster;
  }

  /** Share of a hop's period in the air, for hops of `jump` m. */
  private flightShare(jump: number): number {
    const flight = 2 * Math.sqrt((2 * Math.max(jump, 0)) / GRAVITY);
    return clip(this.frequency * flight, 0, LONGEST_FLIGHT);
  }

  /** A swinging heading makes it less, and speeds that swing in step with it add to it. */
  private meanVelocity(): Planar {
    if (!this.steps) return { x: 0, y: 0 };
    const { vx, vy, yaw } = this.columns;
    const { constant, amplitude, phase } = this.waves;
    const shorter = 1 - this.beta ** 2 / 4;
    const drift = (channel: number): number =>
      0.5 * this.beta * at(amplitude, channel) * Math.sin(at(phase, channel) - at(phase, yaw));
    return {
      x: at(constant, vx) * shorter + drift(vy),
      y: at(constant, vy) * shorter - drift(vx),
    };
  }
}

/** The phase of a stride whose stance takes `duty` of the time. */
function stretched(stride: number, duty: number): number {
  if (stride < duty) return (stride / Math.max(duty, 1e-3)) * DUTY;
  const swing = (stride - duty) / Math.max(1 - duty, 1e-3);
  return DUTY + clip(swing, 0, 1) * (1 - DUTY);
}
