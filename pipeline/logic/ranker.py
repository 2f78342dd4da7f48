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
(`logic.hedge`). Beside it stand the orders by popularity alone at each half-life, heard
as far as they put more of what is chosen at the top of the list (`logic.orders`).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.logic.arrays import Matrix, Slots, Vector
from pipeline.logic.hedge import Hedge
from pipeline.logic.kernels.ranking import descend, lifts
from pipeline.logic.orders import Orders
from pipeline.logic.ranker_settings import RankerSettings
from pipeline.logic.scaler import Scaler
from pipeline.logic.softmax import softmax_slope

POPULAR = "popularity.count"
"""What features begin with that are popularities."""


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
        popular = [n for n, f in enumerate(features) if f.startswith(POPULAR)]
        self._popular = popular if settings.popular else []
        self._orders = Orders(1 + len(self._popular))
        self._scaler = Scaler(f, c, settings.bound)

    def score(self, asked: Asked) -> Vector:
        """Scores of the candidates, float32 (n,)."""
        full, plain, _, _ = self._forward(asked)
        return self._orders.mixed(self._ordered(asked, full, plain))

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
        ordered = self._ordered(asked, full, plain)
        mixed = self._orders.mixed(ordered)
        if mixed is not ordered[0]:
            own_share = self._orders.shares[0]
            group = int(np.searchsorted(ends, self._popular[0], side="right"))
            added *= own_share
            added[group] += mixed - own_share * ordered[0]
        return mixed, added

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
        ordered = self._ordered(asked, full, plain)
        scores = self._orders.mixed(ordered)
        slope, loss = softmax_slope(full, chosen)
        plain_slope, plain_loss = softmax_slope(plain, chosen)
        bend = (1 - np.square(inner)) * (self._weights["out"][:, None] * slope)
        start = bend.sum(axis=1)
        context = start[:, None] * self._scaler.context(asked.context)
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
        self._orders.update(ordered, chosen)
        self.lists += 1
        # The first lists count fully.
        share = max(self.settings.moving, 1 / self.lists)
        self._scaler.move(asked.features, asked.context, share)
        return scores

    def section(self) -> dict[str, Any]:
        """What it has learnt; `load` is inverse to the last bit."""
        arrays: list[tuple[str, NDArray[Any]]] = [
            *((name, each) for name, each in self._weights.items()),
            *((f"{name}_sums", each) for name, each in self._sums.items()),
            *self._scaler.arrays.items(),
        ]
        return {
            "features": self.features,
            "contexts": self.contexts,
            "lists": self.lists,
            "losses": self._hedge.losses,
            "gains": self._orders.gains.tobytes(),
            **{name: each.tobytes() for name, each in arrays},
        }

    def load(self, section: Mapping[str, Any]) -> None:
        """Take back what `section` gave; nothing, if it is of another release."""
        known = section.get("features"), section.get("contexts")
        if known != (self.features, self.contexts):
            return
        alike: dict[str, NDArray[Any]] = {"gains": self._orders.gains, **self._weights}
        if any(len(section.get(n, b"")) != each.nbytes for n, each in alike.items()):
            return
        self.lists = int(section["lists"])
        self._hedge.losses = tuple(section["losses"])
        self._orders.gains = _read(section["gains"], self._orders.gains)
        for name, each in self._weights.items():
            self._weights[name] = _read(section[name], each)
            self._sums[name] = _read(section[f"{name}_sums"], each)
        moments = self._scaler.arrays.items()
        self._scaler.take({name: _read(section[name], each) for name, each in moments})

    def _ordered(self, asked: Asked, full: Vector, plain: Vector) -> list[Vector]:
        """Scores by each order, float32 (n,): what is learnt, then each popularity."""
        learnt = self._hedge.mean(full, plain)
        return [learnt, *(asked.features[n] for n in self._popular)]

    def _forward(self, asked: Asked) -> tuple[Vector, Vector, Matrix, Matrix]:
        """Scores by either model (n,), features (f, n) as they count, units (m, n)."""
        weights, f = self._weights, len(self.features)
        z = self._scaler.features(asked.features)
        hidden = weights["hidden"]
        offset = hidden[:, f:] @ self._scaler.context(asked.context)
        offset += weights["start"]
        inner = np.tanh(hidden[:, :f] @ z + offset[:, None])
        first = self.prior @ asked.features
        full = first + weights["linear"][asked.situation] @ z + weights["out"] @ inner
        return full, first + weights["plain"] @ z, z, inner

    def _descend(
        self, name: str, at: int | slice, gradient: Matrix | Vector, factor: float
    ) -> None:
        """Take a step of Adagrad."""
        settings = self.settings
        rate = settings.rate * (settings.plain if name == "plain" else 1.0)
        weights, sums = self._weights[name][at], self._sums[name][at]
        descend(
            weights.reshape(-1),
            sums.reshape(-1),
            gradient.reshape(-1),
            rate * factor,
            settings.bound,
        )


def _read(written: bytes, like: NDArray[Any]) -> NDArray[Any]:
    return np.frombuffer(written, like.dtype).reshape(like.shape).copy()


_FIRST = 20_110
"""The hidden weights start at random, the same everywhere."""
