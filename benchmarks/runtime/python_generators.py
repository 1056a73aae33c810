# SPDX-License-Identifier: Apache-2.0
"""Pass-through by the algorithm of the original: generators in a run queue, deques as boxes, written for this comparison.

Reads `COUNT BURST` from standard input, a line each, and answers each with a line of JSON: sum, cpuS, wallS. BURST is the
number of messages the source sends before it yields: 1 as the original's sources do.

What it does as the original, whose inner steps it does not copy: the scheduler is a generator that yields after each step
and each pass; a pass samples the clock, steps every active microprocess once in turn, then takes all pause requests, then
all wake requests; a microprocess is a generator around main() that looks at the stop flag at each step; a send appends to
the final box, which wakes its owner; taking wakes the owners of the outboxes that end there; a component drains its inbox,
looks at control, and pauses when nothing is ready. Boxes have no bound.
"""
import json
import sys
import time
from collections import deque

STAGES = 5
ACTIVE, GOING, SLEEPING = 1, 2, 3


class Scheduler:
    def __init__(self):
        self.state = {}
        self.queue = []
        self.pauses = deque()
        self.wakes = deque()
        self.time = time.time()

    def add(self, process):
        process.thread = process.stepping()
        self.state[process] = ACTIVE
        self.queue.append(process)

    def main(self):
        while self.state:
            self.time = time.time()
            following = []
            for process in self.queue:
                if self.state[process] is not ACTIVE:
                    self.state[process] = SLEEPING
                    continue
                try:
                    next(process.thread)
                    following.append(process)
                except StopIteration:
                    del self.state[process]
                yield 1
            self.queue = following
            while self.pauses:
                process = self.pauses.popleft()
                if self.state.get(process) is ACTIVE:
                    self.state[process] = GOING
            while self.wakes:
                process = self.wakes.popleft()
                known = self.state.get(process)
                if known is SLEEPING:
                    self.queue.append(process)
                if known is not None:
                    self.state[process] = ACTIVE
            yield 1


class Box:
    """A FIFO that tells of what comes, and of what is taken."""

    def __init__(self, arrived):
        self.messages = deque()
        self.arrived = arrived
        self.taken = []

    def append(self, message):
        self.messages.append(message)
        self.arrived()

    def pop(self):
        message = self.messages.popleft()
        for tell in self.taken:
            tell()
        return message

    def __len__(self):
        return len(self.messages)


class Component:
    def __init__(self, scheduler):
        self.scheduler = scheduler
        self.stopped = False
        self.inboxes = {"inbox": Box(self.unpause), "control": Box(self.unpause)}
        self.outboxes = {"outbox": None, "signal": None}
        scheduler.add(self)

    def stepping(self):
        for result in self.main():
            if self.stopped:
                return
            yield result

    def link(self, outbox, sink, inbox):
        self.outboxes[outbox] = sink.inboxes[inbox]
        sink.inboxes[inbox].taken.append(self.unpause)

    def dataReady(self, name="inbox"):
        return len(self.inboxes[name])

    def anyReady(self):
        for name, box in self.inboxes.items():
            if len(box):
                return name
        return False

    def recv(self, name="inbox"):
        return self.inboxes[name].pop()

    def send(self, message, name="outbox"):
        self.outboxes[name].append(message)

    def pause(self):
        self.scheduler.pauses.append(self)

    def unpause(self):
        self.scheduler.wakes.append(self)


class Source(Component):
    def __init__(self, scheduler, count, burst):
        super().__init__(scheduler)
        self.count = count
        self.burst = burst

    def main(self):
        for n in range(self.count):
            self.send({"n": n}, "outbox")
            if (n + 1) % self.burst == 0:
                yield 1
        self.send("producerFinished", "signal")


def stage_class():
    class Stage(Component):
        def main(self):
            while True:
                while self.dataReady("inbox"):
                    self.send(self.recv("inbox"), "outbox")
                if self.dataReady("control"):
                    self.send(self.recv("control"), "signal")
                    return
                if not self.anyReady():
                    self.pause()
                yield 1

    return Stage


class Sink(Component):
    sum = 0

    def main(self):
        while True:
            while self.dataReady("inbox"):
                self.sum += self.recv("inbox")["n"] & 1
            if self.dataReady("control"):
                return
            if not self.anyReady():
                self.pause()
            yield 1


def run(count, burst):
    scheduler = Scheduler()
    row = [Source(scheduler, count, burst)]
    row += [stage_class()(scheduler) for _ in range(STAGES)]
    row.append(Sink(scheduler))
    for source, sink in zip(row, row[1:]):
        source.link("outbox", sink, "inbox")
        source.link("signal", sink, "control")
    for _ in scheduler.main():
        pass
    return row[-1].sum


for line in sys.stdin:
    count, burst = map(int, line.split())
    cpu, wall = time.process_time(), time.perf_counter()
    total = run(count, burst)
    cpu_s, wall_s = time.process_time() - cpu, time.perf_counter() - wall
    print(json.dumps({"sum": total, "cpuS": cpu_s, "wallS": wall_s}), flush=True)
