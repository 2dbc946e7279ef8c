"""How results become answers: what the client accepts, encoding, streams, files with ranges."""
