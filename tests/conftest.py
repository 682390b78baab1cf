"""Settings for every test: no deadline a case, because the first call of a heavy library is slow on any machine."""

from hypothesis import settings

settings.register_profile("analyzer", deadline=None)
settings.load_profile("analyzer")
