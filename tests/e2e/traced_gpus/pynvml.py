"""Stands in for `pynvml` in a daemon with this folder in its PYTHONPATH: two GPUs of a recorded trace, one at work."""

import importlib.util
import sys
import sysconfig
from pathlib import Path

_REAL = Path(sysconfig.get_path("purelib")) / "pynvml.py"
_WORKING_S = 1
_NOBODY = 4_194_400
"""A pid beyond those that Linux gives: on no machine is it anybody's, so it has no name."""


def _traced() -> object:
    spec = importlib.util.spec_from_file_location("pynvml", _REAL)
    assert spec is not None
    assert spec.loader is not None
    real = importlib.util.module_from_spec(spec)
    # The trace answers by the names of the real one, which it imports.
    sys.modules["pynvml"] = real
    spec.loader.exec_module(real)
    from tests.fakes.nvml import TraceNvml

    trace = TraceNvml.read("two_gpus")
    trace.go_to(_WORKING_S)
    process = {"struct": {"pid": _NOBODY, "usedGpuMemory": 2 * 1024**3}}
    trace.change(
        **{
            "nvmlDeviceGetComputeRunningProcesses_v3(gpu0)": [process],
            "nvmlDeviceGetGraphicsRunningProcesses_v3(gpu0)": [],
        }
    )
    return trace


# What an import statement gives is what stands here when the import is done.
sys.modules["pynvml"] = _traced()  # type: ignore[assignment]
