import ColumnStore

/// What of a log leads to one instant: a checkpoint, and the records after it.
///
/// Numbers of records are those of one epoch: `checkpoint.from + 1` is the first that is folded, `end.last` the last that counts.
struct LogReader {
    let place: LogPlace
    let head: LogHead
    let checkpoint: LogCheckpoint
    /// Of the epoch, from the checkpoint on.
    private let segments: [LogPlace.SegmentName]
    /// The epoch's end. Records beyond `end.last` were sent by a writer that did not get to say so, and do not count.
    private let end: LogHead
    /// Microseconds since 1970; the largest number where the end is asked for.
    private let instant: Int64

    /// The instant is not one of the log's.
    struct Outside: Error, CustomStringConvertible {
        let description: String
    }

    /// - Parameters:
    ///   - instant: microseconds since 1970; nil: the end.
    ///   - unsent: the last record that the reader has besides, of what was not sent yet.
    /// - Throws: `Outside`; `ColumnStoreError` for a log that is damaged or not whole. A damaged checkpoint that is older than the one that serves the instant is passed over.
    init(_ place: LogPlace, instant: Int64?, unsent: Int64 = 0) throws {
        guard let (head, _) = try place.head() else { throw ColumnStoreError(.notFound, path: place.url, "has no log of a single server: \(LogHead.key) is not there. Is it the URL that log.url has? A server makes its log with its first start with log.url") }
        var damaged: [(key: String, error: ColumnStoreError)] = []
        let all = try place.checkpoints { damaged.append(($0, $1)) }
        guard !all.isEmpty || !damaged.isEmpty else { throw Outside(description: "the log at \(place.url) has no checkpoint yet, so that nothing can be restored from it") }
        let chosen: (checkpoint: LogCheckpoint, end: LogHead)
        do { chosen = try Self.choose(place, head, all, instant, unsent) } catch let outside as Outside {
            // It may be the one that serves.
            if let first = damaged.first { throw first.error }
            throw outside
        }
        try Self.passOver(damaged, place, olderThan: chosen.checkpoint)
        self.place = place
        (self.head, checkpoint, end) = (head, chosen.checkpoint, chosen.end)
        self.instant = instant ?? .max
        let from = chosen.checkpoint.from
        segments = try place.segments(of: chosen.checkpoint.epoch).filter { $0.last > from }
    }

    /// - Throws: of the first that is not older: nobody knows whether it is the one to begin with.
    private static func passOver(_ damaged: [(key: String, error: ColumnStoreError)], _ place: LogPlace, olderThan checkpoint: LogCheckpoint) throws {
        for (key, error) in damaged {
            guard let end = LogCheckpoint.end(ofKey: key), (end.epoch, end.to) < (checkpoint.epoch, checkpoint.to) else { throw error }
            StoreLog.note("a checkpoint of the log is damaged, and is passed over: a later one serves", path: "\(place.url)/\(key)", reason: "\(error)", level: .warning)
        }
    }

    /// The newest epoch with a checkpoint that serves the instant, in it the newest such checkpoint, and where that epoch ends.
    ///
    /// A checkpoint serves instants from its `at` on, and only where the log has come to its `to`: its copies may hold commits up to there, which the fold
    /// has to bring to one state.
    ///
    /// - Parameter unsent: above 0, records of the present epoch that are on this machine alone count as well.
    /// - Throws: `Outside` where none serves it, or the instant is after the epoch's end.
    private static func choose(_ place: LogPlace, _ head: LogHead, _ all: [LogCheckpoint], _ instant: Int64?, _ unsent: Int64) throws -> (LogCheckpoint, LogHead) {
        for epoch in Set(all.map(\.epoch)).sorted(by: >) {
            let end = epoch == head.epoch ? head : try past(place, epoch)
            let isWithin = { (checkpoint: LogCheckpoint) in
                checkpoint.to <= end.last && checkpoint.at <= min(instant ?? .max, end.until) || unsent > 0 && epoch == head.epoch && checkpoint.to <= unsent
            }
            let own = all.filter { $0.epoch == epoch && isWithin($0) }.sorted { $0.at < $1.at }
            // The first epoch, from the newest down, that has one: an older epoch is asked for instants that lie before the newer one's first checkpoint.
            guard let last = own.last else { continue }
            if instant == nil { try refuseLater(place, head, after: end) }
            guard let instant, instant > end.until else { return (last, end) }
            throw Outside(
                description: "\(InstantText.text(instant)) is after the end of the log at \(place.url): it tells the store's state up to \(InstantText.text(end.until))")
        }
        let first = all.map(\.at).min() ?? 0
        throw Outside(description: instant.map {
            "\(InstantText.text($0)) is outside of the log at \(place.url): its first checkpoint is of \(InstantText.text(first))"
        } ?? "the log at \(place.url) does not reach its checkpoint yet")
    }

