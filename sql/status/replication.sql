-- Up to when MentorHub's commits have arrived.
SELECT control.replicated_until('1 s') AS replicated_until
