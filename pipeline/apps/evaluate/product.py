"""The whole pipeline in one process: what learns, and what makes the lists.

What update has learnt reaches publish as the rows that it would write, whole values.
"""

from collections.abc import Iterable

from pipeline.apps.evaluate.learner import Configs, Learner
from pipeline.stage import In, Row
from pipeline.stages.model_replica import Model
from pipeline.stages.publish import Publish
from topics.events import Event
from topics.items import Item
from topics.partitioning import partition_of
from topics.profiles import Portrait
from topics.recommendations import Slate
from topics.spec import Position
from topics.users import User


class Lists:
    """The half that makes lists: publish, with the portraits as they come.

    Args:
        configs: Settings.
        model: What was learnt.
    """

    def __init__(self, configs: Configs, model: Model) -> None:
        n = configs.partitions
        self._publish = [Publish(p, model, configs.publish) for p in range(n)]
        self._portraits: dict[str, Portrait] = {}
        self._asked = 0

    def keep(self, portraits: Iterable[Row]) -> None:
        """Take users' portraits as they are now."""
        for row in portraits:
            self._portraits[row.key] = row.value

    def ask(self, user: str, at_ms: int) -> list[str]:
        """The list for a user at this moment: item ids, the best first."""
        portrait = self._portraits.get(user)
        if portrait is None:
            portrait = Portrait(user, Position("events", 0, 0), "interaction", at_ms)
        partition = partition_of(user, len(self._publish))
        task = self._publish[partition]
        source = Position("profiles", partition, self._asked)
        self._asked += 1
        result = task.on_batch([In("profiles", user, portrait, source, at_ms)], at_ms)
        task.commit()
        slates = [each.unit for each in result.outputs if isinstance(each.unit, Slate)]
        return [each.item_id for slate in slates for each in slate.items]


class Product:
    """extract -> diversify -> update -> publish, event by event.

    Args:
        configs: Settings.
    """

    def __init__(self, configs: Configs | None = None) -> None:
        configs = configs or Configs()
        self.model = Model(configs.model)
        self.learner = Learner(configs, self.model)
        self._lists = Lists(configs, self.model)

    def describe(
        self, items: Iterable[Item], users: Iterable[User], at_ms: int
    ) -> None:
        """Take the catalogue and the users' attributes; see `Learner.describe`."""
        self._lists.keep(self.learner.describe(items, users, at_ms).portraits)

    def ask(self, user: str, at_ms: int) -> list[str]:
        """The list for a user at this moment: item ids, the best first."""
        return self._lists.ask(user, at_ms)

    def learn(self, event: Event) -> None:
        """Take an event: the portrait at once, the model once a batch is full."""
        self._lists.keep(self.learner.learn(event).portraits)

    def flush(self, at_ms: int) -> None:
        """Learn what waits."""
        self.learner.flush(at_ms)
