import { useGoals, useMetric, type Goal, type Metric } from "@mentorhub/analytics";
import { useState, type ReactElement, type SubmitEvent } from "react";

import { Meter } from "../charts/meter.js";
import { useWords } from "../i18n/index.js";
import { Label } from "../label.js";
import { Figure } from "../numbers.js";
import { Refused, useAbout, useNumber, useTrouble, type About } from "./entries.js";

/** What a day of the measure is to reach: the highest of its goals, for a line in its chart. */
export function useGoalLine(metric: string | null, measure: string, currency: string | null): number | undefined {
  const { goals } = useGoals(metric);
  const lines = goals.filter(
    (goal) =>
      goal.days === 1 &&
      goal.measure === measure &&
      Object.entries(goal.filters).every(([key, value]) => key === "currency" && value === currency),
  );
  return lines.length ? Math.max(...lines.map(({ value }) => value)) : undefined;
}

/** The goals of a metric, how far they are reached, and a new one. */
export function Goals({ metric, currency }: { metric: Metric; currency: string | null }): ReactElement {
  const { t } = useWords();
  const goals = useGoals(metric.name);
  const trouble = useTrouble();
  return (
    <section className="goals" aria-label={t.goals.title}>
      <h3>{t.goals.title}</h3>
      <table className="bars">
        <tbody>
          {goals.goals.map((goal) => (
            <One
              key={goal.id}
              goal={goal}
              metric={metric}
              onRemove={() => void trouble.attempt(() => goals.remove(goal.id))}
            />
          ))}
        </tbody>
      </table>
      <Form
        metric={metric}
        currency={currency}
        onSend={(about, value) => trouble.attempt(() => goals.add({ ...about, value, text: null }))}
      />
      <Refused of={trouble} />
    </section>
  );
}

/** A goal, and what the last so many days have of it. */
function One({ goal, metric, onRemove }: { goal: Goal; metric: Metric; onRemove: () => void }): ReactElement {
  const { t } = useWords();
  const window = metric.parameters.includes("days") ? { days: goal.days } : {};
  const { total } = useMetric(metric.name, { ...window, with: goal.filters });
  const { name, format } = useNumber(metric, goal);
  const reached = total?.[goal.measure];
  return (
    <tr data-goal={goal.id}>
      <th scope="row">
        <bdi>{goal.text ?? name}</bdi>
      </th>
      <td>
        <Meter share={(reached ?? 0) / (goal.value || 1)} />
        <span>
          {reached !== undefined && <Figure value={reached}>{format(reached)}</Figure>}{" "}
          <small>{t.score.of(format(goal.value))}</small>
        </span>
      </td>
      <td>
        <button type="button" onClick={onRemove}>
          <Label text={t.notes.remove} of={goal.text ?? name} />
        </button>
      </td>
    </tr>
  );
}

function Form({
  metric,
  currency,
  onSend,
}: {
  metric: Metric;
  currency: string | null;
  onSend: (about: About, value: number) => Promise<boolean>;
}): ReactElement {
  const { t } = useWords();
  const { fields, about } = useAbout(metric, currency);
  const [value, setValue] = useState("");
  const submit = async (event: SubmitEvent): Promise<void> => {
    event.preventDefault();
    if (await onSend(about, Number(value))) setValue("");
  };
  return (
    <form className="entry" onSubmit={(event) => void submit(event)}>
      {fields}
      <input
        type="number"
        step="any"
        required
        aria-label={t.goals.value}
        placeholder={t.goals.value}
        value={value}
        onChange={({ target }) => setValue(target.value)}
      />
      <button type="submit">{t.notes.add}</button>
    </form>
  );
}
