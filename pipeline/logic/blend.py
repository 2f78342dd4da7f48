"""The blend: what each expert's word weighs until a learnt ranker takes its place."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from pipeline.logic.arrays import Matrix, Vector

FLOOR = 1e-4
"""What an expert that knows nothing of an item says, beside its favourite's 1."""


@dataclass(frozen=True, slots=True)
class Voice:
    """One expert's part in the blend.

    Args:
        expert: Its name.
        candidates: How many it proposes.
        weight: What its score counts.
        of_popular: It proposes out of what is popular, rather than out of all items;
            so its work does not grow with the catalogue.
        signed: Its score is a logit, taken as it is; else an amount from 0, of which
            the logarithm is taken relative to the list's largest.
    """

    expert: str
    candidates: int
    weight: float
    signed: bool = False
    of_popular: bool = False


@dataclass(frozen=True, slots=True)
class Blend:
    """A weighted sum of experts; the place of the ranker.

    Args:
        voices: The experts that are heard, each once.
    """

    voices: tuple[Voice, ...]

    @property
    def experts(self) -> list[str]:
        """Names in the order of `voices`."""
        return [voice.expert for voice in self.voices]

    def candidates(self, expert: str) -> int:
        """How many candidates an expert proposes."""
        return sum(v.candidates for v in self.voices if v.expert == expert)

    def lifts(self, scores: Mapping[str, Vector]) -> Matrix:
        """What each expert adds to the score of each candidate.

        Args:
            scores: Of each expert, its raw scores, each float32 (n,).

        Returns:
            Float32 (experts, n), in the order of `voices`; an item's score is the sum.

        >>> blend = Blend((Voice("a", 9, 2.0), Voice("b", 9, 0.5, signed=True)))
        >>> a, b = np.array([4, 2], np.float32), np.array([-1, 3], np.float32)
        >>> blend.lifts({"a": a, "b": b}).round(3)
        array([[ 0.   , -1.386],
               [-0.5  ,  1.5  ]], dtype=float32)
        """
        heard = [self._lift(v, scores[v.expert]) for v in self.voices]
        return np.stack(heard)

    @staticmethod
    def _lift(voice: Voice, scores: Vector) -> Vector:
        if voice.signed:
            return np.float32(voice.weight) * scores
        return np.float32(voice.weight) * relative(scores)


def relative(scores: Vector) -> Vector:
    """Logarithm of amounts relative to the largest of the list; 0 if all are 0.

    >>> relative(np.array([8, 2, 0], np.float32)).round(2)
    array([ 0.  , -1.39, -9.21], dtype=float32)
    """
    top = scores.max(initial=0)
    if top <= 0:
        return np.zeros_like(scores)
    lifts: Vector = np.log(np.maximum(scores, 0) / top + np.float32(FLOOR))
    return lifts


DEFAULT_BLEND = Blend(
    (
        Voice("popularity", 60, 0.05),
        Voice("covisitation", 150, 1.0),
        Voice("content", 50, 0.25, signed=True),
        Voice("audience", 40, 0.2, signed=True),
        Voice("embedding", 60, 0.4, signed=True, of_popular=True),
    )
)
"""Weights that rank the first 20,000 likes of ml-100k well; a ranker learns its own."""
