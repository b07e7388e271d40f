import * as Slider from "@radix-ui/react-slider";
import type { ReactNode } from "react";
import { words } from "@/lib/format";

interface Props {
  term: string;
  color: string;
  value: number;
  initial: number;
  onChange: (value: number) => void;
  disabled?: boolean;
}

/** The slider of a term's weight: from none to three times what the author gave it. */
export function TermSlider({
  term,
  color,
  value,
  initial,
  onChange,
  disabled = false,
}: Props): ReactNode {
  const sign = (initial || value) < 0 ? -1 : 1;
  const most = Math.max(3 * Math.abs(initial), Math.abs(value)) || 1;
  return (
    <Slider.Root
      className="relative flex h-5 items-center select-none touch-none"
      min={0}
      max={most}
      step={most / 60}
      value={[Math.abs(value)]}
      disabled={disabled}
      onValueChange={([next]) => onChange(sign * (next ?? 0))}
    >
      <Slider.Track className="relative h-1 grow rounded-full bg-line">
        <Slider.Range
          className="absolute h-full rounded-full"
          style={{ background: color, opacity: 0.75 }}
        />
      </Slider.Track>
      {!disabled && (
        <Slider.Thumb
          aria-label={`Weight of ${words(term)}`}
          aria-valuetext={String(value)}
          className="block size-3.5 rounded-full border-2 bg-panel transition-transform hover:scale-110"
          style={{ borderColor: color }}
        />
      )}
    </Slider.Root>
  );
}

/** A term's name after a dot of its colour. */
export function TermName({ term, color }: { term: string; color: string }): ReactNode {
  return (
    <span className="flex min-w-0 items-center gap-2">
      <span className="size-2 shrink-0 rounded-full" style={{ background: color }} aria-hidden />
      <span className="truncate" title={words(term)}>
        {words(term)}
      </span>
    </span>
  );
}
