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
    free: true
    en: Status now, lower case.
    ru: Статус сейчас, строчными буквами.
    values:
      scheduled: {en: Scheduled, ru: Запланированы, zh: 已预约, he: מתוכננים}
      confirmed: {en: Confirmed, ru: Подтверждены, zh: 已确认, he: מאושרים}
      in_progress: {en: In progress, ru: Идут сейчас, zh: 进行中, he: מתקיימים כעת}
      completed: {en: Completed, ru: Завершены, zh: 已完成, he: הושלמו}
      cancelled: {en: Cancelled, ru: Отменены, zh: 已取消, he: בוטלו}
      no_show: {en: No-show, ru: Неявка, zh: 缺席, he: לא הגיעו}
      unknown: {en: Unknown, ru: Неизвестно, zh: 未知, he: לא ידוע}
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
