type Forms = Partial<Record<Intl.LDMLPluralRule, string>> & { other: string };

/** Numbers, dates and plurals of a language. */
export interface Formats {
  count: (value: number) => string;
  /** As many decimals as the API says, two at most. */
  number: (value: number) => string;
  /** A mean of few marks: 4,00. */
  rating: (value: number) => string;
  percent: (value: number) => string;
  signed: (value: number) => string;
  signedPercent: (value: number) => string;
  money: (value: number, currency: string) => string;
  /** For an axis: 1,2 млн. */
  short: (value: number) => string;
  day: (day: string) => string;
  dayShort: (day: string) => string;
  month: (day: string) => string;
  /** 1 is Monday. */
  weekday: (day: number) => string;
  range: (from: string, to: string) => string;
  time: (moment: Date) => string;
  moment: (moment: Date) => string;
  ago: (milliseconds: number) => string;
  currencyName: (code: string) => string;
  /** The form of a number, with `#` replaced by it. */
  plural: (value: number, forms: Forms) => string;
}

/** A calendar day as a date that formats to itself wherever the reader is. */
const date = (day: string): Date => new Date(`${day}T00:00:00Z`);

/** Made when it is first asked for: each of them takes a while to make, and few are on the first view. */
function later<Format>(make: () => Format): () => Format {
  let made: Format | undefined;
  return () => (made ??= make());
}

export function formats(language: string): Formats {
  const locale = language === "zh" ? "zh-Hans" : language;
  const numbers = (options: Intl.NumberFormatOptions) => {
    const format = later(() => new Intl.NumberFormat(locale, options));
    return (value: number) => format().format(value);
  };
  const dates = (options: Intl.DateTimeFormatOptions) => later(() => new Intl.DateTimeFormat(locale, options));
  const days = (options: Intl.DateTimeFormatOptions) => {
    const format = dates({ timeZone: "UTC", ...options });
    return (day: string) => format().format(date(day));
  };
  const whole = numbers({ maximumFractionDigits: 0 });
  const percent = numbers({ style: "percent", minimumFractionDigits: 2, maximumFractionDigits: 2 });
  const signedPercent = numbers({
    style: "percent",
    maximumFractionDigits: 1,
    signDisplay: "exceptZero",
  });
  const weekday = days({ weekday: "short" });
  const range = dates({ timeZone: "UTC", day: "numeric", month: "short", year: "numeric" });
  const time = dates({ timeStyle: "medium" });
  const moment = dates({ dateStyle: "long", timeStyle: "short" });
  const relative = later(
    () =>
      new Intl.RelativeTimeFormat(locale, {
        numeric: "always",
        style: language === "he" ? "long" : "short",
      }),
  );
  const rules = later(() => new Intl.PluralRules(locale));
  const currencies = later(() => new Intl.DisplayNames(locale, { type: "currency" }));
  const monies = new Map<string, (value: number) => string>();
  return {
    count: whole,
    number: numbers({ maximumFractionDigits: 2 }),
    rating: numbers({ minimumFractionDigits: 2, maximumFractionDigits: 2 }),
    percent: (value) => percent(value / 100),
    signed: numbers({ maximumFractionDigits: 2, signDisplay: "exceptZero" }),
    signedPercent: (value) => signedPercent(value / 100),
    money: (value, currency) => {
      const key = `${currency}${Number.isInteger(value)}`;
      let format = monies.get(key);
      if (!format) {
        const cents = Number.isInteger(value) ? { minimumFractionDigits: 0 } : {};
        format = numbers({
          style: "currency",
          currency,
          currencyDisplay: "narrowSymbol",
          ...cents,
        });
        monies.set(key, format);
      }
      return format(value);
    },
    short: numbers({ notation: "compact", maximumFractionDigits: 1 }),
    day: days({ day: "numeric", month: "long", year: "numeric" }),
    dayShort: days({ day: "numeric", month: "short" }),
    month: days({ month: "short" }),
    // 1 January 2024 was a Monday
    weekday: (number) => weekday(`2024-01-0${number}`),
    range: (from, to) => range().formatRange(date(from), date(to)),
    time: (when) => time().format(when),
    moment: (when) => moment().format(when),
    ago: (milliseconds) => {
      const seconds = Math.max(Math.round(milliseconds / 1000), 0);
      if (seconds < 60) return relative().format(-seconds, "second");
      if (seconds < 3600) return relative().format(-Math.round(seconds / 60), "minute");
      if (seconds < 86_400) return relative().format(-Math.round(seconds / 3600), "hour");
      return relative().format(-Math.round(seconds / 86_400), "day");
    },
    currencyName: (code) => currencies().of(code) ?? code,
    plural: (value, forms) => {
      const form = forms[rules().select(value)] ?? forms.other;
      return form.replace("#", whole(value));
    },
  };
}
