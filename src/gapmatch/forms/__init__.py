"""The county form: the workbook that goes out to a county and comes back filled in."""
