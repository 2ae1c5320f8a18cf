import Cluster
import ColumnStore

/// What of an archive leads to one instant: a line, a checkpoint of it or its first record, and the records after that.
struct ArchiveReader {
    let place: ArchivePlace
    let line: ArchiveLine
    /// nil: the line's first record is the store's.
    let checkpoint: ArchiveCheckpoint?
    /// The line's segments from there on, ascending.
    private let segments: [(first: Int64, byteCount: Int64)]
    /// Microseconds since 1970; the largest number where the end is asked for.
    let instant: Int64

    /// One line, as far as it can serve instants.
    private struct Candidate {
        let line: ArchiveLine
        /// Ascending, as the checkpoints' records.
        let segments: [(first: Int64, byteCount: Int64)]
        let checkpoints: [Int64]
        /// The time of its last commit; nil where it has no segment.
        let end: Int64?

        /// Whether it has something to begin with.
        var isUsable: Bool { !checkpoints.isEmpty || line.base.sequence == 0 && segments.first?.first == 1 }
    }

    /// - Parameter instant: microseconds since 1970; nil: the end.
    /// - Throws: `LogReader.Outside`; `ColumnStoreError` for an archive that is damaged or not whole.
    init(_ place: ArchivePlace, instant: Int64?) throws {
        let lines = try place.lines()
        let store = try place.store()
        for line in lines where line.store != store { throw ColumnStoreError(.corruptFile, path: place.name(ArchivePlace.lineKey(line.number)), "is a line of the store \(line.store.text)") }
        guard let newest = lines.last else { throw LogReader.Outside(description: "the archive at \(place.url) has no line yet, so that nothing can be restored from it") }
        let found: (Candidate, ArchiveCheckpoint?)
        if let instant {
            found = try Self.choose(place, lines, instant)
        } else {
            let candidate = try Self.candidate(place, newest)
            guard candidate.isUsable else {
                throw LogReader.Outside(
                    description: "line \(newest.number) of the archive at \(place.url) has neither a checkpoint nor the first record, so that its records cannot be restored: --to names an instant of a line before it")
            }
            found = (candidate, try candidate.checkpoints.last.map { try place.checkpoint(newest.number, $0) })
        }
        (self.place, line, checkpoint) = (place, found.0.line, found.1)
        self.instant = instant ?? .max
        let record = Int64(checkpoint?.mark.sequence ?? 0)
        // The one that has the checkpoint's record tells whether the records after it go on from it.
        let start = found.0.segments.lastIndex { $0.first <= record.addingSaturating(1) } ?? 0
        segments = Array(found.0.segments[start...])
    }

    private static func candidate(_ place: ArchivePlace, _ line: ArchiveLine) throws -> Candidate {
        let segments = try place.sizedSegments(of: line.number)
        var end: Int64?
        do { end = try segments.last.map { try place.segment(line.number, $0.first).through } } catch let error as ColumnStoreError where error.code == .corruptFile {
            // Whoever needs it finds that; instants before it can do without.
            end = .max
        }
        // One before its base is of an attempt to begin it that came second: no segment follows on that.
        let checkpoints = try place.checkpoints(of: line.number).map(\.record).filter { $0 >= Int64(line.base.sequence) }
        return Candidate(line: line, segments: segments, checkpoints: checkpoints, end: end)
    }