    /// The end of the log is asked for: records of an epoch that goes on from no checkpoint would be left out, and nobody told.
    private static func refuseLater(_ place: LogPlace, _ head: LogHead, after end: LogHead) throws {
        guard end.epoch < head.epoch else { return }
        // By the segments that there are: a head that is damaged may tell of more epochs than anybody could ask for.
        let later = Dictionary(grouping: try place.segments().filter { $0.epoch > end.epoch && $0.epoch <= head.epoch }, by: \.epoch)
        for (epoch, names) in later.sorted(by: { $0.key < $1.key }) {
            let first = names.reduce(Int64.max) { min($0, $1.first) }
            let last = epoch == head.epoch ? head.last : try past(place, epoch).last
            guard first <= last else { continue }
            let until = InstantText.text(end.until)
            throw Outside(
                description: "records \(first) to \(last) of epoch \(epoch) of the log at \(place.url) cannot be restored, since the epoch has no checkpoint that they go on from: its server "
                    + "ended before there was one. Before it the log tells the store's state up to \(until): --to \(until) makes that store, without these records")
        }
    }

    /// The head that an epoch ended with, which whoever began the next one has laid aside.
    private static func past(_ place: LogPlace, _ epoch: Int64) throws -> LogHead {
        let key = LogHead.key(ofEpoch: epoch)
        return try LogHead(parsing: try place.objects.get(key, byteCountMax: 4_096), path: "\(place.url)/\(key)")
    }

    /// Gives the records in their order, each known to follow from the one before.
    ///
    /// - Parameter left: called with the first one that is after the instant.
    /// - Returns: the last one that counts; nil where there is none.
    func run(_ take: (LogRecord) throws -> Void, left: (LogRecord) -> Void = { _ in }) throws -> LogRecord? {
        var next = checkpoint.from + 1
        var before: LogRecord?
        var last: LogRecord?
        // Merged segments and their parts may lie side by side: `next` says what is still wanted, and a segment that ends before it is not even read.
        for name in segments {
            if next > end.last { break }
            guard name.first <= next else { throw missing(next, through: name.first - 1) }
            if name.last < next { continue }
            let path = "\(place.url)/\(name.key)"
            for record in try records(name, next) {
                // Across segments, too: each proves its own chain only. Where parts overlap the record before is not the neighbour, and there is nothing to
                // compare.
                if let before, record.sequence == before.sequence + 1, record.previous != before.hash || record.time < before.time {
                    throw ColumnStoreError(.corruptFile, path: path, "record \(record.sequence) does not follow from the one before")
                }
                before = record
                // Two writers of one epoch, as a store and a copy of it for a moment: what one sent before it heard of the other lies beside what counts, and the fold of both is a store that nobody had.
                if let last, record.sequence == last.sequence, record.hash != last.hash {
                    throw otherWriter(path, record)
                }
                // Here, and not of the last one that was read: a segment may go further than the head does.
                if record.sequence == end.last, record.hash != end.hash { throw otherEnd(path) }
                guard record.sequence >= next, record.sequence <= end.last else { continue }
                if record.time > instant {
                    if let last { try compare(last) }
                    left(record)
                    return last
                }
                guard record.kind != .fence else { throw changedPast(record) }
                try take(record)
                (last, next) = (record, record.sequence + 1)
            }
        }
        guard next > end.last else { throw missing(next, through: end.last) }
        if last == nil { try proveEnd() }
        return last
    }

    /// No store can be made of a fence and what follows; of all before it one can, by its instant.
    private func changedPast(_ fence: LogRecord) -> Outside {
        let before = fence.time.subtractingSaturating(1)
        let rest = before < checkpoint.at ? "" : ". Before it the log tells the store's state up to \(InstantText.text(before)): --to \(InstantText.text(before)) makes that store, without what was changed then and since"
        return Outside(description: "at \(InstantText.text(fence.time)) the store was changed past its log: instants from then on need a later checkpoint\(rest)")
    }

