-- A column that has another name at MentorHub: received under that, and copied into ours.
ALTER TABLE public.{table} DROP COLUMN {ours}, ADD COLUMN {theirs} {type};
ALTER TABLE public.{table} ADD COLUMN {ours} {type} GENERATED ALWAYS AS ({theirs}) STORED;