    /// The newest line that was begun by then; where none of those tells of the instant, the first one that was begun after it and does.
    ///
    /// A line begins with what was there long before: what was known at the instant lies in the line of then, also where its end is of a history that was given up.
    private static func choose(_ place: ArchivePlace, _ lines: [ArchiveLine], _ instant: Int64) throws -> (Candidate, ArchiveCheckpoint?) {
        var spans: [String] = []
        /// The line of then was found, and ends before it.
        var isBehind = false
        for line in lines.filter({ $0.begun <= instant }).reversed() + lines.filter({ $0.begun > instant }) where !isBehind || line.begun > instant {
            let candidate = try candidate(place, line)
            var first = candidate.line.base.sequence == 0 && candidate.segments.first?.first == 1 ? Int64(0) : nil
            let end = max(candidate.end ?? line.at, line.at)
            if instant <= end {
                for record in candidate.checkpoints.reversed() {
                    let checkpoint = try place.checkpoint(line.number, record)
                    if checkpoint.at <= instant { return (candidate, checkpoint) }
                    first = first ?? checkpoint.at
                }
                if first == 0 { return (candidate, nil) }
            } else {
                if first == nil, let record = candidate.checkpoints.first { first = try place.checkpoint(line.number, record).at }
                // An earlier one may seem to reach further, by a clock that was ahead: it lacks what this one has.
                if let first, first <= instant, line.begun <= instant { isBehind = true }
            }
            if let first { spans.append("\(first == 0 ? "from its beginning" : "from \(InstantText.text(first))") up to \(InstantText.text(end))") }
        }
        throw LogReader.Outside(
            description: "\(InstantText.text(instant)) is outside of the archive at \(place.url): \(spans.isEmpty ? "it has nothing that a store could be made of yet" : "it tells the store's state \(spans.joined(separator: ", and "))")")
    }

    /// Gives the records in their order, each known to follow from the one before, until `take` wants no more.
    ///
    /// - Throws: `ColumnStoreError` for a segment that is damaged or missing, by its name.
    func run(_ take: (Record) throws -> Bool) throws {
        let start = checkpoint?.mark ?? .start
        // A day may have tens of thousands: those that come next are on their way while one is folded, up to a bound that the storage has.
        let wanted = segments.map { WantedObject(key: ArchivePlace.segmentKey(line.number, $0.first), byteCount: $0.byteCount, byteCountMax: ArchiveSegment.byteCountMax) }
        var (mark, next, isOver) = (Mark?.none, 0, false)
        var failure: (any Error)?
        do throws(ColumnStoreError) {
            try place.objects.getEach(wanted) { number, bytes in
                next = number + 1
                do {
                    isOver = try !read(segments[number].first, bytes, from: start, after: &mark, take)
                    return !isOver
                } catch {
                    failure = error
                    return false
                }
            }
        } catch where error.code == .notFound {
            // It was listed, and has gone since.
            throw missing(segments[next].first, through: segments[next].first)
        }
        if let failure { throw failure }
        // A checkpoint is made of what lies in segments, but for the one that a line begins with.
        let last = max(mark?.sequence ?? 0, line.base.sequence)
        if !isOver, last < start.sequence { throw missing(Int64(last) + 1, through: Int64(start.sequence)) }
    }

    /// - Parameter mark: the last record of the segment before; nil before the first one.
    /// - Returns: false where `take` wants no more.
    private func read(_ first: Int64, _ bytes: [UInt8], from start: Mark, after mark: inout Mark?, _ take: (Record) throws -> Bool) throws -> Bool {
        if let mark, Int64(mark.sequence) + 1 != first { throw missing(Int64(mark.sequence) + 1, through: first - 1) }
        if mark == nil, first > Int64(start.sequence) + 1 { throw missing(Int64(start.sequence) + 1, through: first - 1) }
        let path = place.name(ArchivePlace.segmentKey(line.number, first))
        let segment = try place.segment(line.number, first, bytes)
        guard segment.previous == mark ?? segment.previous else { throw ColumnStoreError(.corruptFile, path: path, "does not follow from the segment before it") }
        if segment.previous.sequence == start.sequence, segment.previous != start { throw other(path, start) }
        for record in segment.records where record.sequence >= start.sequence {
            if record.sequence == start.sequence {
                guard record.mark == start else { throw other(path, start) }
                continue
            }
            guard try take(record) else { return false }
        }
        mark = segment.last
        return true
    }

    private func other(_ path: String, _ start: Mark) -> ColumnStoreError { ColumnStoreError(.corruptFile, path: path, "has another record \(start.sequence) than the line goes on from") }

    private func missing(_ first: Int64, through last: Int64) -> ColumnStoreError {
        ColumnStoreError(.notFound, path: place.name(ArchivePlace.segmentKey(line.number, first)), "a segment is missing: records \(first) to \(last) are in none")
    }
}
