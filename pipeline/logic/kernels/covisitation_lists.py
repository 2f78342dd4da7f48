"""The list of the links that come from a node, as one comes, changes or goes."""

from pipeline.logic.kernels.covisitation_blocks import give, size_of, take
from pipeline.logic.kernels.covisitation_links import Web, sift, stronger
from pipeline.logic.kernels.jit import kernel


@kernel
def enter(web: Web, place: int) -> None:
    """Have a new link in the list of its earlier node; `onward` must have room."""
    node = web.links[place].earlier
    length, kind = web.lists[node, 1], web.lists[node, 2]
    if kind < 0 or length == size_of(kind):
        base = take(web.onward, web.free[1], kind + 1)
        for index in range(length):
            web.onward[base + index] = web.onward[web.lists[node, 0] + index]
        if kind >= 0:
            give(web.onward, web.free[1], kind, web.lists[node, 0])
        web.lists[node, 0], web.lists[node, 2] = base, kind + 1
    web.onward[web.lists[node, 0] + length] = place
    web.links[place].at = length
    web.lists[node, 1] = length + 1
    settle(web, place)


@kernel
def settle(web: Web, place: int) -> None:
    """Bring a link to where its strength belongs in the list of its earlier node."""
    node, index = web.links[place].earlier, web.links[place].at
    base, length = web.lists[node, 0], web.lists[node, 1]
    most = min(length, web.strongest)
    if index < most:
        sift(web, base, 0, most, index, False)
    else:
        sift(web, base, most, length, index, True)
    if length > most:
        weakest, best = web.onward[base], web.onward[base + most]
        if stronger(web, best, weakest):
            web.onward[base], web.onward[base + most] = best, weakest
            sift(web, base, 0, most, 0, False)
            sift(web, base, most, length, most, True)


@kernel
def leave(web: Web, place: int) -> None:
    """Take a link out of the list of its earlier node."""
    node, index = web.links[place].earlier, web.links[place].at
    base, length = web.lists[node, 0], web.lists[node, 1] - 1
    last, most = web.onward[base + length], web.strongest
    web.lists[node, 1] = length
    if index < most and length >= most:
        # The strongest of the others moves up, and the last one into its place.
        best = web.onward[base + most]
        web.onward[base + index] = best
        sift(web, base, 0, most, index, False)
        if length > most:
            web.onward[base + most] = last
            sift(web, base, most, length, most, True)
    elif index < length:
        first = most if index >= most else 0
        web.onward[base + index] = last
        sift(web, base, first, length, index, first > 0)
    if length == 0:
        give(web.onward, web.free[1], web.lists[node, 2], base)
        web.lists[node, 2] = -1
