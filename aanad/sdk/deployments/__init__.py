"""Deployments that come with Aana; each module holds one, with its configuration.

Torch, transformers and diffusers are imported by the replica that loads a model, nowhere else. They come with
``pip install 'aanad[models]'``.
"""
