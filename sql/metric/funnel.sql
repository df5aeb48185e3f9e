/*
title: {en: From registration to payment, ru: От регистрации до оплаты}
meaning:
  en: 'How many registered users booked a session, completed one, completed a second and paid within so many days, each step after those before it.'
  ru: 'Сколько пользователей за столько дней от регистрации записались на сессию, завершили её, завершили вторую и заплатили, шаг за шагом.'
stored: false
parameters:
  window: {least: 1, most: 365, usual: 30, en: 'Within so many days, of 24 hours each, from the registration.', ru: За столько дней по 24 часа от регистрации.}
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
  hours: {type: integer, hidden: true, en: Hours from the registration., ru: Часов от регистрации.}
measures:
  users: {total: false, en: Users who came this far., ru: 'Пользователи, дошедшие до шага.'}
  registered: {total: false, en: All who registered., ru: Все зарегистрированные.}
ratios:
  share:
    total: false
    is: analytics.ratio(100 * users, registered)
    unit: percent
    en: Users who came this far, percent of all who registered.
    ru: Доля дошедших до шага среди зарегистрированных, %.
percentiles:
  median_hours: {total: false, percent: 50, of: users, unit: hours, en: Half of those who came this far took no more hours., ru: Половине дошедших хватило столько часов.}
chart: funnel
*/
SELECT
    step,
    hours,
    users,
    0 AS registered
FROM conversion
WHERE hours <= 24 * "window"
UNION ALL
SELECT
    steps.step,
    0,
    0,
    conversion.users
FROM
    conversion
    CROSS JOIN (VALUES ('1_registered'), ('2_booked'), ('3_completed'), ('4_second'), ('5_paid')) AS steps (step)
WHERE conversion.step = '1_registered' AND conversion.hours = 0
