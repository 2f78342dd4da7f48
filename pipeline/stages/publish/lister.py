"""One portrait and the model -> one slate."""

import numpy as np

from pipeline.logic.catalogue import Hashes
from pipeline.logic.expert import Moment
from pipeline.logic.live import DEPTH, Sent
from pipeline.logic.ranking import NO_HASHES, Proposed, most_popular, propose, rank
from pipeline.logic.rerank import rerank
from pipeline.stages.model_replica import Model
from pipeline.stages.moments import had_of, moment_of
from pipeline.stages.publish.config import PublishConfig
from pipeline.stages.publish.reasons import recommended
from topics.model import MODEL
from topics.profiles import Portrait, texts_of
from topics.recommendations import DEFAULT_USER, Recommended, Slate
from topics.spec import Position

CHOICE = 3
"""Re-ranking for diversity chooses from so many times the list."""


class Lister:
    """Makes the lists of one poll from the model as it stands.

    Args:
        model: The replica.
        config: Settings.
        now_ms: Stamps the lists.
    """

    def __init__(self, model: Model, config: PublishConfig, now_ms: int) -> None:
        self._model = model
        self._config = config
        self._now_ms = now_ms
        # As of the model's newest row: the same whoever else is in the poll.
        none = np.zeros(0, np.int64)
        self._nobody = Moment(model.version, none, none, attributes=[], history=0)

    def for_user(self, portrait: Portrait) -> tuple[Slate, Sent]:
        """The list that reflects a portrait, and what of it is to be scored later."""
        model = self._model
        had = had_of(portrait.had)
        moment = moment_of(
            portrait,
            model.catalogue.table,
            # As far as the model knows it; the user may be further.
            max(portrait.event_time_ms, model.version),
            list(texts_of(portrait.attributes)),
            portrait.recent_weights,
        )
        proposed, items = self._list(
            moment, had if self._config.exclude_had else NO_HASHES
        )
        slate = Slate(
            slate_id=str(portrait.source),
            user_id=portrait.user_id,
            items=items,
            model_name=self._config.model_name,
            model_version=self._model.version,
            event_time_ms=portrait.event_time_ms,
            published_time_ms=self._now_ms,
            source=portrait.source,
        )
        first = [item.item_id for item in items[:DEPTH]]
        popular = most_popular(model.catalogue, proposed, DEPTH)
        best = [model.catalogue.id_of(slot) for slot in popular.tolist()]
        return slate, Sent(portrait.history, had, first, best)

    def for_nobody(self, partition: int) -> Slate:
        """The list for users who have none of their own yet.

        It reflects the whole model and no single record, so its source is the start of
        the publishing task's partition of `model`; its id names the interval.
        """
        interval = self._now_ms // self._config.default_interval_ms
        return Slate(
            slate_id=f"default-{interval}",
            user_id=DEFAULT_USER,
            items=self._list(self._nobody, NO_HASHES)[1],
            model_name=self._config.model_name,
            model_version=self._model.version,
            event_time_ms=self._model.version,
            published_time_ms=self._now_ms,
            source=Position(MODEL.name, partition, 0),
        )

    def _list(self, moment: Moment, had: Hashes) -> tuple[Proposed, list[Recommended]]:
        model, config = self._model, self._config
        catalogue, ranker = model.catalogue, model.ranker
        n = config.list_size * (CHOICE if config.diversity else 1)
        proposed = propose(catalogue, moment, had, ranker, n)
        ranked = rank(catalogue, proposed, ranker, n, held=model.held)
        if config.diversity:
            alike = model.content.alike(ranked.slots)
            ranked = ranked.take(
                rerank(ranked.scores, alike, config.list_size, config.diversity)
            )
        return proposed, recommended(catalogue, proposed.moment, ranked)
