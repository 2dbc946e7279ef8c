"""The projects that the simulated box begins with: what a box of a small team hosts, not all of it well."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Part:
    """A deployment of a sample."""

    name: str
    class_name: str
    replicas: int
    gpu: float = 0.0
    """Share of a GPU that each replica holds."""
    gpu_gib: float = 0.0
    rss_mib: int = 480
    methods: tuple[str, ...] = ("__call__",)


@dataclass(frozen=True)
class Failure:
    """Why a project cannot run."""

    reason: str
    message: str
    hint: str
    evidence: tuple[str, ...]


@dataclass(frozen=True)
class Sample:
    """A project as it stands in the beginning."""

    name: str
    parts: tuple[Part, ...]
    endpoints: tuple[tuple[str, str], ...]
    """Name and path of each."""
    rate: float = 0.0
    """Requests a second in the middle of the day."""
    p50_ms: float = 100.0
    standing: str = "running"
    """``running``, ``starting``, ``degraded``, ``failed`` or ``stopped``."""
    failure: Failure | None = None
    ingresses: int = 1
    secrets: tuple[str, ...] = ()
    revisions: int = 3


FAILURE = Failure(
    reason="gpu_out_of_memory",
    message="pipeline could not start: GPU 5 has 6.1 GiB free, and the model needs 9.8 GiB.",
    hint="Stop what else holds GPU 5 (`aana gpus`), or load the model in half precision: `torch_dtype=float16`.",
    evidence=(
        "INFO  Loading stabilityai/stable-diffusion-2 onto cuda:0",
        "Traceback (most recent call last):",
        '  File "stablediffusion2/app.py", line 41, in apply_config',
        '    self.pipeline = StableDiffusionPipeline.from_pretrained(config["model"]).to("cuda")',
        '  File "torch/nn/modules/module.py", line 1343, in convert',
        "    return t.to(device, dtype if t.is_floating_point() else None, non_blocking)",
        "torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 1.21 GiB. GPU 0 has a total capacity of",
        "79.15 GiB of which 642.25 MiB is free. Process 48213 has 72.98 GiB memory in use.",
    ),
)

SAMPLES = (
    Sample(
        "asr",
        (Part("recogniser", "Recogniser", 4, 0.25, 9.1, 2100, ("transcribe", "detect_language")),),
        (("transcribe", "/transcribe"), ("language", "/language")),
        rate=3.4, p50_ms=410, ingresses=2,
    ),
    Sample(
        "captions",
        (Part("captioner", "Captioner", 3, 0.25, 7.4, 1900, ("caption",)),),
        (("caption", "/caption"),),
        rate=1.2, p50_ms=260,
    ),
    Sample(
        "chat_with_video",
        (
            Part("llm", "LanguageModel", 1, 1.0, 61.5, 5200, ("chat", "count_tokens")),
            Part("vision", "VisionEncoder", 4, 0.25, 11.8, 2600, ("encode",)),
        ),
        (("index_video", "/index_video"), ("chat", "/chat")),
        rate=2.1, p50_ms=840, ingresses=2, secrets=("HF_TOKEN",), revisions=7,
    ),
    Sample(
        "detect",
        (Part("detector", "Detector", 4, 0.25, 4.2, 1500, ("detect",)),),
        (("detect", "/detect"), ("draw", "/draw")),
        rate=9.6, p50_ms=48, standing="degraded", ingresses=2,
    ),
    Sample(
        "embed",
        (Part("encoder", "TextEncoder", 7, 0.125, 2.3, 1200, ("encode",)),),
        (("embed", "/embed"), ("similarity", "/similarity")),
        rate=38.0, p50_ms=11, ingresses=2,
    ),
    Sample(
        "llama2",
        (Part("model", "Llama", 1, 1.0, 26.4, 4800, ("generate",)),),
        (("generate", "/generate"),),
        p50_ms=1400, standing="starting", secrets=("HF_TOKEN",), revisions=2,
    ),
    Sample(
        "lowercase",
        (Part("model", "Lowercase", 2),),
        (("lowercase", "/lowercase"),),
        p50_ms=3, standing="stopped", revisions=1,
    ),
    Sample(
        "moderate",
        (Part("classifier", "Classifier", 2, rss_mib=900, methods=("classify",)),),
        (("moderate", "/moderate"),),
        rate=6.3, p50_ms=34,
    ),
    Sample(
        "rerank",
        (Part("ranker", "CrossEncoder", 5, rss_mib=1100, methods=("rank",)),),
        (("rerank", "/rerank"),),
        rate=4.8, p50_ms=72,
    ),
    Sample(
        "stablediffusion2",
        (Part("pipeline", "StableDiffusion", 1, 1.0, 9.8, 3900, ("generate",)),),
        (("generate_image", "/generate_image"),),
        p50_ms=2300, standing="failed", failure=FAILURE, revisions=3,
    ),
    Sample(
        "translate",
        (
            Part("decoder", "Decoder", 4, 0.125, 5.0, 1700, ("decode",)),
            Part("encoder", "Encoder", 2, rss_mib=1000, methods=("encode",)),
        ),
        (("translate", "/translate"), ("speak", "/speak")),
        rate=2.7, p50_ms=190, ingresses=2,
    ),
    Sample(
        "whisper",
        (Part("asr", "WhisperDeployment", 7, 0.125, 3.1, 1800, ("transcribe", "transcribe_stream")),),
        (("transcribe", "/transcribe"), ("transcribe_stream", "/transcribe_stream")),
        rate=7.8, p50_ms=212, ingresses=2, secrets=("HF_TOKEN", "S3_KEY"), revisions=7,
    ),
)  # fmt: skip
"""By name."""
