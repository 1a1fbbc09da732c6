"""What is wrong with an installation, found without writing anything, and how each thing is mended."""

from reviewapps.doctor.examination import examined
from reviewapps.doctor.finding import Finding
from reviewapps.doctor.visit import visit

__all__ = ["Finding", "examined", "visit"]
