import { describe, expect, it, vi } from "vitest";
import { moveByKey } from "@/viewer/picture/keys";

const camera = () => ({
  enableDamping: true,
  rotateLeft: vi.fn(),
  rotateUp: vi.fn(),
  dollyIn: vi.fn(),
  dollyOut: vi.fn(),
});
const press = (key: string, rest: object = {}) => ({
  key,
  defaultPrevented: false,
  preventDefault: vi.fn(),
  ...rest,
});

function moved(event: ReturnType<typeof press>): ReturnType<typeof camera> {
  const it = camera();
  moveByKey(event as unknown as KeyboardEvent, it);
  return it;
}

describe("the camera by keys", () => {
  it("turns one way and the other, and the page stays where it is", () => {
    const event = press("ArrowLeft");
    const left = moved(event).rotateLeft.mock.calls[0]?.[0];
    expect(event.preventDefault).toHaveBeenCalled();
    expect(moved(press("ArrowRight")).rotateLeft).toHaveBeenCalledWith(-left);
    const up = moved(press("ArrowUp")).rotateUp.mock.calls[0]?.[0];
    expect(moved(press("ArrowDown")).rotateUp).toHaveBeenCalledWith(-up);
  });

  it("comes nearer and goes away", () => {
    expect(moved(press("+")).dollyIn).toHaveBeenCalled();
    expect(moved(press("-")).dollyOut).toHaveBeenCalled();
  });

  it.each([
    press("ArrowLeft", { defaultPrevented: true }), // it drives the robot
    press("ArrowLeft", { altKey: true }), // the browser's way back
    press("-", { ctrlKey: true }), // its size of letters
    press("Tab"),
    press("constructor"),
  ])("leaves %o to others", (event) => {
    const it = moved(event);
    for (const move of [it.rotateLeft, it.rotateUp, it.dollyIn, it.dollyOut]) {
      expect(move).not.toHaveBeenCalled();
    }
    expect(event.preventDefault).not.toHaveBeenCalled();
  });
});
