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
        /// Of each part the last record: those of one follow on from those of the one before.
        var lasts: [Int64] = []
    }

    /// What this process has put in place of parts that it had put itself.
    private struct Joined {
        let hash: [UInt8]
        let first: Int64
        let lasts: [Int64]
    }

    private struct State {
        var open = Group()
        var whole: [Group] = []
        /// By the keys of what stands for the parts, the oldest first in `order`.
        var joined: [String: Joined] = [:]
        var order: [String] = []
        var partCount = 0
    }

    private let place: LogPlace
    private let state = Mutex(State())
    /// Of the parts.
    private static let byteCountMax = 4 << 20
    private static let countMax = 512
    /// Groups that wait, beyond which parts stay as they are.
    private static let waitingCountMax = 4
    /// Of what is known of parts, some bytes each: more than a day's where answers wait for segments.
    private static let knownCountMax = 2 << 20

    init(place: LogPlace) { self.place = place }

    /// - Parameter records: of a segment that is at the log's place.
    func add(_ records: [LogRecord], byteCount: Int) {
        state.withLock { state in
            guard let first = records.first else { return }
            let follows = state.open.records.last.map { ($0.epoch, $0.sequence + 1) == (first.epoch, first.sequence) && $0.hash == first.previous } ?? true
            if !follows || state.open.byteCount + byteCount > Self.byteCountMax || state.open.lasts.count >= Self.countMax { Self.close(&state) }
            // What is large by itself stays alone.
            guard byteCount <= Self.byteCountMax / 2 else { return Self.close(&state) }
            state.open.records += records
            state.open.byteCount += byteCount
            state.open.lasts.append(records.last?.sequence ?? first.sequence)
        }
    }

    private static func close(_ state: inout State) {
        if state.open.lasts.count > 1, state.whole.count < waitingCountMax { state.whole.append(state.open) }
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
        let key = LogPlace.SegmentName(epoch: first.epoch, first: first.sequence, last: last.sequence).key
        let bytes = LogSegment(records: group.records).bytes
        // Created as each part is, and never replaced: of two writers in one epoch the other one may have put a segment of that name, and be the one that counts.
        do throws(ColumnStoreError) { try place.objects.putIfAbsent(key, bytes) } catch {
            guard error.code == .conflict else { throw error }
            guard try isThere(key, bytes) else { return }
        }
        state.withLock { state in
            if let before = state.joined.updateValue(Joined(hash: last.hash, first: first.sequence, lasts: group.lasts), forKey: key) { state.partCount -= before.lasts.count } else { state.order.append(key) }
            state.partCount += group.lasts.count
            while state.partCount > Self.knownCountMax, let oldest = state.order.first {
                state.order.removeFirst()
                state.partCount -= state.joined.removeValue(forKey: oldest)?.lasts.count ?? 0
            }
        }
    }

    /// Whether these bytes lie there, and no others: what is longer is none of them, and is not read.
    private func isThere(_ key: String, _ bytes: [UInt8]) throws(ColumnStoreError) -> Bool {
        do throws(ColumnStoreError) { return try place.objects.get(key, byteCountMax: bytes.count) == bytes } catch {
            guard error.code == .overBudget else { throw error }
            return false
        }
    }

    /// Whether this process has put a segment itself, once and for good, and joined it into that larger one: then nobody need read it to know that it has the same records.
    ///
    /// - Parameter hash: of the last record that the larger one has, as it lies there.
    func hasJoined(_ part: LogPlace.SegmentName, into larger: LogPlace.SegmentName, endingWith hash: [UInt8]?) -> Bool {
        state.withLock { state in
            guard let joined = state.joined[larger.key], joined.hash == hash, part.epoch == larger.epoch else { return false }
            let index = joined.lasts.partitioningIndex { $0 >= part.last }
            guard index < joined.lasts.count, joined.lasts[index] == part.last else { return false }
            return part.first == (index == 0 ? joined.first : joined.lasts[index - 1] + 1)
        }
    }
}
