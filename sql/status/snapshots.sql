-- Which transactions keep our tables from being cleared.
SELECT * FROM control.snapshots()
