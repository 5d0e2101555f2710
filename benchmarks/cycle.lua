-- Asks the paths of a file in turn, and tells what came of it in a line of JSON.
local requests, at = {}, 0

function init(arguments)
  wrk.headers["Accept"] = "application/json"
  if arguments[2] and arguments[2] ~= "" then
    wrk.headers["Accept-Encoding"] = arguments[2]
  end
  for path in io.lines(arguments[1]) do
    wrk.path = path
    requests[#requests + 1] = wrk.format("GET", path)
  end
  if #requests == 1 then
    request = nil -- wrk then sends the same without asking: else it is what takes longest
  end
end

function request()
  at = at % #requests + 1
  return requests[at]
end

function done(summary, latency)
  local errors = summary.errors
  io.write(string.format(
    '\nRESULT {"requests": %d, "microseconds": %d, "bytes": %d, "p50": %d, "p99": %d, "failed": %d}\n',
    summary.requests, summary.duration, summary.bytes, latency:percentile(50), latency:percentile(99),
    errors.status + errors.connect + errors.read + errors.write + errors.timeout))
end
