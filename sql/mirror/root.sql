-- A table that has another name at MentorHub: received under that, and kept in ours.
CREATE TABLE public.{theirs} (LIKE public.{ours} INCLUDING DEFAULTS INCLUDING GENERATED) PARTITION BY LIST (id);
ALTER TABLE public.{theirs} ATTACH PARTITION public.{ours} DEFAULT;
COMMENT ON TABLE public.{theirs} IS {comment};
