"""The dashboard's REST API of a large cluster without the cluster: what was put runs, and replicas come and go.

Run as a program, it prints its port and serves until it is ended.
"""

from __future__ import annotations

import contextlib
import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

CHANGE_EACH_S = 1.0
NODES = 8


class Cluster:
    """The applications, as documents; each second one replica ends and another starts."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self._apps: dict[str, dict[str, Any]] = {}
        self._next = 0
        self._answer: bytes | None = None

    def put(self, body: dict[str, Any]) -> None:
        """Run just these applications; those that are as before go on."""
        with self.lock:
            apps = {}
            for config in body["applications"]:
                before = self._apps.get(config["name"])
                same = before is not None and before["deployed_app_config"] == config
                apps[config["name"]] = before if same else self._application(config)
            self._apps = apps
            self._answer = None

    def applications(self) -> bytes:
        """The answer of the GET."""
        with self.lock:
            if self._answer is None:
                document = {
                    "controller_info": {"actor_id": "f" * 32, "node_id": node_id(0), "node_ip": "10.0.0.1"},
                    "proxy_location": "EveryNode",
                    "http_options": {"host": "127.0.0.1", "port": 8000},
                    "applications": self._apps,
                    "target_capacity": None,
                }
                self._answer = json.dumps(document).encode()
            return self._answer

    def change(self) -> None:
        """One replica is replaced by another one, which starts; those that started before run."""
        with self.lock:
            replicas = [
                (deployment["replicas"], number)
                for app in self._apps.values()
                for deployment in app["deployments"].values()
                for number in range(len(deployment["replicas"]))
            ]
            for where, number in replicas:
                if where[number]["state"] == "STARTING":
                    where[number] = {**where[number], "state": "RUNNING"}
            if replicas:
                where, number = replicas[self._next % len(replicas)]
                where[number] = {**self._replica(), "state": "STARTING"}
            self._answer = None

    def _application(self, config: dict[str, Any]) -> dict[str, Any]:
        return {
            "name": config["name"],
            "route_prefix": config["route_prefix"],
            "docs_path": None,
            "status": "RUNNING",
            "message": "",
            "last_deployed_time_s": time.time(),
            "deployed_app_config": config,
            "source": "declarative",
            "deployments": {each["name"]: self._deployment(config, each) for each in config["deployments"]},
        }

    def _deployment(self, config: dict[str, Any], options: dict[str, Any]) -> dict[str, Any]:
        count = options.get("num_replicas") or 1
        return {
            "name": options["name"],
            "status": "HEALTHY",
            "status_trigger": "CONFIG_UPDATE_COMPLETED",
            "message": "",
            "deployment_config": {
                **options,
                "max_ongoing_requests": 5,
                "max_queued_requests": -1,
                "graceful_shutdown_wait_loop_s": 2.0,
                "graceful_shutdown_timeout_s": 20.0,
                "health_check_period_s": 10.0,
                "health_check_timeout_s": 30.0,
                "ray_actor_options": {"runtime_env": config["runtime_env"], "num_cpus": 0.1},
            },
            "target_num_replicas": count,
            "required_resources": {"CPU": 0.1},
            "replicas": [self._replica() for _ in range(count)],
        }

    def _replica(self) -> dict[str, Any]:
        self._next += 1
        node = self._next % NODES
        identity = f"{self._next:08x}"
        return {
            "node_id": node_id(node),
            "node_ip": f"10.0.0.{node + 1}",
            "node_instance_id": f"instance-{node}",
            "start_time_s": time.time(),
            "actor_id": identity * 4,
            "actor_name": f"SERVE_REPLICA::app#model#{identity}",
            "worker_id": identity * 7,
            "log_file_path": f"/serve/replica_app_model_{identity}.log",
            "replica_id": identity,
            "state": "RUNNING",
            "pid": 10_000 + self._next,
        }


def node_id(number: int) -> str:
    """A node's id."""
    return f"{number:02x}" * 28


def nodes() -> bytes:
    """``/api/v0/nodes``."""
    listed = [
        {
            "node_id": node_id(number),
            "node_ip": f"10.0.0.{number + 1}",
            "is_head_node": number == 0,
            "state": "ALIVE",
            "resources_total": {"CPU": 64.0, "memory": 256.0 * 1024**3},
        }
        for number in range(NODES)
    ]
    return json.dumps({"result": True, "data": {"result": {"result": listed}}}).encode()


def handler(cluster: Cluster) -> type[BaseHTTPRequestHandler]:
    """Answers for a cluster."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            """Read."""
            if self.path == "/api/serve/applications/":
                self._answer(cluster.applications())
            elif self.path.startswith("/api/v0/nodes"):
                self._answer(nodes())
            else:  # an archive is there, whatever it is called; nodes have nothing to report
                self._answer(b"{}")

        def do_PUT(self) -> None:
            """Write."""
            cluster.put(json.loads(self.rfile.read(int(self.headers["content-length"]))))
            self._answer(b"{}")

        def _answer(self, body: bytes) -> None:
            self.send_response(200)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def handle(self) -> None:
            """Until the client is gone, however it goes."""
            with contextlib.suppress(ConnectionError):
                super().handle()

        def log_message(self, *_: object) -> None:
            """Nothing."""

    return Handler


def main() -> None:
    """Serve."""
    cluster = Cluster()
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler(cluster))
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    print(server.server_port, flush=True)
    while True:
        time.sleep(CHANGE_EACH_S)
        cluster.change()


if __name__ == "__main__":
    main()
