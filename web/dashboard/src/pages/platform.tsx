import {
  useMetric,
  useRevenue,
  useSessionAnalytics,
  useUserGrowth,
  type NumberChange,
} from "@mentorhub/analytics";
import { useMemo, type ReactElement, type ReactNode } from "react";

import { useView } from "../address.js";
import type { Day } from "../charts/days.js";
import { Sparkline } from "../charts/sparkline.js";
import { AsOf } from "../fresh.js";
import { useWords } from "../i18n/index.js";
import { Later } from "../later.js";
import { Delta, Figure } from "../numbers.js";
import { Term, type Meaning } from "../term.js";
import { meaningOf, useDays, useMoney, type Windows } from "./windows.js";

/** The administrator's page. */
export function Platform(): ReactElement {
  const { days, compare, currency } = useView();
  const windows = {
    growth: useUserGrowth(days, { compare }),
    sessions: useSessionAnalytics(days, { compare }),
    revenue: useRevenue(days, { compare, currency }),
  };
  return (
    <>
      <Cards {...windows} />
      <Later>{({ Panels }) => <Panels {...windows} />}</Later>
    </>
  );
}

function Cards({ growth, sessions, revenue }: Windows): ReactElement {
  const { f, t } = useWords();
  const users = useDays(growth.data, "new_users");
  const income = useDays(revenue.analytics?.daily_revenue, "revenue");
  const met = useSessionDays();
  const money = useMoney(revenue);
  // The window's own number of new users: the comparison has the sum, without one it is added up.
  const total = growth.data && users.reduce((sum, { value }) => sum + value, 0);
  return (
    <section className="cards" aria-label={t.cards.label}>
      <Card
        name="new_users"
        meaning={meaningOf("NewUsersBody.new_users")}
        title={t.cards.newUsers}
        state={growth}
        value={total}
        format={f.count}
        change={growth.comparison?.metrics["new_users"]}
      >
        <Sparkline values={useValues(users)} />
      </Card>
      <Card
        name="sessions.total"
        meaning={meaningOf("SessionAnalyticsBody.total")}
        title={t.cards.sessions}
        state={sessions}
        value={sessions.analytics?.total}
        format={f.count}
        change={sessions.comparison?.metrics["total"]}
      >
        <Sparkline values={useValues(met)} />
      </Card>
      <Card
        name="total_revenue"
        meaning={meaningOf("RevenueAnalyticsBody.total_revenue")}
        title={t.cards.revenue}
        state={revenue}
        value={revenue.analytics?.total_revenue}
        format={money}
        change={revenue.comparison?.metrics["total_revenue"]}
      >
        <Sparkline values={useValues(income)} />
      </Card>
      <Card
        name="transaction_count"
        meaning={meaningOf("RevenueAnalyticsBody.transaction_count")}
        title={t.cards.payments}
        state={revenue}
        value={revenue.analytics?.transaction_count}
        format={f.count}
        change={revenue.comparison?.metrics["transaction_count"]}
      />
      <Card
        name="avg_transaction"
        meaning={meaningOf("RevenueAnalyticsBody.avg_transaction")}
        title={t.cards.average}
        state={revenue}
        value={revenue.analytics?.avg_transaction}
        format={money}
        change={revenue.comparison?.metrics["avg_transaction"]}
      />
      <Card
        name="avg_duration_minutes"
        meaning={meaningOf("SessionAnalyticsBody.avg_duration_minutes")}
        title={t.cards.duration}
        state={sessions}
        value={sessions.analytics?.avg_duration_minutes}
        format={(value) => t.cards.minutes(f.number(value))}
        change={sessions.comparison?.metrics["avg_duration_minutes"]}
      />
    </section>
  );
}

function Card({
  name,
  meaning,
  title,
  state,
  value,
  format,
  change,
  children,
}: {
  name: string;
  meaning: Meaning;
  title: string;
  state: Windows[keyof Windows];
  value: number | undefined;
  format: (value: number) => string;
  change: NumberChange | undefined;
  children?: ReactNode;
}): ReactElement {
  const { t } = useWords();
  const text = value === undefined ? "" : format(value);
  return (
    <article className="card" data-number={name} aria-busy={state.isLoading || state.isChanging}>
      <h2>
        <Term meaning={meaning}>{title}</Term> <AsOf state={state} />
      </h2>
      <p className="figure" data-length={text.length > 18 ? "very" : text.length > 14 ? "long" : undefined}>
        {value === undefined ? (
          <span className={state.error ? "none" : "skeleton"}>
            {state.error ? "—" : <span className="unseen">{t.states.loading}</span>}
          </span>
        ) : (
          <Figure value={value}>{text}</Figure>
        )}
      </p>
      <p className="change">
        <Delta change={change} format={format} />
      </p>
      {children}
    </article>
  );
}

/** Sessions by day: the shape of the card's number, which the same rows add up to. */
function useSessionDays(): readonly Day[] {
  const { days } = useView();
  const { rows } = useMetric("session_day", { days, by: ["day"] });
  return useMemo(
    () => (rows ?? []).map((row) => ({ date: String(row["day"]), value: Number(row["sessions"]) })),
    [rows],
  );
}

function useValues(days: readonly Day[]): readonly number[] {
  return useMemo(() => days.map(({ value }) => value), [days]);
}
