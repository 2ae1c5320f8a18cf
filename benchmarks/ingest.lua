-- wrk's side of ingest.py: requests that were written out beforehand, sent once each and in order.
-- Arguments: FILE (the requests one after the other), LENGTHS (a number a line), FIRST and COUNT (of requests), SHARE (of a thread),
-- AGAIN (1: begin anew at the end).

local threads = 0

function setup(thread)
  thread:set("number", threads)
  threads = threads + 1
end

function init(arguments)
  local first, count, share = tonumber(arguments[3]), tonumber(arguments[4]), tonumber(arguments[5])
  local from, to = first + number * share, math.min(first + (number + 1) * share, first + count)
  lengths, place, offset = {}, 0, 0
  local line = 0
  for text in io.lines(arguments[2]) do
    if line >= to then break end
    if line < from then offset = offset + tonumber(text) else lengths[#lengths + 1] = tonumber(text) end
    line = line + 1
  end
  file = io.open(arguments[1], "rb")
  file:setvbuf("full", 1048576)
  file:seek("set", offset)
  again = arguments[6] == "1"
end

function request()
  place = place + 1
  if place > #lengths and again then
    place = 1
    file:seek("set", offset)
  elseif place > #lengths then
    -- Out of requests: ask for something cheap, and let the run be seen as too long.
    return "GET /healthz HTTP/1.1\r\nHost: t\r\n\r\n"
  end
  return file:read(lengths[place])
end

function done(summary, latency)
  io.write(string.format(
    'RESULT {"count":%d,"seconds":%.6f,"failed":%d,"broken":%d,"p50_ms":%.3f,"p99_ms":%.3f,"p999_ms":%.3f,"max_ms":%.3f}\n',
    summary.requests, summary.duration / 1e6, summary.errors.status,
    summary.errors.connect + summary.errors.read + summary.errors.write + summary.errors.timeout,
    latency:percentile(50) / 1e3, latency:percentile(99) / 1e3, latency:percentile(99.9) / 1e3, latency.max / 1e3))
end
