internal import Documents
internal import Ingest
import Synchronization

/// What the log says of a request.
extension Log {
    /// Requests that take longer are worth a line of their own, in seconds.
    private static let slow = 1.0

    /// A request's path as it may be written down.
    package func path(of exchange: Exchange) -> String {
        let test = credentialTest.withLock { $0 }
        return LoggedPath.text(of: exchange.request.target.path) { test?($0) ?? false }
    }

    package func error(_ event: String, _ exchange: Exchange, _ members: KeyValuePairs<String, Value>) {
        write(.error, event, self.members(exchange) + members.map { ($0, $1) })
    }

    /// Successes are at level debug, unless slow: at a thousand receipts a second a line each would be the larger part of the disk's work.
    package func request(_ exchange: Exchange, seconds: Double, isWhole: Bool) {
        let level = Self.level(status: exchange.countedStatus, isSlow: !isWhole || seconds > Self.slow)
        guard level >= self.level else { return }
        let members: [(String, Value)] = [
            ("status", .number(exchange.countedStatus)), ("ms", .number(Int(seconds * 1_000))), ("whole", .flag(isWhole)),
        ]
        write(level, "request", self.members(exchange) + members)
    }

    private func members(_ exchange: Exchange) -> [(String, Value)] {
        var members: [(String, Value)] = [
            ("method", .text(exchange.request.methodName ?? "?")), ("path", .text(path(of: exchange))),
        ]
        if let peer = exchange.peer { members.append(("client_address", .text(peer.description))) }
        if let id = exchange.requestID { members.append(("request_id", .text(id))) }
        if let problem = exchange.problem {
            members.append(("problem", .text(problem.slug.rawValue)))
            if problem.slug != .internalError, let cause = problem.cause { members.append(("reason", .text(cause))) }
        }
        if let client = exchange.caller.clientID { members.append(("client_id", .text(client))) }
        if let key = exchange.caller.keyID { members.append(("key_id", .text(key))) }
        return members
    }
}
