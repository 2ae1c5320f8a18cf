import ColumnStore
import Synchronization

/// Joins small segments that follow each other, so that whoever reads the log need not ask for each of them: where answers wait for segments there are
/// twenty in a second.
///
/// What is joined stands beside its parts, which `LogRetention` removes a day later. An end of the process leaves the parts alone: nothing is lost by it.
final class LogMerger: Sendable {
    private struct Group {
        var records: [LogRecord] = []
        var byteCount = 0
        var count = 0
    }

    private struct State {
        var open = Group()
        var whole: [Group] = []
    }

    private let place: LogPlace
    private let state = Mutex(State())
    /// Of the parts.
    private static let byteCountMax = 4 << 20
    private static let countMax = 512
    /// Groups that wait, beyond which parts stay as they are.
    private static let waitingCountMax = 4

    init(place: LogPlace) { self.place = place }

    /// - Parameter records: of a segment that is at the log's place.
    func add(_ records: [LogRecord], byteCount: Int) {
        state.withLock { state in
            guard let first = records.first else { return }
            let follows = state.open.records.last.map { ($0.epoch, $0.sequence + 1) == (first.epoch, first.sequence) && $0.hash == first.previous } ?? true
            if !follows || state.open.byteCount + byteCount > Self.byteCountMax || state.open.count >= Self.countMax { Self.close(&state) }
            // What is large by itself stays alone.
            guard byteCount <= Self.byteCountMax / 2 else { return Self.close(&state) }
            state.open.records += records
            state.open.byteCount += byteCount
            state.open.count += 1
        }
    }

    private static func close(_ state: inout State) {
        if state.open.count > 1, state.whole.count < waitingCountMax { state.whole.append(state.open) }
        state.open = Group()
    }

    /// Sends what is joined by now. Nobody waits for it.
    ///
    /// - Throws: with its parts left as they are.
    func run() throws {
        while let group = state.withLock({ $0.whole.isEmpty ? nil : $0.whole.removeFirst() }) { try put(group) }
    }

    private func put(_ group: Group) throws {
        guard let first = group.records.first, let last = group.records.last else { return }
        try place.objects.put(LogPlace.SegmentName(epoch: first.epoch, first: first.sequence, last: last.sequence).key, LogSegment(records: group.records).bytes)
    }
}
