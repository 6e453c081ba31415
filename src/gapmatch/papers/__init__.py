"""Papers for people outside the bureau: the verified list and its reply, visit slips, letters."""
