"""The Ray unit, ``aanad ray``: starts and supervises a Ray head (or a node that joins one) and reads projects.

It never imports ray: Ray is run as a program. Project code is imported by a child process of its own only.
"""
