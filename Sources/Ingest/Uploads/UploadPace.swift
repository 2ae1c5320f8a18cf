import ColumnStore
import Documents
import Synchronization

/// Hands a chunk's rows to the writer in pieces, each of as many as it has lately stored within `pieceNanoseconds`: who posts beside an upload waits for a
/// piece and not for the chunk.
///
/// A chunk of 1,000 licences takes the writer 20 to 50 ms, of receipts 10 to 20: smaller chunks would be read and noted in the catalog for more each.
final class UploadPace: Sendable {
    private static let pieceNanoseconds: UInt64 = 8_000_000
    private static let rowCountBounds = 32...1_000

    private let thread: JobThread
    private let rowCount = Mutex(200)

    /// - Parameter thread: looks what is there of each piece's identities.
    init(on thread: JobThread) { self.thread = thread }

    typealias Completion = @Sendable (Submission.Answer) -> Void
    /// Hands rows that count each on its own to the writer.
    typealias Store<Row> = @Sendable ([Row], @escaping Completion) -> Void

    /// - Parameters:
    ///   - store: called on the thread.
    ///   - completion: called once, with an outcome for each row; those of pieces that were not handed over are refused for later.
    func submit<Row: Sendable>(_ rows: [Row], to store: @escaping Store<Row>, _ completion: @escaping Completion) { submitRest(of: rows, to: store, [], completion) }

    /// One piece at a time, each handed over from the answer of the one before: the writer is never given a second while it has one.
    private func submitRest<Row: Sendable>(of rows: [Row], to store: @escaping Store<Row>, _ outcomes: [Submission.Outcome], _ completion: @escaping Completion) {
        guard outcomes.count < rows.count else { return completion(.done(outcomes)) }
        thread.submit { [self] isPassed in
            let refuse = { @Sendable (fault: Fault) in completion(.done(outcomes + Array(repeating: .refused(fault), count: rows.count - outcomes.count))) }
            if isPassed { return refuse(Fault(.overloaded, "the server is stopping; send it again")) }
            let piece = Array(rows[outcomes.count..<min(outcomes.count + rowCount.withLock { $0 }, rows.count)])
            let began = SteadyClock.nanoseconds()
            store(piece) { [self] answer in
                rowCount.withLock { $0 = Self.rowCount(after: piece.count, nanoseconds: SteadyClock.nanoseconds() &- began) }
                switch answer {
                case .done(let stored) where stored.count == piece.count: submitRest(of: rows, to: store, outcomes + stored, completion)
                case .refused(let fault): refuse(fault)
                case .done, .conflicts: refuse(Fault(.internalError, "rows that count each on its own were answered as one"))
                }
            }
        }
    }

    /// How many rows the next piece has, where the last had `count`, a number within the bounds: at most half as many again as the last one, and at least half as many.
    static func rowCount(after count: Int, nanoseconds: UInt64) -> Int {
        let fitting = Int(clamping: UInt64(count) * pieceNanoseconds / max(nanoseconds, 1))
        return min(max(fitting, count / 2, rowCountBounds.lowerBound), count + count / 2 + 1, rowCountBounds.upperBound)
    }
}
