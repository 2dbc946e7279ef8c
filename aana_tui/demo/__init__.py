"""A simulated box: for trying the console without a daemon, for screenshots, tests and benchmarks."""
