/*
title: {en: Accounts of mentors, ru: Учётные записи менторов}
meaning:
  en: Which user each mentor is.
  ru: Каким пользователем является каждый ментор.
keys:
  user_id: {type: integer, en: MentorHub's users.id., ru: Номер пользователя.}
  mentor_id: {type: integer, en: MentorHub's mentors.id., ru: Номер ментора.}
measures:
  mentors: {en: Always 1., ru: Всегда 1.}
listed: false
*/
SELECT
    user_id,
    id AS mentor_id,
    sum(w) AS mentors
FROM mentors
GROUP BY user_id, id
