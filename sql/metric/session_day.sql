/*
title:
  en: Sessions by day
  ru: Сессии по дням
meaning:
  en: Sessions by day of creation and status.
  ru: Сессии и их запланированные минуты по дню создания и статусу.
keys:
  day:
    type: day
    en: Day in the reporting time zone.
    ru: День в отчётном часовом поясе.
  status:
    en: Status now, lower case.
    ru: Статус сейчас, строчными буквами.
measures:
  sessions:
    en: Sessions created on the day.
    ru: Сессии, созданные в этот день.
  minutes:
    unit: minutes
    en: Their planned minutes together.
    ru: Их запланированные минуты вместе.
chart: line
grains: [hour, minute]
*/
SELECT
    day,
    status,
    sum(w) AS sessions,
    sum(w * duration_minutes) AS minutes
FROM sessions
WHERE day IS NOT NULL AND duration_minutes IS NOT NULL
GROUP BY day, status
