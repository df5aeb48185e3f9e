/*
title:
  en: Rows set aside
  ru: Отложенные строки
meaning:
  en: 'Rows set aside: what depends on the value is counted without them, until MentorHub corrects it.'
  ru: Строки MentorHub со значением, которое нельзя посчитать.
keys:
  mirrored:
    free: true
    en: MentorHub's table.
    ru: Таблица MentorHub.
  id:
    type: integer
    en: The row's id there.
    ru: Номер строки.
  reason:
    free: true
    en: Which column can't be used, and why.
    ru: Что с ней не так.
measures:
  rows:
    en: Always 1.
    ru: '1.'
*/
SELECT
    mirrored,
    id,
    reason,
    sum(w) AS rows
FROM unusable
GROUP BY mirrored, id, reason
