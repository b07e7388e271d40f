import { X } from "lucide-react";
import type { ReactNode } from "react";
import { useId } from "react";
import type { QuantityInfo, Statistic } from "@/api/types";
import { words } from "@/lib/format";
import { Field, NumberInput, Select } from "@/ui/fields";
import type { CheckDraft } from "./checkDraft";
import {
  faultsOf,
  STATISTIC_LABELS,
  unitOf,
  usesFrequency,
  usesThreshold,
  withQuantity,
} from "./checkDraft";

interface Props {
  draft: CheckDraft;
  quantities: QuantityInfo[];
  /** How long an evaluation may last. */
  lastsS: number;
  onChange: (draft: CheckDraft) => void;
  onRemove: (() => void) | undefined;
}

type NumberField = "frequency" | "threshold" | "start" | "end" | "atLeast" | "atMost";

/** One success check as a form. */
export function CheckRow({ draft, quantities, lastsS, onChange, onRemove }: Props): ReactNode {
  const info = quantities.find(({ name }) => name === draft.quantity);
  const faults = faultsOf(draft, info, lastsS);
  const helpId = useId();
  const unit = unitOf(draft, info);

  const number = (field: NumberField, label: string, suffix: string) => (
    <Field label={label} fault={faults[field]}>
      {(id) => (
        <NumberInput
          id={id}
          aria-description={faults[field]}
          value={draft[field]}
          unit={suffix}
          invalid={faults[field] !== undefined}
          onChange={(event) => onChange({ ...draft, [field]: event.target.value })}
        />
      )}
    </Field>
  );

  return (
    <fieldset
      className="@container relative rounded-xl border border-line bg-well/60 p-3"
      data-testid="check-form"
      aria-describedby={helpId}
    >
      <legend className="sr-only">Success check {words(draft.id)}</legend>
      <div className="grid grid-cols-[minmax(0,1fr)_minmax(0,1fr)_2rem] gap-2">
        <Field label="What is measured" className={parts(info).length === 0 ? "col-span-2" : ""}>
          {(id) => (
            <Select
              id={id}
              value={draft.quantity}
              onChange={(event) => {
                const next = quantities.find(({ name }) => name === event.target.value);
                if (next !== undefined) onChange(withQuantity(draft, next));
              }}
            >
              {info === undefined && (
                <option value={draft.quantity}>{words(draft.quantity)}</option>
              )}
              {quantities.map((quantity) => (
                <option key={quantity.name} value={quantity.name}>
                  {quantity.label}
                </option>
              ))}
            </Select>
          )}
        </Field>
        {parts(info).length > 0 && (
          <Field label="Of which part" fault={faults.part}>
            {(id) => (
              <Select
                id={id}
                value={draft.part}
                onChange={(event) => onChange({ ...draft, part: event.target.value, path: null })}
              >
                {draft.path !== null && <option value="">distance from its path</option>}
                {draft.path === null && info?.part_required !== true && (
                  <option value="">{info?.whole || "all"}</option>
                )}
                {parts(info).map((part) => (
                  <option key={part} value={part}>
                    {words(part)}
                  </option>
                ))}
              </Select>
            )}
          </Field>
        )}
        <button
          type="button"
          onClick={onRemove}
          disabled={onRemove === undefined}
          aria-label={`Remove the check ${words(draft.id)}`}
          title={onRemove === undefined ? "One check has to stay" : "Remove this check"}
          className="mt-[18px] grid size-8 place-items-center rounded-md text-faint transition-colors hover:bg-raised hover:text-bad disabled:opacity-30"
        >
          <X className="size-4" aria-hidden />
        </button>
      </div>
      <p id={helpId} className="mt-1.5 text-[11px] leading-snug text-faint first-letter:uppercase">
        {info?.description}
      </p>
      <div className="mt-2 grid grid-cols-2 gap-2 @min-[26rem]:grid-cols-3">
        <Field label="Taken as" className="col-span-2 @min-[26rem]:col-span-1">
          {(id) => (
            <Select
              id={id}
              value={draft.statistic}
              onChange={(event) =>
                onChange({ ...draft, statistic: event.target.value as Statistic })
              }
            >
              {Object.entries(STATISTIC_LABELS).map(([statistic, label]) => (
                <option key={statistic} value={statistic}>
                  {label}
                </option>
              ))}
            </Select>
          )}
        </Field>
        {number("atLeast", "At least", unit)}
        {number("atMost", "At most", unit)}
        {number("start", "From", "s")}
        {number("end", "Until", "s")}
        {usesFrequency(draft.statistic) && number("frequency", "Beat", "Hz")}
        {usesThreshold(draft.statistic) && number("threshold", "Threshold", info?.unit ?? "")}
      </div>
    </fieldset>
  );
}

function parts(info: QuantityInfo | undefined): readonly string[] {
  return info?.parts ?? [];
}
