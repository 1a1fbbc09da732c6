"""Slack hears of it."""
