import {
  paths,
  useMetric,
  useMetrics,
  type Metric,
  type MetricAnswer,
  type MetricColumn,
  type MetricValue,
} from "@mentorhub/analytics";
import { useEffect, useMemo, useRef, useState, type ReactElement, type ReactNode } from "react";

import { LIMITS, show, useView } from "../address.js";
import { Categories } from "../charts/categories.js";
import { DayChart } from "../charts/days.js";
import { HeatMap } from "../charts/heat.js";
import { useWords } from "../i18n/index.js";
import { Label } from "../label.js";
import {
  dayOf,
  firstOf,
  headingOf,
  isDate,
  isGoingOn,
  keysOf,
  keyWriter,
  numbersOf,
  saidIn,
  seriesOf,
  titleOf,
  writer,
} from "../metric.js";
import { FEW, named, useMentor, useMentorNames } from "../names.js";
import { Delta, Figure } from "../numbers.js";
import { Panel } from "../panel.js";
import { Term } from "../term.js";
import { Rules } from "./alerts.js";
import { Goals, useGoalLine } from "./goals.js";
import { useNoted, useNotesByDay } from "./notes.js";

/** Every metric of the catalogue, or the one that was chosen. */
export function Metrics(): ReactElement {
  const { metric: name } = useView();
  const { t } = useWords();
  const catalogue = useMetrics({ unlisted: true });
  const metrics = catalogue.metrics ?? [];
  const alone = metrics.find((metric) => metric.name === name);
  if (alone) return <Alone key={alone.name} metric={alone} />;
  if (!catalogue.asOf) {
    return (
      <Panel name="catalogue" title={t.metrics.title} state={catalogue}>
        {null}
      </Panel>
    );
  }
  return (
    <div className="metrics">
      {metrics.filter(({ listed }) => listed).map((metric) => (
        <WhenNear key={metric.name}>
          {(isNear) => <One metric={metric} isAsked={isNear} />}
        </WhenNear>
      ))}
    </div>
  );
}

/** Those that are about a mentor, or the one of them that was chosen. */
export function OfMentor({ metrics }: { metrics: readonly Metric[] }): ReactElement {
  const { metric: name } = useView();
  const alone = metrics.find((metric) => metric.name === name);
  if (alone) return <Alone key={alone.name} metric={alone} />;
  return (
    <div className="metrics">
      {metrics.map((metric) => (
        <div key={metric.name} className="near">
          <One metric={metric} isAsked />
        </div>
      ))}
    </div>
  );
}

/** What is asked of a metric: its own window, or the page's, and only what it knows. */
export function useAsked(metric: Metric, isAsked: boolean, by?: readonly string[]) {
  const { days, from, to, compare, currency } = useView();
  const mentor = useMentor();
  const takes = (name: string): boolean => metric.parameters.includes(name);
  const groups = by?.length ? by : metric.by;
  const options = {
    ...(takes("from") ? { days: from ? null : days, from, to } : {}),
    ...(by?.length ? { by } : {}),
    with: {
      ...(mentor === null ? {} : { mentor_id: String(mentor) }),
      ...(takes("currency") && currency && !groups.includes("currency") ? { currency } : {}),
    },
    compare: compare && takes("compare"),
  };
  const state = useMetric(isAsked ? metric.name : null, options);
  const window = takes("notes") && mentor === null ? state.answer?.window : null;
  const path = useNoted(paths.metric(metric.name, options), window);
  return { state, path: takes("names") && mentor === null ? named(path) : path };
}

/** One among all: its usual grouping, and a way to more of it. */
function One({ metric, isAsked }: { metric: Metric; isAsked: boolean }): ReactElement {
  const { language, t } = useWords();
  const { state, path } = useAsked(metric, isAsked);
  const [measure, setMeasure] = useState<string | null>(null);
  const title = titleOf(metric, language, useMentor() !== null);
  const answer = state.data;
  return (
    <Panel
      name={`metrics/${metric.name}`}
      title={title.text}
      lang={title.lang}
      meaning={saidIn(metric.meaning, language)}
      state={state}
      path={path}
      more={
        <button type="button" onClick={() => show({ metric: metric.name, by: [], measure })}>
          <Label text={t.metrics.open} of={title.text} />
        </button>
      }
      aside={<Measures metric={metric} chosen={measure} onChoose={setMeasure} />}
      table={() => answer && <Table metric={metric} state={state} answer={answer} />}
    >
      {answer && <Drawn metric={metric} state={state} answer={answer} measure={measure} />}
    </Panel>
  );
}

