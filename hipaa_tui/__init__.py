"""hipaa-tui: from a HIPAA audit finding to a proven, reversible, recorded change."""

__version__ = "0.1.0"
