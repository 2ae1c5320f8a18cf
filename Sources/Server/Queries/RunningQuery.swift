internal import ColumnStore
package import Ingest
internal import Query
import Synchronization

/// A question on its way: what it is, whose, and what it has read so far. Others than the thread that answers it may look, and end it.
package final class RunningQuery: Sendable {
    /// Of an id that the asker gives.
    static let idByteCountMax = 100
    /// Of a longer text lists show the beginning. In bytes.
    private static let shownByteCountMax = 4_096

    private struct State {
        var streams: [ResultStream] = []
        var isEnded = false
        var isCancelled = false
    }

    private static let madeCount = Atomic<Int>(0)

    package let id: String
    /// Of this run of the server, in the order in which they came: no other query has it, as an id may be several askers'.
    let number = RunningQuery.madeCount.add(1, ordering: .relaxed).newValue
    package let asker: Principal
    /// The beginning of its text.
    package let text: String
    /// Nil of one that is longer.
    let wholeText: String?
    /// In microseconds since 1970.
    package let startedAt = CalendarText.now
    private let startedNanoseconds = SteadyClock.nanoseconds()
    private let state = Mutex(State())

    /// - Parameter id: nil: a new one is made.
    package init(id: String?, asker: Principal, text: String) throws {
        self.id = try id ?? "q_" + APIKey.randomText(byteCount: 10)
        self.asker = asker
        self.text = String(decoding: text.utf8.prefix(Self.shownByteCountMax), as: UTF8.self)
        wholeText = text.utf8.count <= Self.shownByteCountMax ? text : nil
    }

    static func isID(_ text: String) -> Bool {
        (1...idByteCountMax).contains(text.utf8.count) && text.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "-"), UInt8(ascii: "_"): true
            default: false
            }
        }
    }

    var streams: [ResultStream] { state.withLock { $0.streams } }
    /// Its end was asked for, by whomever.
    var isEnded: Bool { state.withLock { $0.isEnded } }
    /// Somebody asked for its end, rather than that its asker went or the server stops.
    var isCancelled: Bool { state.withLock { $0.isCancelled } }

    /// A query takes up to three streams, one after the other: a page that was read at once in vain, its keys, and its rows.
    func began(_ stream: ResultStream) {
        // Noted and looked at under one lock: a `cancel` comes either before, and is seen here, or after, and finds the stream.
        let isEnded = state.withLock { state in
            state.streams.append(stream)
            return state.isEnded
        }
        if isEnded { stream.cancel() }
    }

    /// Any thread; more than once does no harm.
    ///
    /// - Parameter onRequest: whether somebody asked for its end: the caller that waits for the answer then gets 409.
    func cancel(onRequest: Bool = false) {
        let streams = state.withLock { state in
            state.isEnded = true
            if onRequest { state.isCancelled = true }
            return state.streams
        }
        for stream in streams { stream.cancel() }
    }

    /// What it has cost by now; of one that runs they grow.
    package struct Figures: Sendable {
        package var rowsScanned = 0
        package var bytesRead = 0
        package var filesPruned = 0
        package var elapsedMilliseconds = 0
        /// Given out by the last of its streams.
        package var rows = 0
        /// The most that it has held.
        package var memoryByteCount = 0
    }

    package var figures: Figures {
        var figures = Figures()
        for stream in streams {
            let progress = stream.progress
            // The same rows may be seen twice, for their keys and then whole.
            figures.rowsScanned = max(figures.rowsScanned, progress.rowsScanned)
            // Bytes are read twice where rows are.
            figures.bytesRead += progress.bytesRead
            figures.filesPruned = max(figures.filesPruned, progress.filesPruned)
            figures.rows = stream.givenRowCount
            figures.memoryByteCount = max(figures.memoryByteCount, stream.peakMemoryByteCount)
        }
        figures.elapsedMilliseconds = Int((SteadyClock.nanoseconds() &- startedNanoseconds) / 1_000_000)
        return figures
    }
}
