"""Models of a few hundred kB with random weights, made from the libraries' own classes.

They are laid out as the Hugging Face hub's cache is, so that code that loads a model by its id takes the path that a
user's model takes.
"""
