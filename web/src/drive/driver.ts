/** Turns what is pushed into what is asked of a robot's channels. */
import type { Control } from "@/api/types";
import type { Waves } from "@/sim/wheel";
import type { LiveChannel } from "@/sim/wire";
import type { Inputs } from "./inputs";
import { EVERYTHING, pushed } from "./inputs";

/** A control that is moved goes over all its range in so long, s. */
const OVER_ALL_S = 2.5;

interface Driven {
  control: Control;
  channel: LiveChannel;
}

export class Driver {
  private readonly driven: Driven[];
  private readonly places = new Map<string, number>();

  /** Of `controls` those whose channels the policy has; `meanwhile` others are held at a value. */
  constructor(
    controls: readonly Control[],
    channels: readonly LiveChannel[],
    private readonly meanwhile: Readonly<Record<string, number>>,
  ) {
    this.driven = controls.flatMap((control) => {
      const channel = channels.find(({ name }) => name === control.channel);
      return channel === undefined ? [] : [{ control, channel }];
    });
  }

  get controls(): Control[] {
    return this.driven.map(({ control }) => control);
  }

  /** What is asked after `dt` s of these inputs. */
  step(inputs: Inputs, dt: number): Waves {
    const all = EVERYTHING.some((key) => inputs.keys.has(key));
    const asked = this.driven.map(({ control, channel }): [string, number] => {
      const push = pushed(control, inputs);
      const share = all ? 1 : control.share;
      const value =
        control.manner === "held"
          ? push * share * (push > 0 ? channel.upper : -channel.lower)
          : this.moved(channel, push, dt);
      return [channel.name, value];
    });
    const constants = [...asked, ...Object.entries(this.meanwhile)];
    return Object.fromEntries(
      constants.map(([name, constant]) => [
        name,
        { constant, amplitude: 0, phase: 0, harmonic: 1 },
      ]),
    );
  }

  /** Everything that was moved, back to where it was. */
  centre(): void {
    this.places.clear();
  }

  private moved({ name, lower, upper }: LiveChannel, push: number, dt: number): number {
    const way = (push * dt * (upper - lower)) / OVER_ALL_S;
    const place = Math.min(upper, Math.max(lower, (this.places.get(name) ?? 0) + way));
    this.places.set(name, place);
    return place;
  }
}
