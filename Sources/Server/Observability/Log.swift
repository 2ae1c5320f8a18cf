internal import ColumnStore
import Glibc
internal import Ingest
import Synchronization

/// Writes one line for each event to standard error. No line holds a credential, a document or a query parameter's value.
///
///     json: {"at":"2026-11-20T12:00:00.000000Z","level":"info","event":"job began","kind":"backup",…}
///     text: 2026-11-20T12:00:00.000000Z info job began kind=backup …
///
/// Any thread may write, and waits for nobody: a line is made on its thread, and goes out by `LogWriter`'s.
package final class Log: Sendable {
    /// In the order of their weight; a log writes its own level and those above it.
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

        /// With what an error says to nobody but a log.
        static func error(_ error: any Error) -> Value { .text(StoreLog.text(error)) }

        package var description: String {
            switch self {
            case .text(let text): text
            case .number(let number): String(number)
            case .flag(let flag): String(flag)
            }
        }
    }

    private let format: Format
    let level: Level
    private let writer: LogWriter
    /// Whether a text has a credential in it.
    let credentialTest = Mutex<(@Sendable (String) -> Bool)?>(nil)

    /// - Parameter descriptor: not closed by this.
    package init(format: Format, level: Level, descriptor: Int32 = STDERR_FILENO) {
        (self.format, self.level) = (format, level)
        writer = descriptor == STDERR_FILENO ? .standardError : LogWriter(descriptor)
    }

    /// Waits until all lines are out, at most a second.
    ///
    /// - Returns: whether they are.
    @discardableResult
    package func flush() -> Bool { writer.flush() }

    /// Called once for each path that may be written, so it must be quick; the last one that was set counts.
    ///
    /// From here on no path with such a text is written.
    package func leaveOut(_ isCredential: @escaping @Sendable (String) -> Bool) { credentialTest.withLock { $0 = isCredential } }

    package func debug(_ event: String, _ members: KeyValuePairs<String, Value> = [:]) { write(.debug, event, members.map { ($0, $1) }) }
    package func info(_ event: String, _ members: KeyValuePairs<String, Value> = [:]) { write(.info, event, members.map { ($0, $1) }) }
    package func warning(_ event: String, _ members: KeyValuePairs<String, Value> = [:]) { write(.warning, event, members.map { ($0, $1) }) }
    package func error(_ event: String, _ members: KeyValuePairs<String, Value> = [:]) { write(.error, event, members.map { ($0, $1) }) }

    /// Only what the server failed at is an error: a client that is asked to come again, or that asks for what is not there, is none.
    package static func level(status: Int, isSlow: Bool) -> Level {
        switch status {
        case 500: .error
        case 503, 504, 507: .warning
        case 400...: .info
        default: isSlow ? .info : .debug
        }
    }

    /// - Parameter members: in their order; the names are the caller's own words, and are not escaped in the form `text`.
    func write(_ level: Level, _ event: String, _ members: [(String, Value)]) {
        guard level >= self.level else { return }
        writer.add(Self.line(format, level, event, members)) { [format] count in
            Self.line(format, .warning, "lines of the log were dropped", [("count", .number(count))])
        }
    }

    private static func line(_ format: Format, _ level: Level, _ event: String, _ members: [(String, Value)]) -> [UInt8] {
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
            line = Array(withoutControls("\(CalendarText.text(instant: CalendarText.now)) \(level.rawValue) \(event)\(rest)").utf8)
        }
        line.append(0x0A)
        return line
    }

    /// A text with a line's end in it makes no second line, which could be taken for one of the log. Nor is there anything that a terminal obeys.
    private static func withoutControls(_ text: String) -> String {
        guard text.unicodeScalars.contains(where: \.isControl) else { return text }
        return String(String.UnicodeScalarView(text.unicodeScalars.map { $0.isControl ? " " : $0 }))
    }
}
