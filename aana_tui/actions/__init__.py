"""Everything an operator can do, said once: keys, footer, palette, ``:`` line, help and docs are made of it."""
