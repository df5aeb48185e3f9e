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
    public.payments (id, student_id, amount, currency, status, created_at)
-- a table that is parted there is one here
WITH (publish_via_partition_root = true);
-- It is the tables' owner's: a migration has to drop it, and then make it again.
DO $$
DECLARE
    owners oid[] := array(
        SELECT DISTINCT relowner
        FROM
            pg_publication
            INNER JOIN pg_publication_rel ON prpubid = pg_publication.oid
            INNER JOIN pg_class ON pg_class.oid = prrelid
        WHERE pubname = 'mentorhub_analytics'
    );
BEGIN
    IF cardinality(owners) = 1 AND (SELECT rolsuper FROM pg_roles WHERE rolname = current_user) THEN
        EXECUTE format('ALTER PUBLICATION mentorhub_analytics OWNER TO %I', pg_get_userbyid(owners[1]));
    END IF;
END
$$;
