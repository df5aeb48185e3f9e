import { scaleLinear } from "d3-scale";
import { area, curveMonotoneX, line } from "d3-shape";
import {
  memo,
  useId,
  useState,
  type KeyboardEvent,
  type PointerEvent,
  type ReactElement,
  type ReactNode,
} from "react";

import { useWords } from "../i18n/index.js";
import { rem, useWidth } from "./size.js";

export interface Day {
  date: string;
  value: number;
}

interface Properties {
  label: string;
  days: readonly Day[];
  format: (value: number) => string;
  /** Show these days, both included. */
  onPick?: (from: string, to: string) => void;
  /** Values of which a sum means nothing: rates, means. */
  isRatio?: boolean;
  /** What people wrote, by day. */
  notes?: ReadonlyMap<string, readonly string[]>;
  /** What each is to reach. */
  goal?: number | undefined;
  /** What the last one is called while it is not over; null where it is. */
  unfinished?: string | null;
}

/** In rem: the whole, and what is above and below the days. */
const HEIGHT = 14;
const TOP = 1.375;
const BOTTOM = 1.625;

/** In rem: of a letter of the axis at most, and of the space behind its numbers. */
const LETTER = 0.43;
const SPACE = 0.5;

/** Pixels of a day below which bars become a line. */
const NARROWEST = 6;

