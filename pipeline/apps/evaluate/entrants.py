"""Who takes part: Kairec as its settings say, Kairec without an expert, and peers."""

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace

from pipeline.apps.errors import AppError
from pipeline.apps.evaluate.answer import OURS
from pipeline.apps.evaluate.apart import learning_apart
from pipeline.apps.evaluate.contest import Outcome, Progress, Theirs, compete
from pipeline.apps.evaluate.learner import Configs
from pipeline.apps.evaluate.peers import PEERS, size_of
from pipeline.apps.evaluate.stream import Stream
from pipeline.stages.extract import WEIGHTS, ExtractConfig
from pipeline.stages.model_replica import ModelConfig

EXPERTS = (
    "popularity",
    "covisitation",
    "content",
    "audience",
    "embedding",
    "joint",
)


@dataclass(frozen=True, slots=True)
class Wish:
    """What is to be evaluated.

    Args:
        batch: Events that update learns at a time.
        partitions: Of all topics by user and by item.
        experts: Only these are heard; empty is all.
        ablate: Besides, leave out each expert in turn.
        peers: Besides, all peers.
        weights: What each type of event counts for.
    """

    batch: int = 1
    partitions: int = 1
    experts: tuple[str, ...] = ()
    ablate: bool = False
    peers: bool = False
    weights: Mapping[str, float] = field(default_factory=lambda: dict(WEIGHTS))

    def check(self) -> None:
        """Refuse names that there are not.

        Raises:
            AppError: naming those that there are.
        """
        for name in self.experts:
            if name not in EXPERTS:
                known = ", ".join(EXPERTS)
                raise AppError(f"no expert {name!r}: the experts are {known}")

    def names(self) -> list[str]:
        """Contenders, in the order in which they run."""
        without = [f"without {name}" for name in self._heard()] if self.ablate else []
        return [OURS, *without, *(PEERS if self.peers else ())]

    def _heard(self) -> list[str]:
        return [name for name in EXPERTS if not self.experts or name in self.experts]

    def configs(self, name: str) -> Configs:
        """Settings of Kairec under this name."""
        heard = [each for each in self._heard() if name != f"without {each}"]
        only: Collection[str] | None = heard if len(heard) < len(EXPERTS) else None
        model = ModelConfig(experts=None if only is None else frozenset(only))
        extract = ExtractConfig(weights=self.weights)
        return Configs(self.partitions, self.batch, extract=extract, model=model)


def run(
    stream: Stream,
    wish: Wish,
    tell: Callable[[str], None],
    progress: Callable[[str], Progress],
) -> Iterator[tuple[str, Outcome]]:
    """Let all contenders run, one after the other.

    Args:
        stream: What is fed and scored.
        wish: Who takes part.
        tell: Told in a line what people should know.
        progress: Given a name, begins to show how far it is.

    Yields:
        Name and outcome of each.
    """
    by_id = {
        item.item_id: frozenset(item.categories) | frozenset(item.tags)
        for item in stream.items
    }
    by_number = {n: by_id.get(i, frozenset()) for i, n in stream.item_numbers.items()}
    for name in wish.names():
        shown = progress(name)
        if name in PEERS:
            peer = PEERS[name](size_of(stream))
            if isinstance(peer, str):
                tell(f"{name} is left out: {peer}")
                continue
            yield name, compete(stream, Theirs(peer), by_number, shown)
        else:
            with learning_apart(wish.configs(name), stream) as ours:
                outcome = compete(stream, ours, by_id, shown)
                learnt = ours.sum()
            events_per_s = len(stream.steps) / max(learnt.learning_s, 1e-9)
            yield name, replace(outcome, learn_events_per_s=events_per_s)
            for fate, units in sorted(learnt.fates.items()):
                tell(f"{name}: {units:,} units dropped by {fate}")
