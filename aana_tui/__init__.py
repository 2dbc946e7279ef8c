"""The console: what an operator sees and presses over SSH. A client of the control API and nothing else."""
