/*
title:
  en: Rows set aside, by reason
  ru: Отложенные строки по причинам
meaning:
  en: How many rows are set aside.
  ru: Сколько строк MentorHub со значением, которое нельзя посчитать.
keys:
  mirrored:
    free: true
    en: MentorHub's table.
    ru: Таблица MentorHub.
  reason:
    free: true
    en: Which column can't be used, and why.
    ru: Что с ними не так.
measures:
  rows:
    en: So many rows.
    ru: Сколько её строк.
*/
SELECT
    mirrored,
    reason,
    sum(w) AS rows
FROM unusable
GROUP BY mirrored, reason
