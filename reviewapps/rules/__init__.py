"""What a repository asks for, in ``.reviewapps.yml`` of its default branch. Pure."""

from reviewapps.rules.rules import FILE, EnvironmentRules, Rules, rules
from reviewapps.rules.section_values import LONGEST_TASK

__all__ = ["FILE", "LONGEST_TASK", "EnvironmentRules", "Rules", "rules"]