/** A number a day, up to 365 of them in any width: bars where there is room, otherwise a line. */
export const DayChart = memo(function DayChart(properties: Properties): ReactElement {
  const { label, days, format, onPick, isRatio } = properties;
  const { f, t, isRightToLeft } = useWords();
  const { unfinished = t.today, notes, goal } = properties;
  const [frame, width] = useWidth<HTMLDivElement>();
  const [active, setActive] = useState<number | null>(null);
  /** Where a brush began; it reaches to the active day. */
  const [anchor, setAnchor] = useState<number | null>(null);
  const hint = useId();

  const most = Math.max(...days.map(({ value }) => value), goal ?? 0, 0);
  const unit = rem();
  const height = Math.round(HEIGHT * unit);
  const foot = height - Math.round(BOTTOM * unit);
  const scale = scaleLinear([0, most || 1], [foot, Math.round(TOP * unit)]).nice(4);
  const isWhole = days.every(({ value }) => Number.isInteger(value));
  const ticks = scale
    .ticks(4)
    .filter((tick) => (tick > 0 || most === 0) && (!isWhole || Number.isInteger(tick)));
  const letters = Math.max(...ticks.map((tick) => f.short(tick).length), 0);
  const gutter = Math.ceil((letters * LETTER + SPACE) * unit);
  const inner = Math.max(width - gutter, 0);
  const band = inner / Math.max(days.length, 1);
  const middle = (index: number): number =>
    isRightToLeft ? inner - (index + 0.5) * band : gutter + (index + 0.5) * band;

  const begin = isRightToLeft ? 0 : gutter;

  const within = (index: number): number => Math.min(Math.max(index, 0), days.length - 1);
  const nearest = (event: PointerEvent<HTMLDivElement>): number => {
    const place = event.clientX - event.currentTarget.getBoundingClientRect().left;
    return within(Math.floor((isRightToLeft ? inner - place : place - gutter) / band));
  };
  const forget = (): void => {
    setActive(null);
    setAnchor(null);
  };
  const pick = (one: number, other: number): void => {
    const from = days[Math.min(one, other)];
    const to = days[Math.max(one, other)];
    if (from && to) onPick?.(from.date, to.date);
    setAnchor(null);
  };
  const press = (event: PointerEvent<HTMLDivElement>): void => {
    const index = nearest(event);
    setActive(index);
    if (!onPick || event.button !== 0) return;
    event.currentTarget.setPointerCapture(event.pointerId);
    setAnchor(index);
  };
  const release = (event: PointerEvent<HTMLDivElement>): void => {
    const index = nearest(event);
    if (anchor !== null && anchor !== index) pick(anchor, index);
    else setAnchor(null);
  };

  const move = (event: KeyboardEvent): void => {
    const at = active ?? days.length - 1;
    const forward = isRightToLeft ? "ArrowLeft" : "ArrowRight";
    const back = isRightToLeft ? "ArrowRight" : "ArrowLeft";
    const to = {
      [forward]: at + 1,
      [back]: at - 1,
      PageUp: at - 7,
      PageDown: at + 7,
      Home: 0,
      End: days.length - 1,
    }[event.key];
    if (to !== undefined) {
      setAnchor(event.shiftKey && onPick ? (anchor ?? at) : null);
      setActive(within(to));
    } else if (event.key === "Enter" && onPick) pick(anchor ?? at, anchor === null ? days.length - 1 : at);
    else if (event.key === "Escape") forget();
    else return;
    event.preventDefault();
  };

  const chosen = active === null ? undefined : days[active];
  const isLast = active === days.length - 1;
  const brushed = anchor === null || active === null || anchor === active ? null : [anchor, active].sort((a, b) => a - b);
  return (
    <div
      className="days"
      ref={frame}
      tabIndex={0}
      role="group"
      aria-roledescription={t.table.chart}
      aria-label={label}
      aria-describedby={hint}
      onPointerMove={(event) => setActive(nearest(event))}
      onPointerDown={press}
      onPointerUp={release}
      onPointerCancel={forget}
      onPointerLeave={forget}
      onBlur={forget}
      onKeyDown={move}
      onDoubleClick={() => active !== null && pick(active, days.length - 1)}
    >
      <span className="unseen" id={hint}>
        {t.help.chart}
      </span>
      <svg width={width} height={height} aria-hidden="true" direction="ltr">
        {brushed && <Brush {...{ brushed, middle, band, top: TOP * unit, foot }} />}
        {ticks.map((tick) => (
          <g key={tick} transform={`translate(0,${Math.round(scale(tick)) + 0.5})`}>
            <line className="grid" x1={begin} x2={begin + inner} />
            <text
              className="tick"
              y={3.5}
              x={isRightToLeft ? width : 0}
              textAnchor={isRightToLeft ? "end" : "start"}
            >
              {f.short(tick)}
            </text>
          </g>
        ))}
        {width > 0 &&
          (band >= NARROWEST ? (
            <Bars {...{ days, middle, band, scale, active, isOver: unfinished === null }} />
          ) : (
            <Curve {...{ days, middle, scale }} />
          ))}
        {goal !== undefined && (
          <g className="goal" transform={`translate(0,${scale(goal)})`}>
            <line x1={begin} x2={begin + inner} />
            <text className="tick" y={-0.25 * unit} x={isRightToLeft ? 0 : width} textAnchor={isRightToLeft ? "start" : "end"}>
              {t.goals.value}: {format(goal)}
            </text>
          </g>
        )}
        {notes &&
          days.map(({ date }, index) =>
            notes.has(date) ? (
              <circle key={date} className="noted" cx={middle(index)} cy={foot} r={0.25 * unit} />
            ) : null,
          )}
        <line className="base" x1={begin} x2={begin + inner} y1={foot + 0.5} y2={foot + 0.5} />
        <Dates {...{ days, middle, band, width, unit, bottom: height }} />
        {chosen && active !== null && (
          <g className="active">
            {band < NARROWEST && (
              <circle cx={middle(active)} cy={scale(chosen.value)} r={4.5} />
            )}
            <line x1={middle(active)} x2={middle(active)} y1={TOP * unit} y2={scale(chosen.value)} />
          </g>
        )}
      </svg>
      <div className="tip" aria-live="polite" hidden={!chosen} style={place(active, middle, width)}>
        {brushed ? (
          <Brushed days={days.slice(brushed[0], (brushed[1] ?? 0) + 1)} format={isRatio ? null : format} />
        ) : (
          chosen && (
            <>
              <strong>{format(chosen.value)}</strong>
              <span>
                {f.day(chosen.date)}
                {isLast && unfinished ? ` · ${unfinished}` : ""}
              </span>
              {notes?.get(chosen.date)?.map((note) => (
                <em key={note}>
                  <bdi>{note}</bdi>
                </em>
              ))}
            </>
          )
        )}
      </div>
    </div>
  );
});

/** The days that are being chosen. */
function Brush({
  brushed,
  middle,
  band,
  top,
  foot,
}: {
  brushed: readonly number[];
  middle: (index: number) => number;
  band: number;
  top: number;
  foot: number;
}): ReactElement {
  const [left = 0, right = 0] = brushed.map(middle).sort((a, b) => a - b);
  return (
    <rect className="brush" x={left - band / 2} y={top} width={right - left + band} height={foot - top} />
  );
}

