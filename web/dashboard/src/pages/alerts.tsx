import {
  useAlerts,
  useFired,
  useMetrics,
  type Alert,
  type AlertEntry,
  type Firing,
  type Metric,
} from "@mentorhub/analytics";
import { useState, type ReactElement, type SubmitEvent } from "react";

import { show } from "../address.js";
import { useWords } from "../i18n/index.js";
import { Label } from "../label.js";
import { titleOf } from "../metric.js";
import { Figure } from "../numbers.js";
import { Panel } from "../panel.js";
import { Refused, useAbout, useNumber, useTrouble } from "./entries.js";

/** What a rule says, and how to write its number or its change. */
function useRule(alert: Alert): { sentence: string; metric: Metric | undefined; format: (value: number) => string } {
  const { f, t } = useWords();
  const metric = useMetrics({ unlisted: true }).metrics?.find(({ name }) => name === alert.metric);
  const { name, format: number } = useNumber(metric, alert);
  const format = alert.is_relative ? f.signedPercent : number;
  const limit = t.alerts[alert.direction](format(alert.threshold));
  return { sentence: alert.text ?? `${name}: ${limit}`, metric, format };
}

/** The rules of a metric, and a new one. */
export function Rules({ metric, currency }: { metric: Metric; currency: string | null }): ReactElement {
  const { t } = useWords();
  const rules = useAlerts();
  const trouble = useTrouble();
  return (
    <section className="watched" aria-label={t.alerts.title}>
      <h3>{t.alerts.title}</h3>
      <ul className="notes">
        {rules.alerts
          .filter((alert) => alert.metric === metric.name)
          .map((alert) => (
            <Rule
              key={alert.id}
              alert={alert}
              onRemove={() => void trouble.attempt(() => rules.remove(alert.id))}
            />
          ))}
      </ul>
      <Form
        metric={metric}
        currency={currency}
        onSend={(entry) => trouble.attempt(() => rules.add(entry))}
      />
      <Refused of={trouble} />
    </section>
  );
}

function Rule({ alert, onRemove }: { alert: Alert; onRemove: () => void }): ReactElement {
  const { t } = useWords();
  const { sentence } = useRule(alert);
  return (
    <li data-alert={alert.id}>
      <bdi>{sentence}</bdi>
      {alert.webhook && (
        <small>
          <bdi dir="ltr">{alert.webhook}</bdi>
        </small>
      )}
      <button type="button" className="last" onClick={onRemove}>
        <Label text={t.notes.remove} of={sentence} />
      </button>
    </li>
  );
}

function Form({
  metric,
  currency,
  onSend,
}: {
  metric: Metric;
  currency: string | null;
  onSend: (entry: AlertEntry) => Promise<boolean>;
}): ReactElement {
  const { t } = useWords();
  const { fields, about } = useAbout(metric, currency);
  const [kind, setKind] = useState("above");
  const [threshold, setThreshold] = useState("");
  const [webhook, setWebhook] = useState("");
  const [direction, isRelative] = kind.split(" ");
  const submit = async (event: SubmitEvent): Promise<void> => {
    event.preventDefault();
    const isKept = await onSend({
      ...about,
      direction: direction === "below" ? "below" : "above",
      is_relative: isRelative !== undefined,
      threshold: Number(threshold),
      webhook: webhook.trim() || null,
      is_active: true,
      text: null,
    });
    if (isKept) setThreshold("");
  };
  const kinds = metric.parameters.includes("compare")
    ? ["above", "below", "above %", "below %"]
    : ["above", "below"];
  return (
    <form className="entry" onSubmit={(event) => void submit(event)}>
      {fields}
      <select aria-label={t.alerts.when} value={kind} onChange={({ target }) => setKind(target.value)}>
        {kinds.map((each) => (
          <option key={each} value={each}>
            {t.alerts.kinds[each]}
          </option>
        ))}
      </select>
      <input
        type="number"
        step="any"
        required
        aria-label={t.alerts.threshold}
        placeholder={t.alerts.threshold}
        value={threshold}
        onChange={({ target }) => setThreshold(target.value)}
      />
      <input
        type="url"
        maxLength={1000}
        aria-label={t.alerts.webhook}
        placeholder={t.alerts.webhook}
        value={webhook}
        onChange={({ target }) => setWebhook(target.value)}
      />
      <button type="submit">{t.notes.add}</button>
    </form>
  );
}

