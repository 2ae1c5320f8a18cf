internal import ColumnStore
import Glibc
internal import Ingest
import Synchronization

/// Writes one line for each event to standard error. No line holds a credential, a document or a query parameter's value.
package final class Log: Sendable {
    package enum Level: String, Sendable, Comparable, CaseIterable {
        case debug, info, warning, error

        private var rank: Int {
            switch self {
            case .debug: 0
            case .info: 1
            case .warning: 2
            case .error: 3
            }
        }
        package static func < (left: Level, right: Level) -> Bool { left.rank < right.rank }
    }

    package enum Format: String, Sendable, CaseIterable { case json, text }

    /// A member of a line: in JSON a number is a number.
    package enum Value: Sendable, ExpressibleByStringInterpolation, ExpressibleByIntegerLiteral, CustomStringConvertible {
        case text(String)
        case number(Int)
        case flag(Bool)

        package init(stringLiteral text: String) { self = .text(text) }
        package init(integerLiteral number: Int) { self = .number(number) }

        package var description: String {
            switch self {
            case .text(let text): text
            case .number(let number): String(number)
            case .flag(let flag): String(flag)
            }
        }
    }

    /// Requests that take longer are worth a line of their own, in seconds.
    private static let slow = 1.0

    private let format: Format
    private let level: Level
    private let descriptor: Int32
    /// Whether a text has a credential in it.
    private let credentialTest = Mutex<(@Sendable (String) -> Bool)?>(nil)

    package init(format: Format, level: Level, descriptor: Int32 = STDERR_FILENO) {
        (self.format, self.level, self.descriptor) = (format, level, descriptor)
    }

    /// From here on no path with such a text is written.
    package func leaveOut(_ isCredential: @escaping @Sendable (String) -> Bool) { credentialTest.withLock { $0 = isCredential } }

    /// A request's path as it may be written down.
    package func path(of exchange: Exchange) -> String {
        let test = credentialTest.withLock { $0 }
        return LoggedPath.text(of: exchange.request.target.path) { test?($0) ?? false }
    }

    package func info(_ event: String, _ members: KeyValuePairs<String, Value> = [:]) { write(.info, event, members.map { ($0, $1) }) }
    package func warning(_ event: String, _ members: KeyValuePairs<String, Value> = [:]) { write(.warning, event, members.map { ($0, $1) }) }
    package func error(_ event: String, _ members: KeyValuePairs<String, Value> = [:]) { write(.error, event, members.map { ($0, $1) }) }

    package func error(_ event: String, _ exchange: Exchange, _ members: KeyValuePairs<String, Value>) {
        write(.error, event, self.members(exchange) + members.map { ($0, $1) })
    }

    /// Successes are at level debug, unless slow: at a thousand receipts a second a line each would be the larger part of the disk's work.
    package func request(_ exchange: Exchange, seconds: Double, isWhole: Bool) {
        let level = Self.level(status: exchange.status, isSlow: !isWhole || seconds > Self.slow)
        guard level >= self.level else { return }
        let members: [(String, Value)] = [
            ("status", .number(exchange.status)), ("ms", .number(Int(seconds * 1_000))), ("whole", .flag(isWhole)),
        ]
        write(level, "request", self.members(exchange) + members)
    }

    /// Only what the server failed at is an error: a client that is told to come again, or that asks for what there is not, is none.
    package static func level(status: Int, isSlow: Bool) -> Level {
        switch status {
        case 500: .error
        case 503, 504, 507: .warning
        case 400...: .info
        default: isSlow ? .info : .debug
        }
    }

    private func members(_ exchange: Exchange) -> [(String, Value)] {
        var members: [(String, Value)] = [
            ("method", .text(exchange.request.method?.rawValue ?? "?")), ("path", .text(path(of: exchange))),
        ]
        if let peer = exchange.peer { members.append(("client_address", .text(peer.description))) }
        if let id = exchange.requestID { members.append(("request_id", .text(id))) }
        if let problem = exchange.problem {
            members.append(("problem", .text(problem.slug.rawValue)))
            if problem.slug != .internalError, let cause = problem.cause { members.append(("reason", .text(cause))) }
        }
        if let client = exchange.call?.principal.clientID, !client.isEmpty { members.append(("client_id", .text(client))) }
        if let key = exchange.call?.principal.keyID { members.append(("key_id", .text(key))) }
        return members
    }

    private func write(_ level: Level, _ event: String, _ members: [(String, Value)]) {
        guard level >= self.level else { return }
        var line: [UInt8]
        switch format {
        case .json:
            var writer = JSONWriter()
            writer.beginObject()
            writer.member("at", CalendarText.text(instant: CalendarText.now))
            writer.member("level", level.rawValue)
            writer.member("event", event)
            for (name, value) in members {
                writer.key(name)
                switch value {
                case .text(let text): writer.string(text)
                case .number(let number): writer.integer(number)
                case .flag(let flag): writer.boolean(flag)
                }
            }
            writer.endObject()
            line = writer.bytes
        case .text:
            let rest = members.map { " \($0.0)=\($0.1)" }.joined()
            line = Array("\(CalendarText.text(instant: CalendarText.now)) \(level.rawValue) \(event)\(rest)".utf8)
            line = line.map { $0 < 0x20 ? 0x20 : $0 }
        }
        line.append(0x0A)
        // One call, so that lines of two threads do not mix. A log that cannot be written must not stop the server.
        _ = line.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
    }
}
