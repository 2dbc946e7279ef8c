"""Log files of this machine, merged in time order, followed, and resumed by a cursor."""
