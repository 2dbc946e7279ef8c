"""What travels between the daemon, its clients, the Ray unit and its loader: models without behaviour."""
