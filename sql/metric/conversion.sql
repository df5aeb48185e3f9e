/*
title: {en: Conversions, ru: Конверсии}
meaning:
  en: 'Registered users by step and by the hours that they took to it: what the funnel of any window is counted from.'
  ru: 'Пользователи по шагу и числу часов до него: из этого считается воронка за любой срок.'
per: user_id
keys:
  step:
    en: '`1_registered`, `2_booked`, `3_completed`, `4_second` or `5_paid`.'
    ru: 'Шаг: 1_registered, 2_booked, 3_completed, 4_second, 5_paid.'
    values:
      '1_registered': {en: Registered, ru: Зарегистрировались, zh: 已注册, he: נרשמו}
      '2_booked': {en: Booked a session, ru: Записались на сессию, zh: 预约辅导课, he: הזמינו מפגש}
      '3_completed': {en: Completed a session, ru: Завершили сессию, zh: 完成辅导课, he: השלימו מפגש}
      '4_second': {en: Completed a second one, ru: Завершили вторую, zh: 完成第二次, he: השלימו מפגש שני}
      '5_paid': {en: Paid, ru: Заплатили, zh: 已付款, he: שילמו}
  hours: {type: integer, en: Hours from the registration until this step and all before it were done., ru: 'Часов от регистрации, пока не пройдены этот шаг и все прежние.'}
measures:
  users: {en: Users., ru: Пользователи.}
by: [step]
chart: histogram
listed: false
*/
SELECT
    step,
    hours,
    sum(w) AS users
FROM
    (
        SELECT
            max(w) AS w,
            min(hour) FILTER (WHERE step = 'registered') AS registered,
            min(hour) FILTER (WHERE step = 'booked') AS booked,
            min(hour) FILTER (WHERE step = 'completed') AS completed,
            min(hour) FILTER (WHERE step = 'second') AS second,
            min(hour) FILTER (WHERE step = 'paid') AS paid
        FROM first_step
        GROUP BY user_id
    ) AS firsts
    -- who left a step out is in none after it
    CROSS JOIN LATERAL (
        VALUES
        ('1_registered', registered - registered),
        ('2_booked', greatest(registered, booked) - registered + 0 * booked),
        ('3_completed', greatest(registered, booked, completed) - registered + 0 * (booked + completed)),
        ('4_second', greatest(registered, booked, second) - registered + 0 * (booked + second)),
        ('5_paid', greatest(registered, booked, second, paid) - registered + 0 * (booked + second + paid))
    ) AS reached (step, hours)
WHERE hours IS NOT NULL
GROUP BY step, hours