/** One on a page of its own: by what one likes, drawn and as a table, and how it is counted. */
function Alone({ metric }: { metric: Metric }): ReactElement {
  const { by, measure } = useView();
  const { language, t } = useWords();
  const mentor = useMentor();
  const known = by.filter((name) => keysOf(metric).some((key) => key.name === name));
  const { state, path } = useAsked(metric, true, known);
  const title = titleOf(metric, language, mentor !== null);
  const meaning = saidIn(metric.meaning, language);
  const answer = state.data;
  return (
    <div className="alone">
      <p className="back">
        <button type="button" onClick={() => show({ metric: null, by: [], measure: null })}>
          <span aria-hidden="true">←</span> {t.metrics.all}
        </button>
      </p>
      <Panel
        name={`metrics/${metric.name}`}
        title={title.text}
        lang={title.lang}
        state={state}
        path={path}
        aside={
          <>
            <p className="note">
              <bdi lang={meaning.lang}>{meaning.text}</bdi>
            </p>
            <Grouping metric={metric} chosen={known.length ? known : metric.by} />
            <Measures metric={metric} chosen={measure} onChoose={(name) => show({ measure: name })} />
          </>
        }
        table={() => answer && <Table metric={metric} state={state} answer={answer} />}
      >
          {answer && <Drawn metric={metric} state={state} answer={answer} measure={measure} />}
      </Panel>
      {mentor === null && (
        <>
          <Goals metric={metric} currency={state.answer?.currency ?? null} />
          <Rules metric={metric} currency={state.answer?.currency ?? null} />
        </>
      )}
      <Audited of={metric} />
      <details className="definition">
        <summary>{t.metrics.definition}</summary>
        <pre dir="ltr" tabIndex={0}>
          {metric.definition}
        </pre>
      </details>
    </div>
  );
}

/** When it was last compared with MentorHub's rows, and whether it was right. */
function Audited({ of: { audited_at, drift } }: { of: Metric }): ReactElement | null {
  const { f, t } = useWords();
  if (!audited_at) return null;
  const when = f.moment(new Date(audited_at));
  return <p className="note">{drift ? t.metrics.drifted(when, drift) : t.metrics.audited(when)}</p>;
}

type MetricState = ReturnType<typeof useMetric>;

interface Shown {
  metric: Metric;
  state: MetricState;
  answer: MetricAnswer;
}

/** How the values of the columns are written; `rows` are those whose mentors are called by name. */
function useWriters({ metric, state, answer }: Shown, rows: readonly Record<string, MetricValue>[] = answer.rows) {
  const words = useWords();
  const currency = state.answer?.currency ?? "RUB";
  const mentors = answer.by.includes("mentor_id") ? rows.map((row) => Number(row["mentor_id"])) : [];
  const mentor = useMentorNames(mentors);
  return useMemo(() => {
    const keys = keysOf(metric).filter(({ name }) => answer.by.includes(name));
    const number = (measure: MetricColumn, row?: Record<string, MetricValue>) =>
      writer(words, measure.of, String(row?.["currency"] ?? currency));
    const label = (value: MetricValue, unit: string): string =>
      value === null ? "—" : unit === "moment" ? words.f.moment(new Date(value)) : String(value);
    return { keys, number, label, key: (key: MetricColumn) => keyWriter(words, key, mentor) };
  }, [words, metric, answer, currency, mentor]);
}

const NONE: readonly never[] = [];

/** The numbers over everything asked for, and the chart that the metric's file declares. */
function Drawn(properties: Shown & { measure: string | null }): ReactElement {
  const { metric, answer } = properties;
  const { t } = useWords();
  const numbers = numbersOf(metric);
  const measure = numbers.find(({ name }) => name === properties.measure) ?? firstOf(metric);
  if (!answer.rows.length) return <p className="empty">{t.metrics.none}</p>;
  const isOne = answer.rows.length === 1 && !answer.from;
  const isTable = metric.chart === "table";
  return (
    <>
      {(isOne || !isTable) && <Totals {...properties} chosen={isTable ? undefined : measure?.name} />}
      {measure && !isOne && <Chart {...properties} measure={measure} />}
    </>
  );
}

function Totals({ chosen, ...shown }: Shown & { chosen: string | undefined }): ReactElement | null {
  const { language } = useWords();
  const { number } = useWriters(shown, NONE);
  const { rows, total, comparison } = shown.answer;
  // what one row has is its total
  const numbers = numbersOf(shown.metric).filter((each) => each.total || rows.length === 1);
  if (!total || !numbers.length) return null;
  return (
    <dl className="totals">
      {numbers.map((measure) => {
        const value = total[measure.name];
        const format = number(measure);
        return (
          value !== undefined && (
            <div key={measure.name} data-number={`${shown.metric.name}.${measure.name}`} data-chosen={measure.name === chosen || undefined}>
              <dt>
                <Term meaning={saidIn(measure.title, language)}>
                  {headingOf(measure, language)}
                </Term>
              </dt>
              <dd>
                <Figure value={value}>{format(value)}</Figure>
                <Delta
                  change={comparison?.metrics[measure.name]}
                  format={format}
                  inPoints={measure.of === "percent"}
                  tone="none"
                  hidesBefore
                />
              </dd>
            </div>
          )
        );
      })}
    </dl>
  );
}

