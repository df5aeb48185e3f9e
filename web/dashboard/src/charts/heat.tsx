import type { CSSProperties, ReactElement } from "react";

import type { MetricValue } from "@mentorhub/analytics";

interface Properties {
  label: string;
  rows: readonly Record<string, MetricValue>[];
  /** The keys down and across, and how each is written. */
  down: { name: string; write: (value: MetricValue) => string };
  across: { name: string; write: (value: MetricValue) => string };
  measure: string;
  format: (value: number) => string;
}

/** Columns up to which numbers have room in their cells. */
const LEGIBLE = 12;

/** Two keys against each other, darker where there is more: weekdays by hours, cohorts by weeks. */
export function HeatMap({ label, rows, down, across, measure, format }: Properties): ReactElement {
  const values = new Map<string, number>();
  for (const row of rows) values.set(`${row[down.name]}/${row[across.name]}`, Number(row[measure]));
  const most = Math.max(...values.values(), 0) || 1;
  const lines = distinct(rows, down.name);
  const columns = distinct(rows, across.name);
  const letters = Math.max(...lines.map((line) => down.write(line).length));
  return (
    <div className="scroll" tabIndex={0} role="region" aria-label={label}>
      <table className="heat" style={{ "--letters": letters } as CSSProperties} data-legible={columns.length <= LEGIBLE || undefined}>
        <thead>
          <tr>
            <td />
            {columns.map((column, index) => (
              <th key={String(column)} scope="col">
                <span className={columns.length > LEGIBLE && index % 3 ? "unseen" : undefined}>
                  {across.write(column)}
                </span>
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {lines.map((line) => (
            <tr key={String(line)}>
              <th scope="row">{down.write(line)}</th>
              {columns.map((column) => {
                const value = values.get(`${line}/${column}`);
                return (
                  <td
                    key={String(column)}
                    style={{ "--share": (value ?? 0) / most } as CSSProperties}
                    title={`${down.write(line)}, ${across.write(column)}: ${value === undefined ? "—" : format(value)}`}
                  >
                    {value !== undefined && <data value={value}>{format(value)}</data>}
                  </td>
                );
              })}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function distinct(rows: readonly Record<string, MetricValue>[], key: string): MetricValue[] {
  return [...new Set(rows.map((row) => row[key] ?? null))].sort((one, other) =>
    typeof one === "number" && typeof other === "number" ? one - other : String(one).localeCompare(String(other)),
  );
}
