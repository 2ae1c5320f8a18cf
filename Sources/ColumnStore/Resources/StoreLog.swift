internal import Synchronization

/// An error that has more to say to the log than to the caller.
package protocol LoggedError: Error {
    /// With paths and statements of the store.
    var logText: String { get }
}

/// What a store does to its files by itself, handed to the keeper of the log: the modules below the server have none of their own.
///
/// Nothing waits for the sink, and it must not come back into the store.
public enum StoreLog {
    public enum Level: Sendable { case info, warning }

    public struct Event: Sendable {
        public let level: Level
        /// What happened, always in the same words: `removed a file`.
        public let what: String
        public let path: String
        public let reason: String
    }

    private static let sink = Mutex<(@Sendable (Event) -> Void)?>(nil)

    /// From now on events go to `new`; nil: nowhere.
    public static func observe(_ new: (@Sendable (Event) -> Void)?) { sink.withLock { $0 = new } }

    /// What a log says of an error.
    package static func text(_ error: any Error) -> String { (error as? any LoggedError)?.logText ?? "\(error)" }

    package static func note(_ what: String, path: String, reason: String, level: Level = .info) {
        let sink = sink.withLock { $0 }
        sink?(Event(level: level, what: what, path: path, reason: reason))
    }
}
