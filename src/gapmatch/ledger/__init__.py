"""What people decided and found, and what it means for a quarter: decisions, visits, cases."""
