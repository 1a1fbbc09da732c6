"""A GitHub in one process: real git repositories, pull requests, and the answers of GitHub's own schema."""

from reviewapps.sandbox.github.server import GitHub

__all__ = ["GitHub"]
