"""Everything this package raises on purpose, and the exit code each one becomes.

AnalyzerError
├── InputError      a dump, label file or record that cannot be used            exit 2
├── ConfigError     a taxonomy, policy, gate, field map or option that is wrong exit 2
├── ModelError      a model folder that is missing, damaged or of another kind  exit 3
├── MissingError    something outside is missing: a package, disk space, rights exit 3
├── ShardError      some shards of a run failed, the others are kept            exit 4
└── GateRefused     a candidate model did not pass the gate                     exit 5

A message says what is wrong, where (file:line or flag) and what to do next. The library raises; only the command line
turns an error into an exit code. Anything else that escapes is our bug: exit 1.
"""

EXIT_OK = 0
EXIT_BUG = 1
EXIT_INPUT = 2
EXIT_MISSING = 3
EXIT_SHARDS = 4
EXIT_REFUSED = 5
EXIT_INTERRUPTED = 130


class AnalyzerError(Exception):
    """The root of all expected errors; `exit_code` is what the command line returns for it."""

    exit_code = EXIT_BUG


class InputError(AnalyzerError):
    """A dump, label file or record that cannot be used."""

    exit_code = EXIT_INPUT


class ConfigError(AnalyzerError):
    """A taxonomy, policy, gate, field map or option that is wrong."""

    exit_code = EXIT_INPUT


class ModelError(AnalyzerError):
    """A model folder that is missing, damaged or made for something else."""

    exit_code = EXIT_MISSING


class MissingError(AnalyzerError):
    """Something outside the package is missing: an optional library, disk space, file rights."""

    exit_code = EXIT_MISSING


class ShardError(AnalyzerError):
    """Some shards of a run failed; what was finished is kept and the same command goes on from there."""

    exit_code = EXIT_SHARDS


class GateRefused(AnalyzerError):
    """A candidate model did not pass the gate and was not promoted."""

    exit_code = EXIT_REFUSED
