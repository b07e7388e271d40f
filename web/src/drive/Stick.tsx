import type { PointerEvent, ReactNode } from "react";
import { useRef, useState } from "react";

interface Props {
  label: string;
  /** Right and down are positive, -1 to 1; both 0 when it is let go of. */
  onPush: (x: number, y: number) => void;
}

/** A joystick for a finger, or for the mouse. */
export function Stick({ label, onPush }: Props): ReactNode {
  const [place, setPlace] = useState({ x: 0, y: 0 });
  const held = useRef<number | null>(null);

  const push = (x: number, y: number): void => {
    const size = Math.max(1, Math.hypot(x, y));
    setPlace({ x: x / size, y: y / size });
    onPush(x / size, y / size);
  };
  const follow = (event: PointerEvent<HTMLDivElement>): void => {
    if (held.current !== event.pointerId) return;
    const box = event.currentTarget.getBoundingClientRect();
    push(
      (2 * (event.clientX - box.left)) / box.width - 1,
      (2 * (event.clientY - box.top)) / box.height - 1,
    );
  };
  const release = (event: PointerEvent<HTMLDivElement>): void => {
    if (held.current !== event.pointerId) return;
    held.current = null;
    push(0, 0);
  };
  return (
    <div
      role="img"
      aria-label={label}
      title={label}
      className="relative size-24 shrink-0 touch-none rounded-full border border-line-strong bg-well select-none"
      onPointerDown={(event) => {
        held.current = event.pointerId;
        event.currentTarget.setPointerCapture(event.pointerId);
        follow(event);
      }}
      onPointerMove={follow}
      onPointerUp={release}
      onPointerCancel={release}
    >
      <span
        aria-hidden
        className="absolute top-1/2 left-1/2 -mt-5 -ml-5 size-10 rounded-full border border-accent/50 bg-accent/25"
        style={{ transform: `translate(${28 * place.x}px, ${28 * place.y}px)` }}
      />
    </div>
  );
}
