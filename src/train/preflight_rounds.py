"""Which ranks try to reach which in the check before a training, and for how long."""

LIMITS = {  # seconds that a part may take
    "nccl": {"alone": 60, "all": 60, "node": 45, "pairs": 30, "inside": 30},
    "gloo": {"alone": 20, "all": 30, "node": 20, "pairs": 15, "inside": 15},
}
LONGEST = 120
MOST_PARTNERS = 7  # for everyone to meet everyone
PARTNERS = 3  # else


def meetings(count):
    """Pairs of 0…count-1, in rounds where nobody is in two pairs: everyone with everyone, or of many with a few."""
    places = list(range(count)) + ([None] if count % 2 else [])
    rounds = []
    for _ in range(len(places) - 1 if count > 1 else 0):
        half = len(places) // 2
        pairs = zip(places[:half], reversed(places[half:]))
        rounds.append([sorted(pair) for pair in pairs if None not in pair])
        places = [places[0], places[-1]] + places[1:-1]
    return rounds if count - 1 <= MOST_PARTNERS else rounds[:PARTNERS]


def rounds(world, per_node, backend):
    """Yields one round after another; is sent the ranks for which it worked."""

    def turn(kind, groups):
        limit = LIMITS[backend][kind] + (world // 16 if kind == "all" else 0)
        return {"kind": kind, "groups": groups, "limit": min(limit, LONGEST)}

    ranks = list(range(world))
    nodes = [ranks[at : at + per_node] for at in range(0, world, per_node)]
    good = yield turn("alone", [[rank] for rank in ranks])
    if len(good) < world or world == 1:
        return
    good = yield turn("all", [ranks])
    if len(good) == world or world == 2:
        return
    failing = nodes
    if len(nodes) > 1 and per_node > 1:
        good = yield turn("node", nodes)
        failing = [node for node in nodes if not good.issuperset(node)]
    for pairs in meetings(len(nodes)):
        yield turn("pairs", [[nodes[a][place], nodes[b][place]] for a, b in pairs for place in range(per_node)])
    if per_node > 2 and failing:
        for pairs in meetings(per_node):
            yield turn("inside", [[node[a], node[b]] for node in failing for a, b in pairs])
