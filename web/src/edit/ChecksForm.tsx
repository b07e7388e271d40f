import { Plus } from "lucide-react";
import type { ReactNode } from "react";
import { useQuantities } from "@/api/edits";
import { CHECKS } from "@/generated/contract";
import { Button, Note } from "@/ui/kit";
import { CheckRow } from "./CheckRow";
import type { CheckDraft } from "./checkDraft";
import { newCheck } from "./checkDraft";

interface Props {
  robotId: string;
  checks: CheckDraft[];
  /** How long an evaluation may last. */
  lastsS: number;
  onChange: (checks: CheckDraft[]) => void;
}

/** The success checks of a candidate: what training has to reach, measured on the result. */
export function ChecksForm({ robotId, checks, lastsS, onChange }: Props): ReactNode {
  const quantities = useQuantities(robotId);
  const offered = quantities.data ?? [];
  const first = offered[0];
  return (
    <div className="space-y-2.5">
      {quantities.error !== null && (
        <Note
          kind="warn"
          title="What can be measured could not be loaded"
          action={<Button onClick={() => void quantities.refetch()}>Try again</Button>}
        >
          The bounds of these checks can be changed all the same.
        </Note>
      )}
      {checks.map((check) => (
        <CheckRow
          key={check.key}
          draft={check}
          quantities={offered}
          lastsS={lastsS}
          onChange={(next) => onChange(checks.map((each) => (each === check ? next : each)))}
          onRemove={
            checks.length > 1 ? () => onChange(checks.filter((each) => each !== check)) : undefined
          }
        />
      ))}
      <Button
        tone="quiet"
        disabled={first === undefined || checks.length >= CHECKS.maxCount}
        onClick={() => first !== undefined && onChange([...checks, newCheck(first, checks)])}
      >
        <Plus className="size-4" aria-hidden /> Add a check
      </Button>
    </div>
  );
}