/** What is chosen: its sum where that means something, and from when to when. */
function Brushed({
  days,
  format,
}: {
  days: readonly Day[];
  format: ((value: number) => string) | null;
}): ReactElement {
  const { f } = useWords();
  const sum = days.reduce((total, { value }) => total + value, 0);
  return (
    <>
      {format && <strong>{format(sum)}</strong>}
      <span>{f.range(days[0]?.date ?? "", days.at(-1)?.date ?? "")}</span>
    </>
  );
}

/** Above the day, and never beyond an edge. */
function place(active: number | null, middle: (index: number) => number, width: number): object {
  if (active === null) return {};
  const share = width ? middle(active) / width : 0;
  return { left: `${share * 100}%`, transform: `translateX(${-share * 100}%)` };
}

type Scale = (value: number) => number;
interface Drawn {
  days: readonly Day[];
  middle: (index: number) => number;
  scale: Scale;
}

function Bars({
  days,
  middle,
  band,
  scale,
  active,
  isOver,
}: Drawn & { band: number; active: number | null; isOver: boolean }): ReactNode {
  const width = Math.max(Math.min(band - 2, band * 0.76, 44), 2);
  const radius = Math.min(3, width / 3);
  const foot = scale(0);
  return days.map(({ date, value }, index) => {
    const left = middle(index) - width / 2;
    const top = Math.min(scale(value), value > 0 ? foot - 1.5 : foot);
    const height = foot - top;
    const corner = Math.min(radius, height);
    return (
      <path
        key={date}
        className="bar"
        data-active={index === active || undefined}
        data-today={(!isOver && index === days.length - 1) || undefined}
        d={`M${left},${foot}V${top + corner}q0,${-corner} ${corner},${-corner}h${width - 2 * corner}q${corner},0 ${corner},${corner}V${foot}Z`}
      />
    );
  });
}

function Curve({ days, middle, scale }: Drawn): ReactNode {
  const x = (_: Day, index: number): number => middle(index);
  const y = ({ value }: Day): number => scale(value);
  const fill = area<Day>(x, scale(0), y).curve(curveMonotoneX);
  const stroke = line<Day>(x, y).curve(curveMonotoneX);
  return (
    <>
      <path className="fill" d={fill(days as Day[]) ?? ""} />
      <path className="stroke" d={stroke(days as Day[]) ?? ""} />
    </>
  );
}

/** As many dates as there is room for, counted back from today. */
function Dates({
  days,
  middle,
  band,
  width,
  unit,
  bottom,
}: Omit<Drawn, "scale"> & { band: number; width: number; unit: number; bottom: number }): ReactNode {
  const { f } = useWords();
  const isLong = days.length > 120;
  const room = (isLong ? 4 : 4.5) * unit;
  const step = Math.max(1, Math.ceil(room / Math.max(band, 0.01)));
  const shown = isLong
    ? days.flatMap(({ date }, index) => (date.endsWith("-01") ? [index] : []))
    : days.flatMap((_, index) => ((days.length - 1 - index) % step === 0 ? [index] : []));
  const sparse = isLong
    ? shown.filter((_, at) => at % Math.max(1, Math.ceil(room / (band * 30))) === 0)
    : shown;
  return sparse.map((index) => {
    const day = days[index];
    if (!day) return null;
    const at = middle(index);
    const half = 1.9 * unit;
    const anchor = at < half ? "start" : at > width - half ? "end" : "middle";
    const edge = anchor === "start" ? 0 : anchor === "end" ? width : at;
    return (
      <text
        key={day.date}
        className="tick"
        x={edge}
        y={bottom - 0.44 * unit}
        textAnchor={anchor}
      >
        {isLong ? f.month(day.date) : f.dayShort(day.date)}
      </text>
    );
  });
}

/** The same, newest first. */
export function DayTable({
  label,
  days,
  format,
  heading,
}: Properties & { heading: string }): ReactElement {
  const { f, t } = useWords();
  return (
    <div className="scroll tall" tabIndex={0} role="region" aria-label={`${t.table.show}: ${label}`}>
      <table>
        <thead>
          <tr>
            <th scope="col">{t.table.date}</th>
            <th scope="col" className="end">
              {heading}
            </th>
          </tr>
        </thead>
        <tbody>
          {days.toReversed().map(({ date, value }) => (
            <tr key={date}>
              <th scope="row">
                <time dateTime={date}>{f.day(date)}</time>
              </th>
              <td className="end">
                <data value={value}>{format(value)}</data>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
