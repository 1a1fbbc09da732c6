"""GitHub Apps: who they are, where they are installed, and what their tokens may do."""
