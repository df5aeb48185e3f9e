/*
title: {en: Session outcomes, ru: Исходы сессий}
meaning:
  en: What became of sessions, by mentor and the day they are held.
  ru: Чем закончились сессии, по менторам и дню проведения.
readers: mentor_id
coarser: outcome_day
keys:
  day: {type: day, en: Day the session is held on in the reporting time zone., ru: День проведения в отчётном часовом поясе.}
  mentor_id: {type: integer, en: MentorHub's mentors.id., ru: Номер ментора.}
measures:
  completed: {en: Sessions completed., ru: Завершены.}
  cancelled: {en: Sessions cancelled., ru: Отменены.}
  no_show: {en: Sessions that somebody did not come to., ru: Неявки.}
  scheduled: {en: Sessions still scheduled., ru: Запланированы.}
  confirmed: {en: Sessions confirmed., ru: Подтверждены.}
  in_progress: {en: Sessions going on., ru: Идут.}
  minutes: {unit: minutes, en: Planned minutes of all of them together., ru: Запланированные минуты всех вместе.}
ratios:
  completion_rate:
    is: analytics.ratio(100 * completed, completed + cancelled + no_show)
    unit: percent
    en: Completed sessions, percent of those completed, cancelled or missed.
    ru: Доля завершённых среди завершённых, отменённых и неявок, %.
  no_show_rate:
    is: analytics.ratio(100 * no_show, completed + no_show)
    unit: percent
    en: Missed sessions, percent of those completed or missed.
    ru: Доля неявок среди завершённых и неявок, %.
chart: line
*/
SELECT
    scheduled_day AS day,
    mentor_id,
    coalesce(sum(w) FILTER (WHERE status = 'completed'), 0) AS completed,
    coalesce(sum(w) FILTER (WHERE status = 'cancelled'), 0) AS cancelled,
    coalesce(sum(w) FILTER (WHERE status = 'no_show'), 0) AS no_show,
    coalesce(sum(w) FILTER (WHERE status = 'scheduled'), 0) AS scheduled,
    coalesce(sum(w) FILTER (WHERE status = 'confirmed'), 0) AS confirmed,
    coalesce(sum(w) FILTER (WHERE status = 'in_progress'), 0) AS in_progress,
    coalesce(sum(w * duration_minutes), 0) AS minutes
FROM sessions
WHERE scheduled_at IS NOT NULL
GROUP BY scheduled_day, mentor_id
