-- Whoever keeps accounts in memory hears that they may be others now.
CREATE FUNCTION capture.tell_accounts() RETURNS trigger
LANGUAGE plpgsql
AS $$
BEGIN
    PERFORM pg_notify('mentorhub_analytics_accounts', '');
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION capture.tell_accounts() IS 'Says, once in a transaction, that an account, or who is a mentor, is another or is gone.';

CREATE OR REPLACE TRIGGER tell_accounts AFTER UPDATE OR DELETE ON public.users
FOR EACH ROW EXECUTE FUNCTION capture.tell_accounts();
CREATE OR REPLACE TRIGGER tell_truncated AFTER TRUNCATE ON public.users
FOR EACH STATEMENT EXECUTE FUNCTION capture.tell_accounts();
ALTER TABLE public.users
    ENABLE ALWAYS TRIGGER tell_accounts,
    ENABLE ALWAYS TRIGGER tell_truncated;

CREATE OR REPLACE TRIGGER tell_accounts AFTER INSERT OR UPDATE OR DELETE ON public.mentors
FOR EACH ROW EXECUTE FUNCTION capture.tell_accounts();
CREATE OR REPLACE TRIGGER tell_truncated AFTER TRUNCATE ON public.mentors
FOR EACH STATEMENT EXECUTE FUNCTION capture.tell_accounts();
ALTER TABLE public.mentors
    ENABLE ALWAYS TRIGGER tell_accounts,
    ENABLE ALWAYS TRIGGER tell_truncated;

CREATE INDEX IF NOT EXISTS mentors_of_user ON public.mentors (user_id);
COMMENT ON INDEX public.mentors_of_user IS 'For whoever asks: whether they are a mentor.';

-- By these a fold looks up the few rows of a user, a course or a mentor that changed.
CREATE INDEX IF NOT EXISTS sessions_of_student ON public.sessions (student_id);
COMMENT ON INDEX public.sessions_of_student IS 'For user_engagement.';
CREATE INDEX IF NOT EXISTS sessions_of_mentor ON public.sessions (mentor_id);
COMMENT ON INDEX public.sessions_of_mentor IS 'For mentor_day.';
CREATE INDEX IF NOT EXISTS course_enrollments_of_user ON public.course_enrollments (user_id);
COMMENT ON INDEX public.course_enrollments_of_user IS 'For user_engagement.';
CREATE INDEX IF NOT EXISTS course_enrollments_of_course ON public.course_enrollments (course_id);
COMMENT ON INDEX public.course_enrollments_of_course IS 'For course_performance.';
CREATE INDEX IF NOT EXISTS progress_of_user ON public.progress (user_id);
COMMENT ON INDEX public.progress_of_user IS 'For user_engagement.';
CREATE INDEX IF NOT EXISTS reviews_of_user ON public.reviews (user_id);
COMMENT ON INDEX public.reviews_of_user IS 'For user_engagement.';
CREATE INDEX IF NOT EXISTS reviews_of_course ON public.reviews (course_id);
COMMENT ON INDEX public.reviews_of_course IS 'For course_performance.';
CREATE INDEX IF NOT EXISTS payments_of_student ON public.payments (student_id);
COMMENT ON INDEX public.payments_of_student IS 'For user_engagement.';
