#!/bin/sh
# HAProxy 2.8 that splices requests overlooks a client that leaves while its request is worked on: of those that send
# headers and body apart, as most do, up to half stayed open until the answer was complete. Ray's configuration asks
# for splicing, and -dS is the only way to say no.
exec "$AANA_HAPROXY" -dS "$@"
