-- Who keeps others waiting in our database.
SELECT * FROM control.blockers()
