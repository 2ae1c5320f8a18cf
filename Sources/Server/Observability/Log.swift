import Glibc
internal import Ingest

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

    /// Requests that take longer are worth a line of their own, in seconds.
    private static let slow = 1.0

    private let format: Format
    private let level: Level
    private let descriptor: Int32

    package init(format: Format, level: Level, descriptor: Int32 = STDERR_FILENO) {
        (self.format, self.level, self.descriptor) = (format, level, descriptor)
    }

    package func info(_ event: String, _ members: KeyValuePairs<String, String> = [:]) { write(.info, event, members.map { ($0, $1) }) }
    package func warning(_ event: String, _ members: KeyValuePairs<String, String> = [:]) { write(.warning, event, members.map { ($0, $1) }) }
    package func error(_ event: String, _ members: KeyValuePairs<String, String> = [:]) { write(.error, event, members.map { ($0, $1) }) }

    package func error(_ event: String, _ exchange: Exchange, _ members: KeyValuePairs<String, String>) {
        write(.error, event, Self.members(exchange) + members.map { ($0, $1) })
    }

    /// Successes are at level debug, unless slow: at a thousand receipts a second a line each would be the larger part of the disk's work.
    package func request(_ exchange: Exchange, seconds: Double, isWhole: Bool) {
        let level: Level = exchange.status >= 500 ? .error : exchange.status >= 400 || !isWhole || seconds > Self.slow ? .info : .debug
        guard level >= self.level else { return }
        let members = [
            ("status", String(exchange.status)), ("ms", String(Int(seconds * 1_000))), ("whole", String(isWhole)),
        ]
        write(level, "request", Self.members(exchange) + members)
    }

    private static func members(_ exchange: Exchange) -> [(String, String)] {
        var members = [("method", exchange.request.method?.rawValue ?? "?"), ("path", exchange.request.target.path)]
        if let id = exchange.requestID { members.append(("request_id", id)) }
        if let client = exchange.call?.principal.clientID, !client.isEmpty { members.append(("client_id", client)) }
        return members
    }

    private func write(_ level: Level, _ event: String, _ members: [(String, String)]) {
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
                writer.string(value)
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
