-- All that analytics asks of MentorHub's database: run in it by a role that owns the tables.
-- Column lists keep e-mails, password hashes and every other column at home.
DROP PUBLICATION IF EXISTS mentorhub_analytics;
CREATE PUBLICATION mentorhub_analytics FOR TABLE
    public.users (id, username, role, is_active, is_verified, created_at),
    public.courses (id, title, is_active),
    public.sessions (id, student_id, mentor_id, duration_minutes, status, created_at),
    public.course_enrollments (id, user_id, course_id, progress_percent, completed, created_at),
    public.progress (id, user_id, created_at),
    public.reviews (id, user_id, course_id, rating, created_at),
    public.payments (id, student_id, amount, currency, status, created_at);
