"""The ranker: what each feature of a candidate weighs, learnt list by list.

Two models score a candidate. X are its features, Z the same standardised, C the context
of the list, b the situation of the user:

- the full one is `p . X + w[b] . Z + v . tanh(V [Z, C] + c)`
- the plain one is `p . X + u . Z`; it has little to learn, so where events are few, or
  tell little, it is the better one

The first term is fixed and makes the first lists sane; the rest is learnt, each model
for itself, by softmax over the list of candidates (Cao et al., Learning to rank: from
pairwise to listwise approach, ICML 2007) with Adagrad (Duchi, Hazan and Singer, 2011).
What counts is their mean, weighed by how well each did on the last lists
(`logic.hedge`).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.logic.arrays import Matrix, Slots, Vector
from pipeline.logic.hedge import Hedge
from pipeline.logic.kernels.ranking import descend, lifts, standard

PRIOR: Mapping[str, float] = MappingProxyType(
    {
        "covisitation.cov8": 0.9,
        "popularity.count 3": 0.1,
        "popularity.count 4": 0.15,
        "embedding.interest": 0.3,
        "content.mid": 0.3,
    }
)
"""What features weigh before anything is learnt; others nothing."""


@dataclass(frozen=True, slots=True)
class RankerSettings:
    """How the ranker learns.

    Args:
        units: Hidden ones.
        rate: Of Adagrad.
        first_sum: Where the sum of squared gradients of each weight starts.
        moving: Share of a list in the running mean and deviation of features.
        bound: No standardised feature leaves [-bound, bound], and no weight.
        histories: Lower bounds of a user's history, which with in or out of a session
            make the situations.
        prior: What features weigh at first, by name.
    """

    units: int = 32
    rate: float = 0.1
    first_sum: float = 1.0
    moving: float = 0.002
    bound: float = 10.0
    histories: tuple[int, ...] = (0, 3, 10, 30, 100)
    prior: Mapping[str, float] = field(default_factory=lambda: PRIOR)

    @property
    def situations(self) -> int:
        """How many situations of a user have weights of their own."""
        return 2 * len(self.histories)

    def situation(self, history: int, in_session: bool) -> int:
        """Which one.

        >>> settings = RankerSettings()
        >>> settings.situation(0, False), settings.situation(31, True)
        (0, 7)
        """
        at = sum(history >= least for least in self.histories) - 1
        return 2 * at + in_session


@dataclass(frozen=True, slots=True)
class Asked:
    """A list of candidates, as the ranker sees it.

    Args:
        features: Float32 (features, n), within [-1e4, 1e4].
        context: Float32 (contexts,), likewise.
        situation: Of the user.
    """

    features: Matrix
    context: Vector
    situation: int


class Ranker:
    """Weights; scoring reads them, `learn` changes them.

    Args:
        features: Names, in the order of `Asked.features`.
        contexts: Names, in the order of `Asked.context`.
        settings: How it learns.
    """

    def __init__(
        self, features: Sequence[str], contexts: Sequence[str], settings: RankerSettings
    ) -> None:
        self.features = list(features)
        self.contexts = list(contexts)
        self.settings = settings
        self.lists = 0
        self.prior = np.array([settings.prior.get(f, 0) for f in features], "f4")
        f, c, units = len(features), len(contexts), settings.units
        rng = np.random.Generator(np.random.Philox(key=_FIRST))
        width = 0.3 * np.sqrt(10 / max(f + c, 1))
        hidden = rng.standard_normal((units, f + c)) * width
        self._weights: dict[str, Matrix] = {
            "linear": np.zeros((settings.situations, f), np.float32),
            "hidden": hidden.astype(np.float32),
            "start": np.zeros(units, np.float32),
            "out": np.zeros(units, np.float32),
            "plain": np.zeros(f, np.float32),
        }
        self._sums = {
            name: np.full_like(each, settings.first_sum)
            for name, each in self._weights.items()
        }
        self._hedge = Hedge()
        self._moments = {
            "mean": np.zeros(f + c),
            "square": np.ones(f + c),
        }
        self._set_scale()

    def score(self, asked: Asked) -> Vector:
        """Scores of the candidates, float32 (n,)."""
        full, plain, _, _ = self._forward(asked)
        return self._hedge.mean(full, plain)

    def explain(self, asked: Asked, ends: Slots) -> tuple[Vector, Matrix]:
        """Scores, and what groups of features add in the linear parts.

        Args:
            asked: The list.
            ends: Where each group of features ends, int64 (groups,).

        Returns:
            float32 (n,) and (groups, n).
        """
        full, plain, z, _ = self._forward(asked)
        own, all_alike = (
            self._weights["linear"][asked.situation],
            self._weights["plain"],
        )
        weights = self._hedge.mean(own, all_alike)
        added = lifts(asked.features, z, self.prior, weights, ends)
        return self._hedge.mean(full, plain), added

    def learn(self, asked: Asked, chosen: int, factor: float = 1.0) -> Vector:
        """Learn from a list which of its candidates was chosen.

        Args:
            asked: The list.
            chosen: Index of the candidate.
            factor: On the rate, above 0.

        Returns:
            The scores before, float32 (n,).
        """
        full, plain, z, inner = self._forward(asked)
        scores = self._hedge.mean(full, plain)
        slope, loss = softmax_slope(full, chosen)
        plain_slope, plain_loss = softmax_slope(plain, chosen)
        bend = (1 - np.square(inner)) * (self._weights["out"][:, None] * slope)
        start = bend.sum(axis=1)
        context = start[:, None] * self._situate(asked.context)
        gradients = {
            "linear": z @ slope,
            "hidden": np.concatenate((bend @ z.T, context), axis=1),
            "start": start,
            "out": inner @ slope,
            "plain": z @ plain_slope,
        }
        for name, gradient in gradients.items():
            at = asked.situation if name == "linear" else slice(None)
            self._descend(name, at, gradient, factor)
        self._hedge.update(loss, plain_loss)
        self.lists += 1
        self._move(asked)
        return scores

    def section(self) -> dict[str, Any]:
        """What it has learnt; `load` is inverse to the last bit."""
        arrays: list[tuple[str, NDArray[Any]]] = [
            *((name, each) for name, each in self._weights.items()),
            *((f"{name}_sums", each) for name, each in self._sums.items()),
            *self._moments.items(),
        ]
        return {
            "features": self.features,
            "contexts": self.contexts,
            "lists": self.lists,
            "losses": self._hedge.losses,
            **{name: each.tobytes() for name, each in arrays},
        }

    def load(self, section: Mapping[str, Any]) -> None:
        """Take back what `section` gave; nothing, if it is of another release."""
        known = section.get("features"), section.get("contexts")
        size = len(section.get("start", b""))
        if known != (self.features, self.contexts) or size != 4 * self.settings.units:
            return
        if not self._weights.keys() <= section.keys():
            return
        self.lists = int(section["lists"])
        self._hedge.losses = tuple(section["losses"])
        for name, each in self._weights.items():
            self._weights[name] = _read(section[name], each)
            self._sums[name] = _read(section[f"{name}_sums"], each)
        for name, moment in self._moments.items():
            self._moments[name] = _read(section[name], moment)
        self._set_scale()

    def _forward(self, asked: Asked) -> tuple[Vector, Vector, Matrix, Matrix]:
        """Scores by either model (n,), features (f, n) as they count, units (m, n)."""
        weights, f = self._weights, len(self.features)
        z = self._standard(asked.features)
        hidden = weights["hidden"]
        offset = hidden[:, f:] @ self._situate(asked.context) + weights["start"]
        inner = np.tanh(hidden[:, :f] @ z + offset[:, None])
        first = self.prior @ asked.features
        full = first + weights["linear"][asked.situation] @ z + weights["out"] @ inner
        return full, first + weights["plain"] @ z, z, inner

    def _descend(
        self, name: str, at: int | slice, gradient: Matrix | Vector, factor: float
    ) -> None:
        """Take a step of Adagrad."""
        settings = self.settings
        weights, sums = self._weights[name][at], self._sums[name][at]
        descend(
            weights.reshape(-1),
            sums.reshape(-1),
            gradient.reshape(-1),
            settings.rate * factor,
            settings.bound,
        )

    def _standard(self, features: Matrix) -> Matrix:
        return standard(features, self._mean, self._scale, self.settings.bound)

    def _situate(self, context: Vector) -> Vector:
        f, bound = len(self.features), self.settings.bound
        return standard(context[:, None], self._mean[f:], self._scale[f:], bound)[:, 0]

    def _move(self, asked: Asked) -> None:
        """Take the list into the running moments: the first ones count fully."""
        share = max(self.settings.moving, 1 / (self.lists + 1))
        x = np.asarray(asked.features, np.float64)
        mean = np.concatenate((x.mean(axis=1), asked.context))
        square = np.concatenate((np.square(x).mean(axis=1), np.square(asked.context)))
        self._moments["mean"] += share * (mean - self._moments["mean"])
        self._moments["square"] += share * (square - self._moments["square"])
        self._set_scale()

    def _set_scale(self) -> None:
        mean, square = self._moments["mean"], self._moments["square"]
        spread = np.sqrt(np.maximum(square - np.square(mean), 0))
        self._mean: Vector = mean.astype(np.float32)
        self._scale: Vector = (1 / np.maximum(spread, _LEAST)).astype(np.float32)


def softmax_slope(scores: Vector, chosen: int) -> tuple[Vector, float]:
    """Gradient of the cross-entropy by scores, float32 (n,), and the loss itself, nats.

    >>> slope, loss = softmax_slope(np.zeros(4, np.float32), chosen=1)
    >>> slope.tolist(), round(loss, 3)
    ([0.25, -0.75, 0.25, 0.25], 1.386)
    """
    below = scores - scores.max()
    shares = np.exp(below)
    total = float(shares.sum())
    loss = float(np.log(total) - below[chosen])
    shares /= total
    shares[chosen] -= 1
    return shares, loss


def _read(written: bytes, like: NDArray[Any]) -> NDArray[Any]:
    return np.frombuffer(written, like.dtype).reshape(like.shape).copy()


_FIRST = 20_110
"""The hidden weights start at random, the same everywhere."""
_LEAST = 0.05
"""A feature that hardly varies is not blown up."""
