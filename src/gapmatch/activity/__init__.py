"""Estimate from the tax list whether a firm operates, its headcount and its industry."""