function Chart(shown: Shown & { measure: MetricColumn }): ReactElement {
  const { metric, answer, measure } = shown;
  const { keys } = useWriters(shown, NONE);
  const date = keys.find(isDate);
  if (date && metric.chart !== "heatmap" && metric.chart !== "table") return <Series {...shown} date={date} />;
  const [down, across] = keys;
  if (down && across && keys.length === 2 && metric.chart === "heatmap") {
    return <Heat {...shown} down={down} across={across} />;
  }
  const isBars = metric.chart === "histogram" || metric.chart === "funnel" || metric.chart === "bar";
  if (down && keys.length === 1 && isBars && answer.rows.length <= 50) return <Bars {...shown} of={down} measure={measure} />;
  return <Table {...shown} />;
}

function Heat({ down, across, measure, ...shown }: Shown & { measure: MetricColumn; down: MetricColumn; across: MetricColumn }): ReactElement {
  const { language } = useWords();
  const { key, number } = useWriters(shown);
  return (
    <HeatMap
      label={headingOf(measure, language)}
      rows={shown.answer.rows}
      down={{ name: down.name, write: key(down) }}
      across={{ name: across.name, write: key(across) }}
      measure={measure.name}
      format={number(measure)}
    />
  );
}

/** A histogram's classes, or a funnel's steps with their share of the step before. */
function Bars({ of, measure, ...shown }: Shown & { of: MetricColumn; measure: MetricColumn }): ReactElement {
  const { f, language, t } = useWords();
  const { key, number } = useWriters(shown);
  const isFunnel = shown.metric.chart === "funnel";
  const values = shown.answer.rows.map((row) => Number(row[measure.name]));
  const categories = shown.answer.rows.map((row, index) => {
    const before = values[index - 1];
    const share = before ? f.percent((100 * (values[index] ?? 0)) / before) : "";
    return { name: key(of)(row[of.name] ?? null), value: values[index] ?? 0, ...(isFunnel ? { aside: share } : {}) };
  });
  const heading = headingOf(measure, language);
  return (
    <Categories
      label={heading}
      headings={[headingOf(of, language), heading, isFunnel ? t.metrics.ofBefore : undefined]}
      categories={categories}
      format={number(measure)}
    />
  );
}

/** By date; where rows are of something else, too, one of those at a time. */
function Series({ date, measure, ...shown }: Shown & { date: MetricColumn; measure: MetricColumn }): ReactElement {
  const { language, t } = useWords();
  const [chosen, choose] = useState<string | null>(null);
  const { answer } = shown;
  const others = useMemo(
    () => keysOf(shown.metric).filter(({ name }) => name !== date.name && answer.by.includes(name)),
    [shown.metric, answer, date],
  );
  const all = useMemo(
    () => seriesOf(answer.rows, date.name, others.map(({ name }) => name), measure.name),
    [answer, date, others, measure],
  );
  const { key, number } = useWriters(shown, all.slice(0, FEW).map(({ row }) => row));
  const series = all.find(({ name }) => name === chosen) ?? all[0];
  const currency = others.length === 1 && others[0]?.name === "currency" ? series?.name : undefined;
  const format = useMemo(
    () => number(measure, currency ? { currency } : undefined),
    [number, measure, currency],
  );
  const { asOf, window } = shown.state.answer ?? {};
  const last = series?.days.at(-1)?.date;
  const today = asOf && window ? dayOf(asOf, window.timezone) : "";
  const mentor = useMentor();
  const notes = useNotesByDay(date.of === "day" && mentor === null ? window : null);
  const goal = useGoalLine(mentor === null ? shown.metric.name : null, measure.name, currency ?? shown.state.answer?.currency ?? null);
  const unfinished = last && isGoingOn(date, last, today) ? t.metrics.unfinished : null;
  if (!series) return <></>;
  return (
    <>
      {all.length > 1 && (
        <label className="aside">
          <span>{others.map((key) => headingOf(key, language)).join(", ")}</span>
          <select value={series.name} onChange={({ target }) => choose(target.value)}>
            {all.map(({ name, row }) => (
              <option key={name} value={name}>
                {others.map((each) => key(each)(row[each.name] ?? null)).join(", ")}
              </option>
            ))}
          </select>
        </label>
      )}
      <DayChart
        label={`${titleOf(shown.metric, language, mentor !== null).text}: ${headingOf(measure, language)}`}
        days={series.days}
        format={format}
        isRatio={measure.kind === "ratio"}
        unfinished={unfinished}
        notes={notes}
        goal={goal}
        {...(date.of === "day" ? { onPick: pick } : {})}
      />
    </>
  );
}

