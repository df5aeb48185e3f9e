/*
title: {en: First steps of learners, ru: Первые шаги учеников}
meaning:
  en: 'When each user registered, and first booked a session, had a first and a second one completed and paid, by the hour.'
  ru: 'Когда пользователь зарегистрировался, впервые записался на сессию, завершил первую и вторую и заплатил, по часам.'
readers: user_id
listed: false
per: user_id
near: {learner_step: 2}
keys:
  user_id: {type: integer, en: MentorHub's users.id., ru: Номер пользователя.}
  step:
    en: '`registered`, `booked`, `completed`, `second` or `paid`.'
    ru: 'Шаг: registered, booked, completed, second, paid.'
    values:
      registered: {en: Registered, ru: Зарегистрировались, zh: 已注册, he: נרשמו}
      booked: {en: Booked a session, ru: Записались на сессию, zh: 预约辅导课, he: הזמינו מפגש}
      completed: {en: Completed a session, ru: Завершили сессию, zh: 完成辅导课, he: השלימו מפגש}
      second: {en: Completed a second one, ru: Завершили вторую, zh: 完成第二次, he: השלימו מפגש שני}
      paid: {en: Paid, ru: Заплатили, zh: 已付款, he: שילמו}
  hour: {type: integer, en: 'Hours since 1970 in UTC; of a completed session, when it was held.', ru: 'Часы с 1970 года по UTC; завершённая сессия считается по времени проведения.'}
measures:
  users: {en: Always 1., ru: Всегда 1.}
by: [step]
chart: table
*/
SELECT
    user_id,
    step,
    min(hour) AS hour,
    max(w)::bigint AS users
FROM (
    SELECT
        user_id,
        step,
        hour,
        w
    FROM learner_step
    UNION ALL
    SELECT
        user_id,
        'second',
        hour,
        w
    FROM (
        SELECT
            user_id,
            hour,
            w,
            sum(events) OVER (PARTITION BY user_id ORDER BY hour) AS upto
        FROM learner_step
        WHERE step = 'completed'
    ) AS sessions
    WHERE upto > 1
) AS steps
GROUP BY user_id, step
