import { useCallback, useEffect, useRef, useState } from "react";

export interface Playback {
  /** The step that is shown. */
  step: number;
  playing: boolean;
  speed: number;
  /** On from where it is; from the beginning if it is at its end. */
  play: () => void;
  pause: () => void;
  /** To a step, at which it stays. */
  seek: (step: number) => void;
  setSpeed: (speed: number) => void;
}

/** Where a recording of so many steps, `hz` of them a second, is in its playing. */
export function usePlayback(steps: number, hz: number): Playback {
  const [step, setStep] = useState(0);
  const [playing, setPlaying] = useState(true);
  const [speed, setSpeed] = useState(1);
  /** In steps, with fractions of one. */
  const position = useRef(0);
  const last = Math.max(0, steps - 1);

  useEffect(() => {
    if (!playing) return undefined;
    let before = performance.now();
    let asked = requestAnimationFrame(function advance(now) {
      position.current = Math.min(
        last,
        position.current + (Math.max(0, now - before) / 1000) * hz * speed,
      );
      before = now;
      setStep(Math.floor(position.current));
      if (position.current >= last) setPlaying(false);
      else asked = requestAnimationFrame(advance);
    });
    return () => cancelAnimationFrame(asked);
  }, [playing, last, hz, speed]);

  const seek = useCallback(
    (to: number) => {
      position.current = Math.max(0, Math.min(last, to));
      setStep(Math.floor(position.current));
      setPlaying(false);
    },
    [last],
  );
  const play = useCallback(() => {
    if (position.current >= last) position.current = 0;
    setPlaying(true);
  }, [last]);
  const pause = useCallback(() => setPlaying(false), []);
  return { step: Math.min(step, last), playing, speed, play, pause, seek, setSpeed };
}