function pick(from: string, to: string): void {
  show({ from, to });
}

/** All keys and all numbers, as the API orders them; the newest first where there is a date. */
function Table(shown: Shown): ReactElement {
  const { metric, answer } = shown;
  const { language, t } = useWords();
  const { limit } = useView();
  const rows = keysOf(metric).some((each) => isDate(each) && answer.by.includes(each.name))
    ? answer.rows.toReversed()
    : answer.rows;
  const most = Math.max(limit, 50);
  const { keys, key, label, number } = useWriters(shown, rows.slice(0, most));
  const labels = metric.columns.filter(({ name, kind }) => kind === "label" && answer.rows[0] && name in answer.rows[0]);
  const numbers = numbersOf(metric);
  const title = titleOf(metric, language, useMentor() !== null).text;
  return (
    <>
      <div className="scroll tall" tabIndex={0} role="region" aria-label={`${t.table.show}: ${title}`}>
        <table>
          <thead>
            <tr>
              {[...keys, ...labels].map((column) => (
                <th key={column.name} scope="col">
                  {headingOf(column, language)}
                </th>
              ))}
              {numbers.map((column) => (
                <th key={column.name} scope="col" className="end">
                  {headingOf(column, language)}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {rows.slice(0, most).map((row) => (
              <tr key={keys.map(({ name }) => row[name]).join("/")}>
                {keys.map((each) => (
                  <td key={each.name} data-key={each.name}>
                    <bdi>{key(each)(row[each.name] ?? null)}</bdi>
                  </td>
                ))}
                {labels.map(({ name, of }) => (
                  <td key={name} className={of === "moment" ? "moment" : undefined}>
                    <bdi>{label(row[name] ?? null, of)}</bdi>
                  </td>
                ))}
                {numbers.map((measure) => (
                  <td key={measure.name} className="end" data-column={measure.name}>
                    <Figure value={Number(row[measure.name])}>
                      {number(measure, row)(Number(row[measure.name]))}
                    </Figure>
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {rows.length > most && (
        <footer>
          <button type="button" onClick={() => show({ limit: LIMITS.at(-1) ?? most })}>
            {t.courses.more}
          </button>
        </footer>
      )}
    </>
  );
}

function Measures({
  metric,
  chosen,
  onChoose,
}: {
  metric: Metric;
  chosen: string | null;
  onChoose: (name: string) => void;
}): ReactElement | null {
  const { language, t } = useWords();
  const numbers = numbersOf(metric);
  if (numbers.length < 2 || metric.chart === "table") return null;
  return (
    <label className="aside">
      <span className="unseen">{t.metrics.measure}</span>
      <select value={chosen ?? firstOf(metric)?.name} onChange={({ target }) => onChoose(target.value)}>
        {numbers.map((number) => (
          <option key={number.name} value={number.name}>
            {headingOf(number, language)}
          </option>
        ))}
      </select>
    </label>
  );
}

/** What rows are of: any of the metric's keys, one at least. */
function Grouping({ metric, chosen }: { metric: Metric; chosen: readonly string[] }): ReactElement {
  const { language, t } = useWords();
  const mentor = useMentor();
  return (
    <fieldset className="grouping">
      <legend>{t.metrics.by}</legend>
      {keysOf(metric).filter(({ name }) => mentor === null || name !== "mentor_id").map((key) => (
        <label key={key.name} className="check">
          <input
            type="checkbox"
            checked={chosen.includes(key.name)}
            disabled={chosen.length === 1 && chosen.includes(key.name)}
            onChange={({ target }) =>
              show({
                by: keysOf(metric)
                  .map(({ name }) => name)
                  .filter((name) => (name === key.name ? target.checked : chosen.includes(name))),
              })
            }
          />
          {headingOf(key, language)}
        </label>
      ))}
    </fieldset>
  );
}

/** Says whether it was near the window ever: what is far below is not asked for. */
function WhenNear({ children }: { children: (isNear: boolean) => ReactNode }): ReactElement {
  const place = useRef<HTMLDivElement>(null);
  const [isNear, setNear] = useState(false);
  useEffect(() => {
    if (!place.current || isNear) return;
    const observer = new IntersectionObserver(
      (entries) => setNear(entries.some(({ isIntersecting }) => isIntersecting)),
      { rootMargin: "600px" },
    );
    observer.observe(place.current);
    return () => observer.disconnect();
  }, [isNear]);
  return (
    <div className="near" ref={place}>
      {children(isNear)}
    </div>
  );
}
