"""Random block-structured diagrams: every block has one way in and one way out, whatever happens inside."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import pairwise
from random import Random

from engine.bpmn.diagram import Process
from tests.engine.interpreter.building import (
    boundary,
    call,
    catch,
    condition,
    end,
    ext,
    flow,
    flows,
    gateway,
    handler,
    io,
    loop,
    on,
    processes,
    scope,
    script,
    service,
    several,
    start,
    sub,
    throw,
    timer,
    undo,
    undone_by,
    user,
)

DEPTH = 4
HEARD = "heard"
"""Signals of this name are thrown by the diagram itself, and nobody may miss them."""


@dataclass
class Grown:
    """A diagram, the variables it begins with, and what must be true of every run of it.

    Attributes:
        others: texts of processes that it calls.
        once: elements that are passed exactly once in every run.
    """

    parts: list[str] = field(default_factory=list)
    others: list[str] = field(default_factory=list)
    variables: dict[str, object] = field(default_factory=dict)
    once: set[str] = field(default_factory=set)

    def processes(self) -> dict[str, Process]:
        """The process ``p``, and those that it calls."""
        return processes(scope("process", "p", *self.parts), *self.others)


@dataclass(frozen=True)
class Block:
    """A part of a diagram with its first and its last element."""

    text: str
    first: str
    last: str


class Grower:
    """Grows one diagram from a source of chance."""

    def __init__(self, chance: Random) -> None:
        self.chance = chance
        self.count = 0
        self.grown = Grown()

    def grow(self) -> Grown:
        body = self.block(DEPTH, certain=True)
        self.grown.parts = [start("s0"), body.text, end("e0"), flows("s0", body.first), flows(body.last, "e0")]
        self.grown.once |= {"s0", "e0"}
        return self.grown

    def name(self, kind: str) -> str:
        self.count += 1
        return f"{kind}{self.count}"

    def variable(self, *values: object) -> str:
        name = self.name("v")
        self.grown.variables[name] = self.chance.choice(values)
        return name

    def block(self, depth: int, *, certain: bool) -> Block:
        """``certain``: it runs exactly once, whatever happens."""
        simple: list[Callable[[int, bool], Block]] = [
            self.task,
            self.task,
            self.script,
            self.service,
            self.wait,
            self.race,
            self.news,
        ]
        nested = [
            self.sequence,
            self.sequence,
            self.exclusive,
            self.parallel,
            self.inclusive,
            self.implicit,
            self.ring,
            self.embedded,
            self.bordered,
            self.watched,
            self.failing,
            self.repeated,
            self.undone,
            self.transaction,
            self.ad_hoc,
            self.conditional,
            self.enough,
            self.linked,
            self.either,
            self.called,
            self.cut_short,
            self.heard,
        ]
        grown = self.chance.choice(simple if depth <= 0 else nested + simple[:2])(depth - 1, certain)
        if certain:
            self.grown.once |= {grown.last}
        return grown

    # -- simple blocks

    def task(self, depth: int, certain: bool) -> Block:
        name = self.name("u")
        mapped = ext(io({"local": '="x"'}, {})) if self.chance.random() < 0.3 else ""
        return Block(user(name, mapped), name, name)

    def script(self, depth: int, certain: bool) -> Block:
        name, variable = self.name("x"), self.variable(0)
        return Block(script(name, f"={variable} + 1", variable), name, name)

    def service(self, depth: int, certain: bool) -> Block:
        name = self.name("w")
        return Block(service(name), name, name)

    def wait(self, depth: int, certain: bool) -> Block:
        name = self.name("c")
        what = self.chance.choice([timer("Duration", "PT1H"), on("message", f"m{name}"), on("signal", f"g{name}")])
        return Block(catch(name, what), name, name)

    def race(self, depth: int, certain: bool) -> Block:
        first, last = self.name("r"), self.name("j")
        ways = [self.wait(0, False) for _ in range(self.chance.randint(2, 3))]
        text = "".join(way.text + flows(first, way.first) + flows(way.last, last) for way in ways)
        return Block(gateway("eventBased", first) + text + gateway("exclusive", last), first, last)

    def news(self, depth: int, certain: bool) -> Block:
        name = self.name("t")
        return Block(throw(name, on(self.chance.choice(["signal", "message", "escalation"]), f"n{name}")), name, name)

    # -- blocks of blocks

    def sequence(self, depth: int, certain: bool) -> Block:
        blocks = [self.block(depth, certain=certain) for _ in range(self.chance.randint(2, 3))]
        joined = "".join(flows(a.last, b.first) for a, b in pairwise(blocks))
        return Block("".join(block.text for block in blocks) + joined, blocks[0].first, blocks[-1].last)

    def exclusive(self, depth: int, certain: bool) -> Block:
        first, last = self.name("g"), self.name("j")
        ways = [self.block(depth, certain=False) for _ in range(self.chance.randint(2, 3))]
        which = self.variable(*range(len(ways) + 1))
        text = "".join(way.text + flows(way.last, last) for way in ways)
        text += "".join(flow(first, way.first, f"{which} = {n}" if n else None) for n, way in enumerate(ways))
        return Block(
            text + gateway("exclusive", first, default=f"{first}-{ways[0].first}") + gateway("exclusive", last),
            first,
            last,
        )

    def parallel(self, depth: int, certain: bool) -> Block:
        first, last = self.name("g"), self.name("j")
        ways = [self.block(depth, certain=certain) for _ in range(self.chance.randint(2, 3))]
        text = "".join(way.text + flows(first, way.first) + flows(way.last, last) for way in ways)
        return Block(text + gateway("parallel", first) + gateway("parallel", last), first, last)

    def implicit(self, depth: int, certain: bool) -> Block:
        """A task splits without a gateway; the flows meet again at a parallel one."""
        first, last = self.name("u"), self.name("j")
        ways = [self.block(depth, certain=certain) for _ in range(2)]
        text = "".join(way.text + flows(first, way.first) + flows(way.last, last) for way in ways)
        return Block(text + user(first) + gateway("parallel", last), first, last)

    def inclusive(self, depth: int, certain: bool) -> Block:
        first, last = self.name("g"), self.name("j")
        ways = [self.block(depth, certain=False) for _ in range(self.chance.randint(2, 3))]
        text = "".join(way.text + flows(way.last, last) for way in ways)
        for n, way in enumerate(ways):
            text += flow(first, way.first, f"{self.variable(True, False)}" if n else None)
        return Block(
            text + gateway("inclusive", first, default=f"{first}-{ways[0].first}") + gateway("inclusive", last),
            first,
            last,
        )

    def ring(self, depth: int, certain: bool) -> Block:
        """A loop drawn with gateways: two or three rounds."""
        first, count, last = self.name("g"), self.name("x"), self.name("g")
        body, number, out = self.block(depth, certain=False), self.variable(0), self.name("j")
        text = gateway("exclusive", first) + body.text + script(count, f"={number} + 1", number)
        text += (
            gateway("exclusive", last, default=f"{last}-{out}")
            + gateway("exclusive", out)
            + flows(first, body.first)
            + flows(body.last, count, last)
        )
        text += flow(last, first, f"{number} < {self.chance.randint(2, 3)}") + flows(last, out)
        return Block(text, first, out)

    def inside(self, depth: int, *, certain: bool) -> tuple[str, Block]:
        """What stands in a sub-process."""
        body, first = self.block(depth, certain=certain), self.name("s")
        opened = start(first) + body.text + flows(first, body.first)
        if self.chance.random() < 0.5:
            last = self.name("e")
            opened += end(last) + flows(body.last, last)
        return opened, body

    def embedded(self, depth: int, certain: bool) -> Block:
        name = self.name("S")
        inner, _ = self.inside(depth, certain=certain)
        mapped = ext(io({self.name("k"): "=1"})) if self.chance.random() < 0.5 else ""
        return Block(sub(name, mapped, inner), name, name)

    def bordered(self, depth: int, certain: bool) -> Block:
        """A sub-process with an event on its border, whose way meets the ordinary one."""
        name, event, last = self.name("S"), self.name("b"), self.name("j")
        interrupting = self.chance.random() < 0.6
        inner, _ = self.inside(depth, certain=certain and not interrupting)
        cycle = timer("Cycle", "R2/PT30M")
        what = self.chance.choice([timer("Duration", "PT30M"), on("message", f"m{event}"), cycle])
        text = (
            sub(name, inner)
            + boundary(event, name, what, interrupting=interrupting)
            + gateway("exclusive", last)
            + flows(name, last)
        )
        after = self.block(0, certain=False)
        text += after.text + flows(event, after.first)
        return Block(text + (flows(after.last, last) if interrupting else ""), name, last)

    def watched(self, depth: int, certain: bool) -> Block:
        """A sub-process with an event sub-process."""
        name, answer, begin = self.name("S"), self.name("H"), self.name("s")
        interrupting = self.chance.random() < 0.5
        inner, _ = self.inside(depth, certain=certain and not interrupting)
        after = self.block(0, certain=False)
        what = self.chance.choice([timer("Duration", "PT40M"), on("message", f"m{begin}"), on("signal", f"g{begin}")])
        text = handler(answer, start(begin, what, isInterrupting=interrupting), after.text, flows(begin, after.first))
        return Block(sub(name, inner, text), name, name)

    def failing(self, depth: int, certain: bool) -> Block:
        """A sub-process that may end in an error or escalate."""
        name, choice, bad, event, last = (self.name(kind) for kind in ("S", "g", "e", "b", "j"))
        kind = self.chance.choice(["error", "escalation"])
        inner, body = self.inside(depth, certain=False)
        fails, fine = self.variable(True, False), self.name("u")
        text = inner + gateway("exclusive", choice, default=f"{choice}-{fine}") + end(bad, on(kind, "E")) + user(fine)
        text += flows(body.last, choice) + flow(choice, bad, fails) + flows(choice, fine)
        border = boundary(event, name, on(kind, self.chance.choice(["E", None])))
        return Block(
            sub(name, text) + border + gateway("exclusive", last) + flows(name, last) + flows(event, last), name, last
        )

    def repeated(self, depth: int, certain: bool) -> Block:
        name, item, last = self.name("S"), self.name("i"), self.name("j")
        inner, _ = self.inside(depth, certain=False)
        kind = self.chance.choice(["sequential", "parallel", "standard"])
        if kind == "standard":
            again = loop(f"loopCounter < {self.chance.randint(1, 3)}")
        else:
            until = self.chance.choice([None, "numberOfCompletedInstances >= 2"])
            given = str(self.chance.choice([[], [1], [1, 2, 3]]))
            again = several("=" + given, item, self.name("o"), f"={item}", sequential=kind == "sequential", until=until)
        return Block(sub(name, again, inner) + gateway("exclusive", last) + flows(name, last), name, last)

    def undone(self, depth: int, certain: bool) -> Block:
        """What has been done is undone at the end of the block."""
        name, thrown = self.name("S"), self.name("t")
        parts, last = [], self.name("s")
        parts.append(start(last))
        for _ in range(self.chance.randint(1, 3)):
            work, event, undoer = self.name("w"), self.name("b"), self.name("w")
            parts += [
                service(work),
                undone_by(event, work, undoer),
                service(undoer, isForCompensation=True),
                flows(last, work),
            ]
            last = work
        where = self.chance.random() < 0.5
        if where:
            return Block(sub(name, *parts, throw(thrown, undo()), flows(last, thrown)), name, name)
        return Block(sub(name, *parts) + throw(thrown, undo(name)) + flows(name, thrown), name, thrown)

    def transaction(self, depth: int, certain: bool) -> Block:
        name, work, event, undoer, choice = (self.name(kind) for kind in "Twbwg")
        stop, fine, border, last, begin = (self.name(kind) for kind in "eebjs")
        body = self.block(depth, certain=False)
        text = (
            start(begin)
            + service(work)
            + undone_by(event, work, undoer)
            + service(undoer, isForCompensation=True)
            + body.text
        )
        text += gateway("exclusive", choice, default=f"{choice}-{fine}") + end(stop, on("cancel")) + end(fine)
        text += (
            flows(begin, work, body.first)
            + flows(body.last, choice, fine)
            + flow(choice, stop, self.variable(True, False))
        )
        outside = (
            boundary(border, name, on("cancel")) + gateway("exclusive", last) + flows(name, last) + flows(border, last)
        )
        return Block(scope("transaction", name, text) + outside, name, last)

    def conditional(self, depth: int, certain: bool) -> Block:
        """One branch waits for what the other writes."""
        first, last, write, wait = (self.name(kind) for kind in "gjxc")
        variable, body = self.variable(0), self.block(depth, certain=certain)
        text = gateway("parallel", first) + gateway("parallel", last) + script(write, f"={variable} + 1", variable)
        text += catch(wait, condition(f"{variable} > 0")) + body.text
        return Block(
            text + flows(first, wait, last) + flows(first, body.first) + flows(body.last, write, last), first, last
        )

    def enough(self, depth: int, certain: bool) -> Block:
        """Of several branches some are enough; the rest is taken in."""
        first, last, count = self.name("g"), self.name("j"), self.chance.randint(2, 3)
        ways = [self.block(depth, certain=certain) for _ in range(count)]
        needed = self.chance.randint(1, count)
        text = "".join(way.text + flows(first, way.first) + flows(way.last, last) for way in ways)
        until = f"<activationCondition>activationCount &gt;= {needed}</activationCondition>"
        return Block(gateway("parallel", first) + gateway("complex", last, until) + text, first, last)

    def cut_short(self, depth: int, certain: bool) -> Block:
        """Work of any kind, and beside it an end that interrupts it: at once, or after something else."""
        name, begin, fork, stop, border, last = map(self.name, "Ssgebj")
        kind = self.chance.choice(["terminate", "error", "escalation", "cancel", "signal"])
        event = on(kind) if kind in ("terminate", "cancel") else on(kind, f"stop{stop}")
        work = self.block(depth, certain=False)
        text = start(begin) + gateway("parallel", fork) + work.text + end(stop, event)
        text += flows(begin, fork, work.first)
        if self.chance.random() < 0.3:
            before = self.block(0, certain=False)
            text += before.text + flows(fork, before.first) + flows(before.last, stop)
        else:
            text += flows(fork, stop)
        body = scope("transaction" if kind == "cancel" else "subProcess", name, text)
        out = gateway("exclusive", last) + flows(name, last)
        if kind != "terminate":
            out += boundary(border, name, event) + flows(border, last)
        return Block(body + out, name, last)

    def heard(self, depth: int, certain: bool) -> Block:
        """One branch waits, at once or after steps that nobody does, for what the other throws."""
        first, thrown, caught, last = (self.name(kind) for kind in "gtcj")
        signal = on("signal", f"{HEARD}{caught}")
        text = gateway("parallel", first) + gateway("parallel", last) + throw(thrown, signal) + catch(caught, signal)
        text += flows(first, thrown, last) + flows(caught, last)
        ways = [self.script(0, False) for _ in range(self.chance.randint(0, 2))]
        path = [first, *(way.first for way in ways), caught]
        return Block(text + "".join(way.text for way in ways) + flows(*path), first, last)

    def linked(self, depth: int, certain: bool) -> Block:
        source, target, name = self.name("t"), self.name("c"), self.name("l")
        body = self.block(depth, certain=certain)
        text = throw(source, on("link", name)) + catch(target, on("link", name)) + body.text
        return Block(text + flows(target, body.first), source, body.last)

    def either(self, depth: int, certain: bool) -> Block:
        """An event with several triggers: one of them, or all."""
        name = self.name("c")
        what = [on("message", f"m{name}"), on("signal", f"g{name}"), timer("Duration", "PT1H")]
        some = self.chance.sample(what, self.chance.randint(2, 3))
        return Block(catch(name, *some, parallelMultiple=self.chance.random() < 0.5), name, name)

    def called(self, depth: int, certain: bool) -> Block:
        """Another process, which may end in an error that the call catches."""
        name, process, event, last, begin = (self.name(kind) for kind in "kpbjs")
        body, bad, choice, fine = self.block(depth, certain=False), self.name("e"), self.name("g"), self.name("e")
        text = (
            start(begin)
            + body.text
            + gateway("exclusive", choice, default=f"{choice}-{fine}")
            + end(bad, on("error", "E"))
        )
        text += end(fine) + flows(begin, body.first) + flows(body.last, choice, fine) + flow(choice, bad, "fails")
        given = {
            **{variable: f"={variable}" for variable in self.grown.variables},
            "fails": f"={self.variable(True, False)}",
        }
        self.grown.others.append(scope("process", process, text))
        caller = call(name, process, io(given)) + boundary(event, name, on("error", "E")) + gateway("exclusive", last)
        return Block(caller + flows(name, last) + flows(event, last), name, last)

    def ad_hoc(self, depth: int, certain: bool) -> Block:
        name = self.name("A")
        # What something leads to does not start by itself, and a ring leads back to its own beginning.
        pairs = [(self.task(0, certain), self.block(min(depth, 1), certain=certain)) for _ in range(2)]
        text = "".join(before.text + block.text + flows(before.last, block.first) for before, block in pairs)
        return Block(
            scope("adHocSubProcess", name, text, ordering=self.chance.choice(["Parallel", "Sequential"])), name, name
        )


def grow(seed: int) -> Grown:
    """The diagram of a seed."""
    return Grower(Random(seed)).grow()
