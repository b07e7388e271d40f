import { describe, expect, it } from "vitest";
import type { Wanted } from "@/api/search";
import { ANYTHING } from "@/api/search";
import { paramsOf, sameWanted, wantedOf } from "@/pages/tasks/wanted";

const TAUGHT: Wanted = { ...ANYTHING, standing: "taught" };
const address = (text = "") => new URLSearchParams(text);

describe("what is looked for, in the address", () => {
  it.each([
    ANYTHING,
    { ...ANYTHING, text: "trot & hüpfe?" },
    { text: "x", robot: "arm", starred: true, standing: "failed" } satisfies Wanted,
  ])("comes back from there: %o", (wanted) => {
    const again = address(paramsOf(wanted, ANYTHING, address()).toString());
    expect(sameWanted(wantedOf(again, ANYTHING), wanted)).toBe(true);
  });

  it("leaves out what goes without saying, and lets be what is another's", () => {
    expect(paramsOf(TAUGHT, TAUGHT, address()).toString()).toBe("");
    const earlier = address("q=walk&kept=1&quality=low");
    expect(paramsOf(ANYTHING, ANYTHING, earlier).toString()).toBe("quality=low");
  });

  it("takes no state that there is not, and no text that the server would refuse", () => {
    expect(wantedOf(address("state=constructor"), TAUGHT).standing).toBe("taught");
    expect(wantedOf(address(`q=${"a".repeat(999)}`), ANYTHING).text).toHaveLength(200);
  });
});
