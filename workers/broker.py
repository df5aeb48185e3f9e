"""What all who speak to Celery's Redis must have in common."""

KEY_PREFIX = "mentorhub_analytics:"
"""Before every key: MentorHub's own Celery, or another analytics, may use the same Redis."""
