/** From keys and sticks to how far each control is pushed, -1 to 1. */
import type { Control } from "@/api/types";

/** Below that a stick is at rest: none comes back to the very middle. */
const DEAD = 0.12;
/** While it is held down, a control goes all the way. */
export const EVERYTHING = ["ShiftLeft", "ShiftRight"];

/** What is pressed and pushed at a moment. */
export interface Inputs {
  /** `KeyboardEvent.code`. */
  keys: ReadonlySet<string>;
  /** Of a standard gamepad: left x, left y, right x, right y; right and down are positive. */
  axes: readonly number[];
}

/** How far a control is pushed: the first key, up and left are positive. */
export function pushed(control: Control, { keys, axes }: Inputs): number {
  let total = 0;
  for (const [more, less] of control.keys) {
    if (more !== undefined && keys.has(more)) total += 1;
    if (less !== undefined && keys.has(less)) total -= 1;
  }
  const stick = control.axis === null ? 0 : -(axes[control.axis] ?? 0);
  if (Math.abs(stick) > DEAD) total += (Math.sign(stick) * (Math.abs(stick) - DEAD)) / (1 - DEAD);
  return Math.min(1, Math.max(-1, total));
}

/** Whether keys mean text here. */
export function isTyping(target: EventTarget | null): boolean {
  const element = target as Partial<HTMLElement> | null;
  return (
    element?.isContentEditable === true ||
    ["INPUT", "TEXTAREA", "SELECT"].includes(element?.tagName ?? "")
  );
}

/** A key as it is printed: "W", "↑". */
export function keyName(code: string): string {
  const arrows: Record<string, string> = {
    ArrowUp: "↑",
    ArrowDown: "↓",
    ArrowLeft: "←",
    ArrowRight: "→",
  };
  return arrows[code] ?? code.replace(/^Key/, "");
}
