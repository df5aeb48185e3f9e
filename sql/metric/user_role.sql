/*
title: {en: Accounts by role, ru: Учётные записи по ролям}
meaning:
  en: Each account, its role and its name.
  ru: 'Учётные записи, их роли и имена.'
keys:
  user_id: {type: integer, en: MentorHub's users.id., ru: Номер пользователя.}
  role:
    free: true
    en: 'Role, in lower case.'
    ru: 'Роль, строчными буквами.'
    values:
      student: {en: Student, ru: Ученик, zh: 学员, he: תלמיד}
      mentor: {en: Mentor, ru: Ментор, zh: 导师, he: מנטור}
      admin: {en: Administrator, ru: Администратор, zh: 管理员, he: מנהל}
  username: {free: true, en: The name that the account has; of a longer one the first 200 letters., ru: 'Имя пользователя, не больше 200 первых букв.'}
measures:
  users: {en: Always 1., ru: Всегда 1.}
by: [role]
chart: bar
*/
SELECT
    id AS user_id,
    role,
    -- a key has its bound
    left(username, 200) AS username,
    sum(w) AS users
FROM users
GROUP BY id, role, left(username, 200)
