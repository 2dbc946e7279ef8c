"""What every implementation of a port must do: run against the fake and against the real thing."""
