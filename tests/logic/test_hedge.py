import numpy as np

from pipeline.logic.hedge import Hedge


def test_the_mean_is_hardly_worse_than_the_better_of_the_two() -> None:
    rng, hedge = np.random.default_rng(1), Hedge()
    truth, noise = np.array([2, 0, 0], "f4"), np.array([0, 2, 0], "f4")
    lost = {"hedge": 0.0, "good": 0.0, "bad": 0.0}
    for _ in range(500):
        chosen = int((truth + rng.gumbel(size=3)).argmax())
        said = {"good": truth, "bad": noise, "hedge": hedge.mean(truth, noise)}
        losses = {
            name: float(np.log(np.exp(each - each[chosen]).sum()))
            for name, each in said.items()
        }
        for name, loss in losses.items():
            lost[name] += loss
        hedge.update(losses["good"], losses["bad"])
    assert lost["good"] < lost["bad"]
    assert lost["hedge"] - lost["good"] < 3


def test_when_the_other_becomes_better_it_is_heard() -> None:
    hedge = Hedge()
    for _ in range(2_000):
        hedge.update(1.0, 1.5)
    assert hedge.share > 0.99
    for _ in range(2_000):
        hedge.update(1.5, 1.0)
    assert hedge.share < 0.01


def test_however_large_the_losses_weights_stay_finite() -> None:
    hedge = Hedge()
    hedge.update(1e9, 0.0)
    assert 0 <= hedge.share < 1e-9
    hedge.update(0.0, 1e12)
    assert 1 - 1e-9 < hedge.share <= 1
