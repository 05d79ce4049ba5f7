"""Settings of the suites: the same examples in every run, and warnings of arithmetic left to the tests that are about them."""

import hypothesis

hypothesis.settings.register_profile("tnp", derandomize=True, deadline=None, max_examples=20, database=None)
hypothesis.settings.load_profile("tnp")


def pytest_configure(config):
    config.addinivalue_line("filterwarnings", "ignore::RuntimeWarning")
