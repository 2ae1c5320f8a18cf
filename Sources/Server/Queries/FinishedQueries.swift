package import Ingest
internal import Query
import Synchronization

/// A query that is over, as lists of them show it.
package struct FinishedQuery: Sendable {
    /// Of a text lists show the beginning, of one that is over less than of one that runs: there are many. In bytes.
    private static let textByteCountMax = 1_024

    package let id: String
    package let asker: Principal
    package let text: String
    /// In microseconds since 1970.
    package let startedAt: Int64
    package let endedAt: Int64
    package let isCancelled: Bool
    package let figures: RunningQuery.Figures

    init(_ query: RunningQuery) {
        (id, asker, startedAt, endedAt) = (query.id, query.asker, query.startedAt, CalendarText.now)
        text = query.text.utf8.count <= Self.textByteCountMax ? query.text : String(decoding: query.text.utf8.prefix(Self.textByteCountMax), as: UTF8.self)
        (isCancelled, figures) = (query.isCancelled, query.figures)
    }
}

/// The last queries that ended since the start.
///
/// Lost with the process. A text of a kilobyte each bounds it to some ten megabytes and the figures.
package final class FinishedQueries: Sendable {
    package static let countMax = 10_000

    /// A ring: the oldest stands at `next` once it is full.
    private struct Ring {
        var queries: [FinishedQuery] = []
        var next = 0
    }
    private let ring = Mutex(Ring())

    func add(_ query: FinishedQuery) {
        ring.withLock { ring in
            if ring.queries.count < Self.countMax { return ring.queries.append(query) }
            ring.queries[ring.next] = query
            ring.next = (ring.next + 1) % Self.countMax
        }
    }

    /// The oldest first.
    /// - Complexity: a copy of all that there are.
    package var all: [FinishedQuery] { ring.withLock { Array($0.queries[$0.next...] + $0.queries[..<$0.next]) } }
}
