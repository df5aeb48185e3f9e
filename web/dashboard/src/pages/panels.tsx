import { paths, usePlatformStats } from "@mentorhub/analytics";
import { useMemo, type ReactElement } from "react";

import { LONGEST, show, useView } from "../address.js";
import { DayChart, DayTable, type Day } from "../charts/days.js";
import { Meter } from "../charts/meter.js";
import { useWords } from "../i18n/index.js";
import { named, useMentorNames } from "../names.js";
import { Delta, Figure } from "../numbers.js";
import { Panel } from "../panel.js";
import { Term } from "../term.js";
import { Fired } from "./alerts.js";
import { Courses } from "./courses.js";
import { useGoalLine } from "./goals.js";
import { Lookup } from "./lookup.js";
import { Notes, useNoted, useNotesByDay } from "./notes.js";
import { meaningOf, useDays, useMoney, type Windows } from "./windows.js";

/** The administrator's page below its cards. */
export function Panels({ growth, sessions, revenue }: Windows): ReactElement {
  return (
    <>
      <div className="pair">
        <Growth growth={growth} />
        <Income revenue={revenue} />
      </div>
      <div className="triple">
        <Statuses sessions={sessions} />
        <Mentors sessions={sessions} />
        <Lookup />
      </div>
      <Courses />
      <div className="pair">
        <Notes window={growth.answer?.window} />
        <Fired />
      </div>
      <AllTime />
    </>
  );
}

function Growth({ growth }: Pick<Windows, "growth">): ReactElement {
  const { days, compare } = useView();
  const { f, t } = useWords();
  const users = useDays(growth.data, "new_users");
  const notes = useNotesByDay(growth.answer?.window);
  const goal = useGoalLine("user_day", "new_users", null);
  const chart = { label: t.growth.title, notes, goal, days: users, format: t.growth.unit, onPick: useMemo(() => beginAt(users), [users]) };
  return (
    <Panel
      name="user_growth"
      meaning={meaningOf("NewUsersBody.new_users")}
      title={t.growth.title}
      state={growth}
      path={useNoted(paths.userGrowth(days, { compare }), growth.answer?.window)}
      isEmpty={isNothing(users)}
      table={() => <DayTable {...chart} format={f.count} heading={t.cards.newUsers} />}
    >
      <DayChart {...chart} />
    </Panel>
  );
}

function Income({ revenue }: Pick<Windows, "revenue">): ReactElement {
  const { days, compare, currency } = useView();
  const { t } = useWords();
  const income = useDays(revenue.analytics?.daily_revenue, "revenue");
  const format = useMoney(revenue);
  const notes = useNotesByDay(revenue.answer?.window);
  const goal = useGoalLine("payment_day", "amount", revenue.answer?.currency ?? null);
  const chart = { label: t.revenue.title, notes, goal, days: income, format, onPick: useMemo(() => beginAt(income), [income]) };
  return (
    <Panel
      name="revenue"
      meaning={meaningOf("DailyRevenueBody.revenue")}
      title={t.revenue.title}
      state={revenue}
      path={useNoted(paths.revenue(days, { compare, currency }), revenue.answer?.window)}
      isEmpty={isNothing(income)}
      table={() => <DayTable {...chart} heading={t.cards.revenue} />}
    >
      <DayChart {...chart} />
    </Panel>
  );
}

/** What more of a status is; of the others it is neither. */
const TONES: Record<string, "good" | "bad"> = {
  completed: "good",
  cancelled: "bad",
  no_show: "bad",
};

