"""Many runs: their plan as command lines, and what they came to as a table."""
