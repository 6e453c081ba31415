"""``report.html``: one page for the head of the bureau."""
