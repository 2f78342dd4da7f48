"""Have all kernels compiled before anything is timed."""

from collections.abc import Callable

import numpy as np

from pipeline.apps.evaluate.learner import Configs
from pipeline.apps.evaluate.product import Product
from pipeline.logic.expert import Moment
from pipeline.logic.kernels.jit import tell_when_compiling
from topics.events import Event
from topics.items import Item
from topics.users import User


def warm(tell: Callable[[], None]) -> None:
    """Run a few events through all stages.

    Args:
        tell: Called if anything has to be compiled: that takes a while.
    """
    tell_when_compiling(tell)
    configs = Configs()
    product = Product(configs)
    users = [f"u{n}" for n in range(5)]
    # So many of one category that not all of them are proposed.
    items = [Item(f"i{n}", categories=["c"], tags=[f"t{n % 3}"]) for n in range(60)]
    product.describe(items, [User(u, {"plan": u}) for u in users], 0)
    for n in range(2 * configs.vectors_every):
        user, item = users[n % 5], items[n % 9].item_id
        product.ask(user, n)
        product.learn(Event(user, item, "click", 60_000 * n))
    # A list asks this of those experts alone that speak the loudest for an item.
    catalogue, first = product.model.catalogue, np.zeros(1, np.int64)
    for expert in catalogue.readers:
        catalogue.because(expert, Moment(0, first, first, [], 1), first)
