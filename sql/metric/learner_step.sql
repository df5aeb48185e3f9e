/*
title: {en: Steps of learners, ru: Шаги учеников}
meaning:
  en: 'When each user registered, booked sessions, had completed ones and paid, by the hour.'
  ru: 'Когда пользователь зарегистрировался, записывался на сессии, завершал их и платил, по часам.'
readers: user_id
keys:
  user_id: {type: integer, en: MentorHub's users.id., ru: Номер пользователя.}
  step:
    en: '`registered`, `booked`, `completed` or `paid`.'
    ru: 'Шаг: registered, booked, completed, paid.'
    values:
      registered: {en: Registered, ru: Зарегистрировались, zh: 已注册, he: נרשמו}
      booked: {en: Booked a session, ru: Записались на сессию, zh: 预约辅导课, he: הזמינו מפגש}
      completed: {en: Completed a session, ru: Завершили сессию, zh: 完成辅导课, he: השלימו מפגש}
      paid: {en: Paid, ru: Заплатили, zh: 已付款, he: שילמו}
  hour: {type: integer, en: 'Hours since 1970 in UTC; of a completed session, when it was held.', ru: 'Часы с 1970 года по UTC; завершённая сессия считается по времени проведения.'}
measures:
  events: {en: So many., ru: Сколько раз.}
by: [step]
chart: table
listed: false
*/
SELECT
    user_id,
    step,
    floor(extract(EPOCH FROM happened_at) / 3600)::bigint AS hour,
    sum(w) AS events
FROM (
    SELECT
        id AS user_id,
        'registered' AS step,
        created_at AS happened_at,
        w
    FROM users
    UNION ALL
    SELECT
        student_id,
        'booked',
        created_at,
        w
    FROM sessions
    UNION ALL
    SELECT
        student_id,
        'completed',
        coalesce(scheduled_at, created_at),
        w
    FROM sessions
    WHERE status = 'completed'
    UNION ALL
    SELECT
        student_id,
        'paid',
        created_at,
        w
    FROM payments
    WHERE status = 'completed'
) AS steps
GROUP BY 1, 2, 3
