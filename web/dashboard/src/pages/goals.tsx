import { useGoals, useMetric, type Goal, type Metric, type MetricColumn } from "@mentorhub/analytics";
import { useState, type ReactElement, type SubmitEvent } from "react";

import { useView } from "../address.js";
import { Meter } from "../charts/meter.js";
import { useWords } from "../i18n/index.js";
import { Label } from "../label.js";
import { headingOf, numbersOf, writer } from "../metric.js";
import { Figure } from "../numbers.js";

/** Windows that a goal may be for. */
const SPANS = [1, 7, 30, 90, 365];

/** What a day of the measure is to reach: the highest of its goals, for a line in its chart. */
export function useGoalLine(metric: string, measure: string, currency: string | null): number | undefined {
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
  const [trouble, setTrouble] = useState("");
  const attempt = (action: Promise<void>): void => {
    action.then(
      () => setTrouble(""),
      (error: unknown) => setTrouble(error instanceof Error ? error.message : t.states.error),
    );
  };
  return (
    <section className="goals" aria-label={t.goals.title}>
      <h3>{t.goals.title}</h3>
      <table className="bars">
        <tbody>
          {goals.goals.map((goal) => (
            <One key={goal.id} goal={goal} metric={metric} onRemove={() => attempt(goals.remove(goal.id))} />
          ))}
        </tbody>
      </table>
      <Form
        metric={metric}
        onSend={(measure, value, days) => {
          const filters = measure.of === "money" && currency ? { currency } : {};
          attempt(goals.add({ metric: metric.name, measure: measure.name, value, days, filters, text: null }));
        }}
      />
      {trouble && (
        <p className="detail" role="alert" lang="en">
          {trouble}
        </p>
      )}
    </section>
  );
}

/** A goal, and what the last so many days have of it. */
function One({ goal, metric, onRemove }: { goal: Goal; metric: Metric; onRemove: () => void }): ReactElement {
  const words = useWords();
  const { language, t } = words;
  const window = metric.parameters.includes("days") ? { days: goal.days } : {};
  const { total } = useMetric(metric.name, { ...window, with: goal.filters });
  const column = numbersOf(metric).find(({ name }) => name === goal.measure);
  const format = writer(words, column?.of ?? "count", goal.filters["currency"] ?? "RUB");
  const reached = total?.[goal.measure];
  const name = column ? headingOf(column, language) : goal.measure;
  return (
    <tr data-goal={goal.id}>
      <th scope="row">
        {goal.text ? <bdi>{goal.text}</bdi> : `${name}, ${t.window.days(goal.days)}`}
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
  onSend,
}: {
  metric: Metric;
  onSend: (measure: MetricColumn, value: number, days: number) => void;
}): ReactElement {
  const { language, t } = useWords();
  const { measure } = useView();
  const numbers = numbersOf(metric);
  const [chosen, choose] = useState(measure);
  const [value, setValue] = useState("");
  const [days, setDays] = useState(30);
  const column = numbers.find(({ name }) => name === chosen) ?? numbers[0];
  const submit = (event: SubmitEvent): void => {
    event.preventDefault();
    if (column) onSend(column, Number(value), days);
    setValue("");
  };
  return (
    <form className="entry" onSubmit={submit}>
      <select aria-label={t.metrics.measure} value={column?.name} onChange={({ target }) => choose(target.value)}>
        {numbers.map((each) => (
          <option key={each.name} value={each.name}>
            {headingOf(each, language)}
          </option>
        ))}
      </select>
      <input
        type="number"
        step="any"
        required
        aria-label={t.goals.value}
        placeholder={t.goals.value}
        value={value}
        onChange={({ target }) => setValue(target.value)}
      />
      {metric.parameters.includes("days") && (
        <select aria-label={t.window.label} value={days} onChange={({ target }) => setDays(Number(target.value))}>
          {SPANS.map((span) => (
            <option key={span} value={span}>
              {t.window.days(span)}
            </option>
          ))}
        </select>
      )}
      <button type="submit">{t.notes.add}</button>
    </form>
  );
}
