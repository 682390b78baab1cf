"""The version of the package, as pyproject.toml has it; written into every run."""

VERSION = "0.1.0"
