/*
title: {en: Accounts by role, ru: Учётные записи по ролям}
meaning:
  en: Each account and its role.
  ru: Учётные записи и их роли.
keys:
  user_id: {type: integer, en: MentorHub's users.id., ru: Номер пользователя.}
  role: {en: 'Role, in lower case.', ru: 'Роль, строчными буквами.'}
measures:
  users: {en: Always 1., ru: Всегда 1.}
by: [role]
chart: bar
*/
SELECT
    id AS user_id,
    role,
    sum(w) AS users
FROM users
GROUP BY id, role
