"""What runs inside Serve's replicas: a project's endpoints as HTTP routes."""
