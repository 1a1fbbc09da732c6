"""The whole story on this machine, told while it happens."""
