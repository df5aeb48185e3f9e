/*
title: {en: Ratings, ru: Оценки}
meaning:
  en: Reviews that carry a rating, by the rating, and by the course or mentor they are about, all time.
  ru: Отзывы с оценкой по оценке и по курсу или ментору, за всё время.
per: user_id
keys:
  rating: {type: integer, en: 'The rating, rounded down.', ru: 'Оценка, округлённая вниз.'}
  course_id: {type: integer, en: MentorHub's courses.id; 0 where no course is reviewed., ru: 'Номер курса; 0, если отзыв не о курсе.'}
  mentor_id: {type: integer, en: MentorHub's mentors.id; 0 where no mentor is reviewed., ru: 'Номер ментора; 0, если отзыв не о менторе.'}
measures:
  reviews: {en: Reviews that carry a rating., ru: Отзывы с оценкой.}
  rating_sum: {unit: stars, en: Their ratings together., ru: Сумма их оценок.}
  satisfied: {en: Those of 4 and 5., ru: Из них на 4 и 5.}
ratios:
  average:
    is: analytics.ratio(rating_sum, reviews)
    unit: stars
    en: Mean rating.
    ru: Средняя оценка.
  csat:
    is: analytics.ratio(100 * satisfied, reviews)
    unit: percent
    en: Ratings of 4 and 5, percent of all.
    ru: Доля оценок 4 и 5, %.
by: [rating]
chart: bar
*/
SELECT
    rating,
    course_id,
    coalesce(nullif(review_of.mentor_id, 0), account.mentor_id, 0) AS mentor_id,
    sum(w * reviews) AS reviews,
    sum(w * rating_sum) AS rating_sum,
    sum(w * reviews * (rating BETWEEN 4 AND 5)::integer) AS satisfied
FROM
    review_of
    LEFT JOIN (
        SELECT
            user_id,
            min(mentor_id) AS mentor_id
        FROM mentor_account
        GROUP BY user_id
    ) AS account USING (user_id)
GROUP BY 1, 2, 3
