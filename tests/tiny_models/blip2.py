"""BLIP-2 with OPT in small: the same classes and files, 28 x 28 pixels, captions of words in a random order."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.tiny_models.tokenizers import words

if TYPE_CHECKING:
    from pathlib import Path

QUERIES = 4
SIZE = 16
"""Of every hidden state."""


def save_blip2(folder: Path) -> None:
    """Write a model's and its processor's folder as the hub has it."""
    import torch
    from transformers import (
        Blip2Config,
        Blip2ForConditionalGeneration,
        Blip2Processor,
        Blip2QFormerConfig,
        Blip2VisionConfig,
        BlipImageProcessor,
        GPT2Tokenizer,
        OPTConfig,
    )

    torch.manual_seed(0)
    vocabulary = ["<s>", "<pad>", "</s>", "<unk>", *words()]
    tokenizer = GPT2Tokenizer(
        vocab={word: index for index, word in enumerate(vocabulary)},
        merges=[],
        bos_token="</s>",
        eos_token="</s>",
        unk_token="</s>",
        pad_token="<pad>",
    )
    processor = Blip2Processor(
        BlipImageProcessor(size={"height": 28, "width": 28}), tokenizer, num_query_tokens=QUERIES
    )
    layers = {"hidden_size": SIZE, "intermediate_size": 32, "num_hidden_layers": 2, "num_attention_heads": 2}
    config = Blip2Config(
        vision_config=Blip2VisionConfig(**layers, image_size=28, patch_size=14, initializer_range=0.5),
        qformer_config=Blip2QFormerConfig(**layers, vocab_size=len(vocabulary), initializer_range=0.5),
        text_config=OPTConfig(
            vocab_size=len(tokenizer),
            hidden_size=SIZE,
            word_embed_proj_dim=SIZE,
            ffn_dim=32,
            num_hidden_layers=2,
            num_attention_heads=2,
            max_position_embeddings=128,
            bos_token_id=2,
            eos_token_id=2,
            pad_token_id=1,
            init_std=0.5,
        ),
        num_query_tokens=QUERIES,
        image_text_hidden_size=SIZE,
        image_token_index=tokenizer.convert_tokens_to_ids("<image>"),
        initializer_range=0.5,
    )
    Blip2ForConditionalGeneration(config).save_pretrained(folder)
    processor.save_pretrained(folder)
