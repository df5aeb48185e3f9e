import type { NumberChange } from "@mentorhub/analytics";
import type { ReactElement, ReactNode } from "react";

import { useWords } from "./i18n/index.js";

/** A number as the API has it, and as the reader's language writes it. */
export function Figure({ value, children }: { value: number; children: ReactNode }): ReactElement {
  return <data value={value}>{children}</data>;
}

interface DeltaProperties {
  change: NumberChange | undefined;
  /** Writes the number as it was before. */
  format: (value: number) => string;
  /** Rates are compared in points: a percentage of percents misleads. */
  inPoints?: boolean;
  /** What more of it is. */
  tone?: "good" | "bad" | "none";
  hidesBefore?: boolean;
}

/** By how much a number changed, and what it was. */
export function Delta(properties: DeltaProperties): ReactElement | null {
  const { change, format, inPoints, tone: more = "good", hidesBefore } = properties;
  const { f, t } = useWords();
  if (!change || change.previous === null || change.change === null) return null;
  // nothing, as before: the number has said so
  if (change.change === 0 && change.previous === 0) return null;
  const direction = Math.sign(change.change);
  const tone =
    direction === 0 || more === "none" ? "none" : direction > 0 === (more === "good") ? "good" : "bad";
  const text = inPoints
    ? t.points(f.signed(change.change))
    : change.change_percent === null
      ? f.signed(change.change)
      : f.signedPercent(change.change_percent);
  return (
    <span className="delta" data-tone={tone} title={f.signed(change.change)}>
      <span aria-hidden="true">{direction > 0 ? "↑" : direction < 0 ? "↓" : "="} </span>
      <data value={inPoints ? change.change : (change.change_percent ?? change.change)}>{text}</data>
      {!hidesBefore && <span className="before"> {t.was(format(change.previous))}</span>}
    </span>
  );
}
