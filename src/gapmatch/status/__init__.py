"""One status per firm, from links, activity and coverage."""
