"""Answers questions for the calendar by brute force, with the standard library's zoneinfo (PEP 615).

Each line of the input is one question as JSON, each line of the output its answer: the first allowed instant
in Unix seconds, or null. Times of the day are minutes since midnight on quarter hours, weekdays count from
Monday as 0, instants are Unix seconds. It walks through the quarter hours and reads the clock at each.
"""

import json
import sys
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

QUARTER = 15 * 60


def begins(line, day):
    last = (day + timedelta(days=1)).day == 1
    return day.weekday() in line["weekdays"] or day.day in line["dates"] or (last and 0 in line["dates"])


def covers(line, local):
    """Whether a window holds what a clock shows; one that ends before it starts ends on the next day."""
    minute = local.hour * 60 + local.minute
    if line["from"] < line["to"]:
        return line["from"] <= minute < line["to"] and begins(line, local.date())
    if minute >= line["from"]:
        return begins(line, local.date())
    return minute < line["to"] and begins(line, local.date() - timedelta(days=1))


def any_covers(lines, local):
    return any(covers(line, local) for line in lines if line["from"] != line["to"])


def closed(question, local):
    return (
        any_covers(question["quiet"], local)
        or not all(any_covers(law, local) for law in question["laws"])
        or local.date().isoformat() in question["holidays"]
    )


class Asked:
    def __init__(self, question):
        self.question = question
        self.zone = ZoneInfo(question["zone"])
        self.also = [ZoneInfo(name) for name in question["also"]]

    def local(self, at, zone=None):
        return datetime.fromtimestamp(at, zone or self.zone).replace(tzinfo=None)

    def open(self, at):
        local = self.local(at)
        hours = self.question["hours"]
        if hours and local.weekday() * 24 + local.hour not in hours:
            return False
        return not any(closed(self.question, self.local(at, zone)) for zone in [self.zone, *self.also])

    def points(self):
        """The instants at which the clock first comes to a point of a day that exists."""
        points = [line for line in self.question["lines"] if line["from"] == line["to"]]
        if not points:
            return
        start = self.question["now"] // QUARTER * QUARTER - 3 * 86400
        steps = range(start, self.question["deadline"] + 2 * 86400, QUARTER)
        clock = [(at, self.local(at)) for at in steps]
        for day in sorted({local.date() for _, local in clock})[1:-1]:
            for line in points:
                if begins(line, day):
                    reading = datetime(day.year, day.month, day.day) + timedelta(minutes=line["from"])
                    yield next(at for at, local in clock if local >= reading)

    def first(self):
        question, candidates = self.question, []
        for point in self.points():
            at = max(point, question["now"])
            if at < point + 60 and at < question["deadline"] and self.open(at):
                candidates.append(at)
        at = question["now"]
        while at < min([question["deadline"], *candidates]):
            if (not question["lines"] or any_covers(question["lines"], self.local(at))) and self.open(at):
                return at
            at = at // QUARTER * QUARTER + QUARTER
        return min(candidates, default=None)


for text in sys.stdin:
    print(json.dumps(Asked(json.loads(text)).first()))
