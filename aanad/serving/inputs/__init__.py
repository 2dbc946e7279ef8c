"""From the body of a request to the arguments of an endpoint, within the rules of requests."""
