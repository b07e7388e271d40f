import * as Slider from "@radix-ui/react-slider";
import type { ReactNode } from "react";
import { words } from "@/lib/format";

export interface TermProps {
  term: string;
  color: string;
  value: number;
  initial: number;
  onChange: (value: number) => void;
  disabled?: boolean;
}

/** From no weight to three times what the author gave it. */
function TermSlider({
  term,
  color,
  value,
  initial,
  onChange,
  disabled = false,
}: TermProps): ReactNode {
  const sign = (initial || value) < 0 ? -1 : 1;
  const most = Math.max(3 * Math.abs(initial), Math.abs(value)) || 1;
  return (
    <Slider.Root
      className="relative flex h-5 w-full items-center select-none touch-none pointer-coarse:h-8"
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
          className="block size-3.5 rounded-full border-2 bg-panel transition-transform hover:scale-110 pointer-coarse:size-5"
          style={{ borderColor: color }}
        />
      )}
    </Slider.Root>
  );
}

/** A term's name, its slider and its figures; in a narrow place the slider has its own line. */
export function TermRow({ children, ...slider }: TermProps & { children: ReactNode }): ReactNode {
  const { term, color } = slider;
  return (
    <div className="@container text-[13px] leading-snug">
      <div className="flex flex-wrap items-center gap-x-3 @min-[21rem]:flex-nowrap @max-[21rem]:pb-1.5">
        <span className="flex min-w-0 flex-[1.35] items-center gap-2">
          <span
            className="size-2 shrink-0 rounded-full"
            style={{ background: color }}
            aria-hidden
          />
          <span className="min-w-0 break-words">{words(term)}</span>
        </span>
        <span className="order-last w-full @min-[21rem]:order-none @min-[21rem]:w-auto @min-[21rem]:flex-1">
          <TermSlider {...slider} />
        </span>
        {children}
      </div>
    </div>
  );
}
