import { Circle, Square } from "lucide-react";
import type { ReactNode } from "react";
import { useEffect, useRef, useState } from "react";
import { canFilm, Film, save } from "./film";
import { Tool } from "./Tool";

/** A film is no longer than this, ms: it is kept in memory until it is saved. */
const LONGEST_MS = 60_000;

/** Films the picture, and saves the film when it is pressed again. */
export function FilmButton({ canvas }: { canvas: HTMLCanvasElement | null }): ReactNode {
  const film = useRef<Film | null>(null);
  const [filming, setFilming] = useState(false);

  const stop = async (): Promise<void> => {
    const { current } = film;
    film.current = null;
    setFilming(false);
    if (current === null) return;
    const { blob, suffix } = await current.stop();
    save(blob, `tabrl-${new Date().toISOString().slice(0, 19).replaceAll(":", "")}.${suffix}`);
  };
  const stopped = useRef(stop);
  stopped.current = stop;

  useEffect(() => {
    if (!filming) return undefined;
    const timer = setTimeout(() => void stopped.current(), LONGEST_MS);
    return () => clearTimeout(timer);
  }, [filming]);
  // Another picture: what was filmed of the last one is saved.
  // biome-ignore lint/correctness/useExhaustiveDependencies: the canvas is what it ends with
  useEffect(() => () => void stopped.current(), [canvas]);

  if (canvas === null || !canFilm()) return null;
  const begin = (): void => {
    film.current = new Film(canvas);
    setFilming(true);
  };
  return (
    <Tool
      label={filming ? "Stop and save the film" : "Film this"}
      onClick={() => (filming ? void stop() : begin())}
      icon={filming ? <Square className="fill-bad text-bad" /> : <Circle />}
      active={filming}
    />
  );
}