function Statuses({ sessions }: Pick<Windows, "sessions">): ReactElement {
  const { days, compare } = useView();
  const { f, t } = useWords();
  const statuses = Object.entries(sessions.analytics?.by_status ?? {});
  const most = Math.max(...statuses.map(([, count]) => count), 1);
  const name = (status: string): string => t.statuses.names[status] ?? status;
  return (
    <Panel
      name="statuses"
      meaning={meaningOf("SessionAnalyticsBody.by_status")}
      title={t.statuses.title}
      state={sessions}
      path={paths.sessions(days, { compare })}
      isEmpty={sessions.analytics?.total === 0}
    >
      <table className="bars">
        <caption className="unseen">{t.statuses.title}</caption>
        <thead className="unseen">
          <tr>
            <th scope="col">{t.statuses.status}</th>
            <th scope="col">{t.cards.sessions}</th>
            <th scope="col">{t.compare}</th>
          </tr>
        </thead>
        <tbody>
          {statuses.map(([status, count]) => (
            <tr key={status} data-row={status}>
              <th scope="row">{name(status)}</th>
              <td>
                <Meter share={count / most} tone={status} />
                <Figure value={count}>{f.count(count)}</Figure>
              </td>
              <td>
                <Delta
                  change={sessions.comparison?.metrics[`by_status.${status}`]}
                  format={f.count}
                  tone={TONES[status] ?? "none"}
                  hidesBefore
                />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </Panel>
  );
}

function Mentors({ sessions }: Pick<Windows, "sessions">): ReactElement {
  const { days, compare } = useView();
  const { f, t } = useWords();
  const mentors = sessions.analytics?.top_mentors ?? [];
  const name = useMentorNames(mentors.map(({ mentor_id }) => mentor_id));
  const most = mentors[0]?.sessions ?? 1;
  return (
    <Panel
      name="mentors"
      meaning={meaningOf("SessionAnalyticsBody.top_mentors")}
      title={t.mentors.title}
      state={sessions}
      path={named(paths.sessions(days, { compare }))}
      isEmpty={mentors.length === 0}
    >
      <table className="bars">
        <caption className="unseen">{t.mentors.title}</caption>
        <thead className="unseen">
          <tr>
            <th scope="col">{t.mentors.mentor}</th>
            <th scope="col">{t.mentors.sessions}</th>
          </tr>
        </thead>
        <tbody>
          {mentors.map(({ mentor_id, sessions: count }) => (
            <tr key={mentor_id} data-row={mentor_id}>
              <th scope="row">
                <button type="button" className="link" onClick={() => show({ page: "mentor", mentor: mentor_id, metric: null })}>
                  <bdi>{name(mentor_id)}</bdi>
                </button>
              </th>
              <td>
                <Meter share={count / most} />
                <Figure value={count}>{f.count(count)}</Figure>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </Panel>
  );
}

function AllTime(): ReactElement {
  const { compare, currency } = useView();
  const { f, t } = useWords();
  const state = usePlatformStats({ compare, currency });
  const { stats } = state;
  const words = t.allTime;
  const money = (value: number): string => f.money(value, stats?.revenue.currency ?? "RUB");
  const number = (
    path: string,
    title: string,
    value: number,
    format: (value: number) => string = f.count,
    inPoints = false,
  ): ReactElement => (
    <div key={path} data-number={path}>
      <dt>
        <Term meaning={meaningOf(fieldOf(path))}>{title}</Term>
      </dt>
      <dd>
        <Figure value={value}>{format(value)}</Figure>
        <Delta
          change={stats?.comparison?.metrics[path]}
          format={format}
          inPoints={inPoints}
          hidesBefore
        />
      </dd>
    </div>
  );
  return (
    <Panel
      name="platform"
      title={words.title}
      state={state}
      path={paths.platform({ compare, currency })}
      aside={stats?.comparison ? <p className="note">{words.since}</p> : null}
    >
      {stats && (
        <div className="ledger">
          <dl>
            {number("users.total", words.users, stats.users.total)}
            {number("users.students", words.students, stats.users.students)}
            {number("users.mentors", words.mentors, stats.users.mentors)}
            {number("users.verified", words.verified, stats.users.verified)}
            {number("users.verification_rate", `${words.verified}, %`, stats.users.verification_rate, f.percent, true)}
          </dl>
          <dl>
            {number("sessions.total", words.sessions, stats.sessions.total)}
            {number("sessions.completed", words.completed, stats.sessions.completed)}
            {number("sessions.scheduled", words.scheduled, stats.sessions.scheduled)}
            {number("sessions.completion_rate", words.completionRate, stats.sessions.completion_rate, f.percent, true)}
          </dl>
          <dl>
            {number("courses.total", words.courses, stats.courses.total)}
            {number("courses.published", words.published, stats.courses.published)}
            {number("courses.enrollments", words.enrollments, stats.courses.enrollments)}
            {number("courses.avg_enrollments_per_course", words.perCourse, stats.courses.avg_enrollments_per_course, f.number)}
          </dl>
          <dl>
            {number("reviews.total", words.reviews, stats.reviews.total)}
            {number("reviews.average_rating", words.rating, stats.reviews.average_rating, f.rating)}
            {number("revenue.total", words.revenue, stats.revenue.total, money)}
          </dl>
        </div>
      )}
    </Panel>
  );
}

/** The field of a number by its path in the body, as `sessions.total`. */
function fieldOf(path: string): string {
  return `Platform${path.charAt(0).toUpperCase()}${path.slice(1).replace(".", "Body.")}`;
}

function isNothing(days: readonly Day[]): boolean {
  return days.every(({ value }) => value === 0);
}

/** Windows of these answers end today: one that begins with a day has so many. */
function beginAt(days: readonly Day[]): (from: string) => void {
  return (from) => {
    const index = days.findIndex((day) => day.date === from);
    if (index >= 0) show({ days: Math.min(days.length - index, LONGEST) });
  };
}
