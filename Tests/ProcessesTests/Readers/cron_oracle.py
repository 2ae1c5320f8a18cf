"""The next instants of cron expressions in time zones, found by croniter away from changes of the clocks, and near them minute by minute.

Reads lines {"expression", "zone", "after"} (seconds since 1970) and writes for each the next five instants.
"""
import json
import sys
from datetime import datetime, timedelta, timezone
from zoneinfo import ZoneInfo

from croniter import croniter

UTC = timezone.utc


def fields(expression):
    words = expression.split()
    either = not words[2].startswith("*") and not words[4].startswith("*")
    return [None if f == ["*"] else set(f) for f in croniter.expand(expression)[0][:5]] + [either]


def wall(instant, zone):
    return datetime.fromtimestamp(instant, UTC).astimezone(zone)


def matches(local, parsed):
    minute, hour, day, month, weekday, either = parsed
    if minute is not None and local.minute not in minute or hour is not None and local.hour not in hour or month is not None and local.month not in month:
        return False
    is_day = day is None or local.day in day
    is_weekday = weekday is None or local.isoweekday() % 7 in {d % 7 for d in weekday}
    return (is_day or is_weekday) if either else (is_day and is_weekday)


def by_minutes(expression, zone, after, count):
    """Every minute that the wall shows, and those that it leaves out, in their order."""
    parsed = fields(expression)
    has_star = expression.split()[1].startswith("*")
    found, seen = [], set()
    instant = after - after % 60
    while len(found) < count:
        before, instant = wall(instant, zone), instant + 60
        now = wall(instant, zone)
        gap = (now.replace(tzinfo=None) - before.replace(tzinfo=None)) // timedelta(minutes=1) - 1
        skipped = [before.replace(tzinfo=None) + timedelta(minutes=m + 1) for m in range(max(gap, 0))]
        is_due = matches(now, parsed)
        key = now.replace(tzinfo=None)
        if not has_star:
            if is_due and now.fold == 1:
                is_due = False
            is_due = is_due or any(matches(s, parsed) for s in skipped)
        if is_due and instant > after and instant not in seen:
            found.append(instant)
            seen.add(instant)
        if instant > after + 40 * 86400:
            break
    return found


def by_croniter(expression, after, count):
    # As crontab(5) says: a kind of day that begins with a star only narrows the other.
    it = croniter(expression, datetime.fromtimestamp(after, UTC), implement_cron_bug=True, max_years_between_matches=60)
    return [int(it.get_next(datetime).timestamp()) for _ in range(count)]


for line in sys.stdin:
    case = json.loads(line)
    zone = ZoneInfo(case["zone"])
    if case["zone"] == "UTC":
        answer = by_croniter(case["expression"], case["after"], 5)
    else:
        answer = by_minutes(case["expression"], zone, case["after"], 5)
    print(json.dumps(answer))
