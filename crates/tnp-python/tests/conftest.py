"""Settings of the suites: the same examples in every run, and warnings of arithmetic left to the tests that are about them."""

import hypothesis

hypothesis.settings.register_profile(
    "tnp",
    derandomize=True,
    deadline=None,
    max_examples=20,
    database=None,
    # What fails is small enough as it is drawn.
    phases=[hypothesis.Phase.explicit, hypothesis.Phase.generate],
)
hypothesis.settings.load_profile("tnp")


def pytest_configure(config):
    config.addinivalue_line("filterwarnings", "ignore::RuntimeWarning")
