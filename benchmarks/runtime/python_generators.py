# SPDX-License-Identifier: Apache-2.0
"""Pass-through by the algorithm of the original: generators in a run queue, deques as boxes, written for this comparison.

Reads counts of messages from standard input, a line each, and answers each with a line of JSON: sum, cpuS, wallS.

A microprocess is stepped once a cycle in turn; pause requests are taken at the end of a cycle, then wake requests; a
send appends to the final inbox and wakes its owner; taking wakes the owners of the outboxes that end there. Boxes have
no bound, as in the original.
"""
import json
import sys
import time
from collections import deque

STAGES = 5
BURST = 64  # Messages the source sends a step: a message a step, as the original's sources do, would be slower.


class Scheduler:
    def __init__(self):
        self.active = {}
        self.all = {}
        self.pauses = deque()
        self.wakes = deque()

    def add(self, component):
        self.all[component] = component.main()
        self.active[component] = self.all[component]

    def run(self):
        while self.active:
            for component, thread in list(self.active.items()):
                try:
                    next(thread)
                except StopIteration:
                    del self.active[component]
                    del self.all[component]
            while self.pauses:
                self.active.pop(self.pauses.popleft(), None)
            while self.wakes:
                component = self.wakes.popleft()
                if component in self.all and component not in self.active:
                    self.active[component] = self.all[component]


class Component:
    def __init__(self, scheduler):
        self.scheduler = scheduler
        self.inboxes = {"inbox": deque(), "control": deque()}
        self.outboxes = {"outbox": None, "signal": None}
        self.writers = {"inbox": [], "control": []}
        scheduler.add(self)

    def link(self, outbox, sink, inbox):
        self.outboxes[outbox] = (sink, sink.inboxes[inbox])
        sink.writers[inbox].append(self)

    def dataReady(self, name="inbox"):
        return len(self.inboxes[name])

    def recv(self, name="inbox"):
        message = self.inboxes[name].popleft()
        for writer in self.writers[name]:
            self.scheduler.wakes.append(writer)
        return message

    def send(self, message, name="outbox"):
        sink, box = self.outboxes[name]
        box.append(message)
        self.scheduler.wakes.append(sink)

    def pause(self):
        self.scheduler.pauses.append(self)


class Source(Component):
    def __init__(self, scheduler, count):
        super().__init__(scheduler)
        self.count = count

    def main(self):
        for first in range(0, self.count, BURST):
            for n in range(first, min(self.count, first + BURST)):
                self.send({"n": n}, "outbox")
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
            self.pause()
            yield 1


def run(count):
    scheduler = Scheduler()
    row = [Source(scheduler, count)]
    row += [stage_class()(scheduler) for _ in range(STAGES)]
    row.append(Sink(scheduler))
    for source, sink in zip(row, row[1:]):
        source.link("outbox", sink, "inbox")
        source.link("signal", sink, "control")
    scheduler.run()
    return row[-1].sum


for line in sys.stdin:
    cpu, wall = time.process_time(), time.perf_counter()
    total = run(int(line))
    cpu_s, wall_s = time.process_time() - cpu, time.perf_counter() - wall
    print(json.dumps({"sum": total, "cpuS": cpu_s, "wallS": wall_s}), flush=True)