interface OfFiring {
  firing: Firing;
  alert: Alert;
  onSeen: () => void;
}

/** What fired, each with its rule, the newest first; `trouble`: why one could not be acknowledged. */
function useFirings(): { firings: OfFiring[]; hasRules: boolean; trouble: ReturnType<typeof useTrouble> } {
  const { fired, alerts, acknowledge } = useFired();
  const trouble = useTrouble();
  const firings = fired.flatMap((firing) => {
    const alert = alerts.find(({ id }) => id === firing.alert_id);
    const onSeen = (): void => void trouble.attempt(() => acknowledge(firing.id));
    return alert ? [{ firing, alert, onSeen }] : [];
  });
  return { firings, hasRules: alerts.length > 0, trouble };
}

/** When rules fired, the newest first. */
export function Fired(): ReactElement {
  const { t } = useWords();
  const { firings, hasRules, trouble } = useFirings();
  return (
    <Panel
      name="alerts"
      title={t.alerts.title}
      state={null}
      more={
        <button type="button" onClick={() => show({ page: "metrics", metric: null })}>
          {t.metrics.all}
        </button>
      }
    >
      {firings.length === 0 && <p className="empty">{hasRules ? t.alerts.none : t.alerts.how}</p>}
      <ul className="notes">
        {firings.map((each) => (
          <One key={each.firing.id} {...each} />
        ))}
      </ul>
      <Refused of={trouble} />
    </Panel>
  );
}

function One({ firing, alert, onSeen }: OfFiring): ReactElement {
  const { f, t } = useWords();
  const { sentence, metric, format } = useRule(alert);
  const ended = firing.ended_at && f.moment(new Date(firing.ended_at));
  return (
    <li data-firing={firing.id} data-open={!ended || undefined}>
      <time dateTime={firing.fired_at}>{f.moment(new Date(firing.fired_at))}</time>
      <OfMetric metric={metric} sentence={sentence} />
      <strong>
        = <Figure value={firing.value}>{format(firing.value)}</Figure>
      </strong>
      <small>
        {ended ? t.alerts.ended(ended) : t.alerts.open}
        {alert.webhook && ` · ${firing.delivered_at ? t.alerts.told : t.alerts.untold(firing.attempts)}`}
        {firing.acknowledger && <> · {t.alerts.acknowledged(firing.acknowledger)}</>}
      </small>
      {!firing.acknowledged_at && (
        <button type="button" className="last" onClick={onSeen}>
          <Label text={t.alerts.acknowledge} of={sentence} />
        </button>
      )}
    </li>
  );
}

function OfMetric({ metric, sentence }: { metric: Metric | undefined; sentence: string }): ReactElement {
  const { language } = useWords();
  const title = metric && titleOf(metric, language);
  return (
    <span>
      {title && <span lang={title.lang}>{title.text}: </span>}
      <bdi>{sentence}</bdi>
    </span>
  );
}

/** How many ring at once; the next one comes when somebody took note of one. */
const MOST = 3;

/** What fired, over every page's corner, until an administrator took note of it. */
export function Ringing(): ReactElement {
  const { firings, trouble } = useFirings();
  const ringing = firings.filter(({ firing }) => firing.acknowledged_at === null);
  return (
    <div className="alarms" role="status">
      {ringing.slice(0, MOST).map((each) => (
        <Ring key={each.firing.id} {...each} />
      ))}
      <Refused of={trouble} />
    </div>
  );
}

function Ring({ firing, alert, onSeen }: OfFiring): ReactElement {
  const { f, t } = useWords();
  const { sentence, metric, format } = useRule(alert);
  return (
    <div className="alarm" data-firing={firing.id}>
      <p>
        <OfMetric metric={metric} sentence={sentence} />{" "}
        <strong>
          = <Figure value={firing.value}>{format(firing.value)}</Figure>
        </strong>{" "}
        <small>
          <time dateTime={firing.fired_at}>{f.moment(new Date(firing.fired_at))}</time>
          {firing.ended_at && ` ${t.alerts.ended(f.moment(new Date(firing.ended_at)))}`}
        </small>
      </p>
      <button type="button" onClick={() => show({ page: "metrics", metric: alert.metric, by: [], measure: alert.measure })}>
        <Label text={t.metrics.open} of={sentence} />
      </button>
      <button type="button" onClick={onSeen}>
        <Label text={t.alerts.acknowledge} of={sentence} />
      </button>
    </div>
  );
}
