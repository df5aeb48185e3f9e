/*
title: {en: When sessions are held, ru: Когда проходят сессии}
meaning:
  en: Sessions by the weekday and hour they begin at, in the reporting time zone, all time.
  ru: Сессии по дню недели и часу начала в отчётном часовом поясе, за всё время.
keys:
  weekday: {type: integer, en: 1 is Monday., ru: 1 это понедельник.}
  hour: {type: integer, en: Hour from 0 to 23., ru: Час дня от 0 до 23.}
measures:
  sessions: {en: Sessions of any status., ru: Сессии в любом статусе.}
chart: heatmap
*/
SELECT
    extract(ISODOW FROM scheduled_at AT TIME ZONE (SELECT timezone FROM analytics.reporting))::integer AS weekday,
    extract(HOUR FROM scheduled_at AT TIME ZONE (SELECT timezone FROM analytics.reporting))::integer AS hour,
    sum(w) AS sessions
FROM sessions
WHERE scheduled_at IS NOT NULL
GROUP BY 1, 2
