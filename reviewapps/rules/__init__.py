"""What a repository asks for, in ``.reviewapps.yml`` of its default branch. Pure."""

from reviewapps.rules.rules import FILE, EnvironmentRules, Rules, rules

__all__ = ["FILE", "EnvironmentRules", "Rules", "rules"]
