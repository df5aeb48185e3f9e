import type { ReactElement } from "react";

import { Figure } from "../numbers.js";
import { Meter } from "./meter.js";

export interface Category {
  name: string;
  value: number;
  /** What is said beside it: a step's share of the one before. */
  aside?: string;
}

interface Properties {
  label: string;
  headings: readonly [string, string, string | undefined];
  categories: readonly Category[];
  format: (value: number) => string;
}

/** A bar each, in the order given: a histogram's classes, a funnel's steps. */
export function Categories({ label, headings, categories, format }: Properties): ReactElement {
  const most = Math.max(...categories.map(({ value }) => value), 0) || 1;
  const [name, number, aside] = headings;
  return (
    <table className="bars">
      <caption className="unseen">{label}</caption>
      <thead className="unseen">
        <tr>
          <th scope="col">{name}</th>
          <th scope="col">{number}</th>
          {aside && <th scope="col">{aside}</th>}
        </tr>
      </thead>
      <tbody>
        {categories.map((category) => (
          <tr key={category.name} data-row={category.name}>
            <th scope="row">
              <bdi>{category.name}</bdi>
            </th>
            <td>
              <Meter share={category.value / most} />
              <Figure value={category.value}>{format(category.value)}</Figure>
            </td>
            {aside && <td>{category.aside}</td>}
          </tr>
        ))}
      </tbody>
    </table>
  );
}
