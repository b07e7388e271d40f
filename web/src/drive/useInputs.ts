import type { RefObject } from "react";
import { useEffect, useRef } from "react";
import type { Inputs } from "./inputs";
import { EVERYTHING, isTyping } from "./inputs";

const EVERY_MS = 40;
const AXES = 4;

/**
 * Calls `onTick` with what is pressed and pushed, 25 times a second, and the seconds since.
 *
 * `sticks` are those on the screen, four axes; a gamepad's are added to them. Keys among `used` do
 * nothing else meanwhile, unless somebody types.
 */
export function useInputs(
  used: readonly string[],
  sticks: RefObject<number[]>,
  onTick: (inputs: Inputs, dt: number) => void,
): void {
  const tick = useRef(onTick);
  tick.current = onTick;
  const known = used.join(" ");
  useEffect(() => {
    const taken = new Set([...known.split(" "), ...EVERYTHING]);
    const keys = new Set<string>();
    const down = (event: KeyboardEvent): void => {
      const shortcut = event.ctrlKey || event.metaKey || event.altKey;
      if (!taken.has(event.code) || shortcut || isTyping(event.target)) return;
      if (!EVERYTHING.includes(event.code)) event.preventDefault();
      keys.add(event.code);
    };
    const up = (event: KeyboardEvent): void => {
      keys.delete(event.code);
    };
    // A key that goes up in another window is never heard of.
    const left = (): void => keys.clear();
    // Before anything on the page that knows the same keys, such as the camera.
    window.addEventListener("keydown", down, { capture: true });
    window.addEventListener("keyup", up);
    window.addEventListener("blur", left);
    let before = performance.now();
    const timer = setInterval(() => {
      const now = performance.now();
      tick.current({ keys, axes: axes(sticks.current) }, Math.min(0.2, (now - before) / 1000));
      before = now;
    }, EVERY_MS);
    return () => {
      clearInterval(timer);
      window.removeEventListener("keydown", down, { capture: true });
      window.removeEventListener("keyup", up);
      window.removeEventListener("blur", left);
    };
  }, [known, sticks]);
}

/** The sticks on the screen and those of the gamepads, of each axis the one pushed farthest. */
function axes(sticks: readonly number[]): number[] {
  const pads = (navigator.getGamepads?.() ?? []).filter((pad) => pad?.mapping === "standard");
  return Array.from({ length: AXES }, (_, axis) =>
    [sticks[axis] ?? 0, ...pads.map((pad) => pad?.axes[axis] ?? 0)].reduce((most, value) =>
      Math.abs(value) > Math.abs(most) ? value : most,
    ),
  );
}