    /// Why records may have been committed before the instant though they bear later times: the clock was ahead as they were, and came back.
    ///
    /// - Parameters:
    ///   - last: of the last record that was given; nil where there was none.
    ///   - left: of the first that was not; nil where there was none.
    /// - Returns: words; nil where times tell.
    func doubt(last: Int64?, left: Int64?) -> String? {
        guard let left, let setBack = end.setBacks.first(where: { instant < $0.to && left > $0.from && left <= $0.to }) else { return nil }
        let (to, from, last) = (InstantText.text(setBack.to), InstantText.text(setBack.from), InstantText.text(last ?? checkpoint.at))
        return "the clock of the store's machine stood at \(from) after it had been at \(to), so that what was committed meanwhile bears other times than it had: this is the store as of \(last), and what was committed after that and "
            + "before \(InstantText.text(instant)) may not be in it; --to \(to) has all of it"
    }

    /// The head says that nothing follows the checkpoint. What lies behind its last record, or has it, knows that record's hash: a head with a wrong number is found by it.
    private func proveEnd() throws {
        guard let name = segments.first(where: { $0.first <= end.last + 1 && $0.last >= end.last }) else { return }
        let path = "\(place.url)/\(name.key)"
        let segment = try LogSegment(parsing: try bytes(name, end.last + 1), path: path)
        for record in segment.records {
            let hash = record.sequence == end.last ? record.hash : record.sequence == end.last + 1 ? record.previous : end.hash
            if hash != end.hash { throw otherEnd(path) }
        }
    }

    /// The head has the hash of its last record: a log whose tail was replaced by another chain, and a head with another number, are found by it.
    private func otherEnd(_ path: String) -> ColumnStoreError {
        ColumnStoreError(.corruptFile, path: path, "record \(end.last) is another than the log's head says: the tail of the log was replaced, or \(LogHead.key) is damaged")
    }

    /// Holds the last record before an instant against every segment that has one of its number: what is behind the instant, and would tell two writers apart, is not read.
    ///
    /// - Throws: also what keeps one of them from being read: it may be the other writer's. One that is gone was merged or retired meanwhile.
    private func compare(_ last: LogRecord) throws {
        for name in segments where name.first <= last.sequence && name.last >= last.sequence {
            let found: [LogRecord]
            do { found = try records(name, last.sequence) } catch let error as ColumnStoreError where error.code == .notFound { continue }
            for record in found where record.sequence == last.sequence && record.hash != last.hash { throw otherWriter("\(place.url)/\(name.key)", record) }
        }
    }

    private func otherWriter(_ path: String, _ record: LogRecord) -> ColumnStoreError {
        ColumnStoreError(.corruptFile, path: path, "has another record \(record.sequence) than a segment that was read before it: two writers have sent to this log, and one of the two segments does not count. Put that aside")
    }

    /// - Throws: also for a segment that has other records than its name says.
    private func records(_ name: LogPlace.SegmentName, _ next: Int64) throws -> [LogRecord] {
        let path = "\(place.url)/\(name.key)"
        let records = try LogSegment(parsing: try bytes(name, next), path: path).records
        guard records.first?.sequence == name.first, records.last?.sequence == name.last, records.first?.epoch == name.epoch else {
            throw ColumnStoreError(.corruptFile, path: path, "has other records than its name says")
        }
        return records
    }

    /// A segment that was listed and is gone was merged or retired meanwhile: it is missed as one that never was.
    private func bytes(_ name: LogPlace.SegmentName, _ next: Int64) throws -> [UInt8] {
        do {
            return try place.objects.get(name.key, byteCountMax: LogSegment.byteCountMax)
        } catch {
            guard error.code == .notFound else { throw error }
            throw missing(next, through: name.last)
        }
    }

    private func missing(_ first: Int64, through last: Int64) -> ColumnStoreError {
        ColumnStoreError(.notFound, path: "\(place.url)/\(LogPlace.segmentFolder(checkpoint.epoch))", "a segment is missing: records \(first) to \(last) are in none")
    }
}
