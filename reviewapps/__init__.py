"""Review apps for teams on GitHub and Cloud Foundry."""

__version__ = "0.1.0"
