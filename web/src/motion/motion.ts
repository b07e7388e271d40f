/** What is asked, as fields: the numbers of a specification of motion in words, each of them to be changed. */
import type { AskableInfo, MotionSpec, Target } from "@/api/types";
import { figure, words } from "@/lib/format";

/** A number of a specification: where it is, how it reads, and what it is now. */
export interface Chip {
  phase: number;
  target: number;
  field: "value" | "mean" | "amplitude" | "hz";
  label: string;
  unit: string;
  /** Without the sign that the label says. */
  size: number;
  sign: 1 | -1;
}

/** The numbers of every phase, in order; what has none is left to `wordsOf`. */
export function chipsOf(motion: MotionSpec, askables: readonly AskableInfo[]): Chip[][] {
  const known = new Map(askables.map((one) => [one.name, one]));
  return motion.phases.map((phase, index) =>
    (phase.targets ?? []).flatMap((target, place) =>
      chips(target, known.get(target.quantity)).map((chip) => ({
        ...chip,
        phase: index,
        target: place,
      })),
    ),
  );
}

type Bare = Omit<Chip, "phase" | "target">;

function chips(target: Target, info: AskableInfo | undefined): Bare[] {
  const unit = info?.unit ?? "";
  const part = target.part ? `${target.part} ` : "";
  const name = part + (info?.label ?? words(target.quantity));
  const { shape } = target;
  if (shape.kind === "constant") {
    // Standing still has no number that could be another one.
    if (shape.value === 0) return [];
    const down = shape.value < 0 && !!info?.negative;
    const said = down ? info?.negative : info?.positive;
    return [
      {
        field: "value",
        label: part + (said ?? name),
        unit,
        size: down ? -shape.value : shape.value,
        sign: down ? -1 : 1,
      },
    ];
  }
  if (shape.kind === "sinusoid") {
    const swing: Bare[] = [
      { field: "amplitude", label: `${name} ±`, unit, size: shape.amplitude, sign: 1 },
    ];
    // Without one of its own it keeps the tempo of the whole.
    if (shape.hz != null) {
      swing.push({ field: "hz", label: `${name} at`, unit: "Hz", size: shape.hz, sign: 1 });
    }
    const about: Bare = {
      field: "mean",
      label: `${name} about`,
      unit,
      size: shape.mean ?? 0,
      sign: 1,
    };
    return shape.mean ? [about, ...swing] : swing;
  }
  return [];
}

/** What of a phase is not a number: its gait, standing still, as fast as it can, how long it lasts. */
export function wordsOf(
  motion: MotionSpec,
  phase: number,
  askables: readonly AskableInfo[],
): string[] {
  const known = new Map(askables.map((one) => [one.name, one]));
  const { targets = [], gait, until } = motion.phases[phase] ?? {};
  const said = gait ? [gait] : [];
  for (const { quantity, shape } of targets) {
    const label = known.get(quantity)?.positive ?? words(quantity);
    if (shape.kind === "constant" && shape.value === 0) said.push(`not ${label}`);
    if (shape.kind === "extreme") said.push(`${label}, as much as it can`);
    if (shape.kind === "path") said.push(wayOf(shape));
  }
  if (until?.kind === "reached") {
    const { label, unit } = known.get(until.quantity) ?? { label: words(until.quantity), unit: "" };
    said.push(`until ${label} ${until.by > 0 ? "+" : ""}${figure(until.by)} ${unit}`.trim());
  }
  if (until?.kind === "duration") said.push(`for ${figure(until.seconds)} s`);
  return said;
}

function wayOf({ points, repeat }: Extract<Target["shape"], { kind: "path" }>): string {
  const [begin, end] = [points[0]?.[0] ?? 0, points.at(-1)?.[0] ?? 0];
  const along = `along ${points.length} points`;
  return repeat ? `${along}, a round in ${figure(end - begin)} s` : `${along}, in ${figure(end)} s`;
}

/** The specification with another number in one place. */
export function withSize(motion: MotionSpec, chip: Chip, size: number): MotionSpec {
  const value = chip.sign * size;
  return {
    ...motion,
    phases: motion.phases.map((phase, index) =>
      index !== chip.phase
        ? phase
        : {
            ...phase,
            targets: (phase.targets ?? []).map((target, place) =>
              place !== chip.target
                ? target
                : { ...target, shape: { ...target.shape, [chip.field]: value } as Target["shape"] },
            ),
          },
    ),
  };
}

/** The number that was typed, a decimal comma included; null if it is none. */
export function numberOf(text: string): number | null {
  const value = Number(text.trim().replace(",", ".").replace("−", "-"));
  return text.trim() !== "" && Number.isFinite(value) ? value : null;
}
