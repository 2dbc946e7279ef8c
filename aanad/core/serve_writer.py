"""The only writer to Serve: one PUT a round at most, none that cancels somebody's build, none that changes nothing."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from aanad.errors import ClusterUnavailable, Failed

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from aanad.core.observation import Observation
    from aanad.core.ports import Archives, Clock, Cluster, Store
    from aanad.core.records import ApplicationConfig, ProjectRecord

logger = logging.getLogger("aanad.serve")

ARCHIVE_CHECK_S = 60.0
"""How often it is checked that the cluster still holds the archives of running projects."""


class ServeWriter:
    """Compares what Serve was told with what it must be told, and tells it.

    Args:
        store: where revisions are.
        cluster: Serve.
        archives: the files of revisions.
        clock: for the time between two checks of archives.
        observation: what Serve was told, and what it must be told.
        refuse: called with a project and the error of a configuration or an archive that cannot be used.
    """

    def __init__(
        self,
        *,
        store: Store,
        cluster: Cluster,
        archives: Archives,
        clock: Clock,
        observation: Observation,
        refuse: Callable[[ProjectRecord, Failed], Awaitable[None]],
    ) -> None:
        self._store = store
        self._cluster = cluster
        self._archives = archives
        self._clock = clock
        self._observation = observation
        self._refuse = refuse
        self._archives_checked_at = float("-inf")
        self._isolate = False

    async def write(self, records: dict[str, ProjectRecord]) -> bool:
        """Tell Serve what changed.

        Returns:
            Whether something was told or refused, so that the next round should come at once.
        """
        applications = self._observation.cluster.applications
        ours = {name: app.config for name, app in applications.items() if app.config is not None}
        leaving = {name for name, app in applications.items() if app.status == "DELETING"}
        held = self._observation.waiting.keys() - ours.keys()
        wanted = {n: config for n, config in self._observation.wanted.items() if n not in leaving and n not in held}
        present = {name: config for name, config in ours.items() if name not in leaving}
        changed = sorted(name for name in wanted.keys() | present.keys() if wanted.get(name) != present.get(name))
        if not changed:
            await self._check_archives(wanted)
            return False
        building = {name for name, app in applications.items() if name not in leaving and not app.is_built}
        if building - set(changed):
            return False
        if self._isolate:
            wanted = {
                n: c for n in wanted.keys() | present.keys() if (c := (wanted if n == changed[0] else present).get(n))
            }
            changed = changed[:1]
        for name in [name for name in changed if name in wanted]:
            if not await self._provide(records[name], wanted[name]):
                return False
        foreign = [app.raw_config for app in applications.values() if app.config is None and app.raw_config is not None]
        try:
            await self._cluster.apply(list(wanted.values()), foreign)
        except ClusterUnavailable as error:
            logger.warning("serve.unreachable %s", error.message)
            return False
        except Failed as error:
            return await self._refused(records, changed, error)
        self._isolate = False
        logger.info("serve.told changed=%s", changed)
        return True

    async def _refused(self, records: dict[str, ProjectRecord], changed: list[str], error: Failed) -> bool:
        """Serve refused the configuration: find the project at fault by giving it one change at a time."""
        if len(changed) > 1:
            self._isolate = True
            return True
        record = records.get(changed[0])
        if record is None:
            logger.error("serve.refused project=%s %s", changed[0], error.message)
            return False
        await self._refuse(record, error)
        return True

    async def _provide(self, record: ProjectRecord, config: ApplicationConfig) -> bool:
        """See that the cluster has the archive; a project whose archive is nowhere fails, the others do not notice."""
        revision = await self._store.revision(record.name, record.revision or "")
        if revision is None:
            return False
        try:
            await self._cluster.ensure_archive(config.archive_uri, self._archives.path(revision.archive))
        except ClusterUnavailable as error:
            logger.warning("archive.not_provided project=%s %s", record.name, error.message)
            return False
        except Failed as error:
            await self._refuse(record, error)
            return False
        return True

    async def _check_archives(self, wanted: dict[str, ApplicationConfig]) -> None:
        """Ray drops archives that it thinks unused; another node would then miss them."""
        now = self._clock.monotonic()
        if now - self._archives_checked_at < ARCHIVE_CHECK_S:
            return
        self._archives_checked_at = now
        for record in await self._store.projects():
            revision = await self._store.revision(record.name, record.revision or "") if record.name in wanted else None
            if revision is not None and await self._archives.has(revision.archive):
                path = self._archives.path(revision.archive)
                await self._cluster.ensure_archive(wanted[record.name].archive_uri, path)
