import Cluster
import ColumnStore

/// What of an archive leads to one instant: a line, a checkpoint of it or its first record, and the records after that.
struct ArchiveReader {
    let place: ArchivePlace
    private let candidate: Candidate
    /// nil: the line's first record is the store's.
    let checkpoint: ArchiveCheckpoint?
    /// Why newer checkpoints are left out.
    let faults: [ColumnStoreError]
    /// Why the end of the archive may not be all that there was, in words.
    let doubts: [String]
    /// The line's segments from there on, ascending.
    private let segments: [(first: Int64, byteCount: Int64)]
    /// Microseconds since 1970; the largest number where the end is asked for.
    let instant: Int64

    var line: ArchiveLine { candidate.line }

    /// One line, as far as it can serve instants.
    private struct Candidate {
        let line: ArchiveLine
        /// Ascending, as the checkpoints' records.
        let segments: [(first: Int64, byteCount: Int64)]
        let checkpoints: [Int64]
        /// The last record of its last segment; nil where it has none, or that is damaged.
        let last: Mark?
        /// The time of its last commit; nil where it has no segment, the largest number where its last one is damaged.
        let end: Int64?

        /// Whether its first record is the store's, and there.
        var hasFirst: Bool { line.base.sequence == 0 && segments.first?.first == 1 }
    }

    /// What the records that lead to an instant go on from.
    private struct Beginning {
        /// nil: from the store's first record, where it is found.
        var checkpoint: ArchiveCheckpoint?
        var isFound = false
        /// Why newer ones are left out that would serve.
        var faults: [ColumnStoreError] = []
        /// Of the oldest checkpoint that is later than the instant; microseconds since 1970.
        var earliest: Int64?
    }

    /// - Parameter instant: microseconds since 1970; nil: the end.
    /// - Throws: `LogReader.Outside`; `ColumnStoreError` for an archive that is damaged or not whole.
    init(_ place: ArchivePlace, instant: Int64?) throws {
        let lines = try place.lines()
        let store = try place.store()
        for line in lines where line.store != store { throw ColumnStoreError(.corruptFile, path: place.name(ArchivePlace.lineKey(line.number)), "is a line of the store \(line.store.text)") }
        guard let newest = lines.last else { throw LogReader.Outside(description: "the archive at \(place.url) has no line yet, so that nothing can be restored from it") }
        guard let instant else {
            let candidate = try Self.candidate(place, newest)
            let beginning = try Self.beginning(place, candidate, .max)
            guard beginning.isFound else {
                if let fault = beginning.faults.first { throw fault }
                throw LogReader.Outside(
                    description: "line \(newest.number) of the archive at \(place.url) has neither a checkpoint nor the first record, so that its records cannot be restored: --to names an instant of a line before it")
            }
            self.init(place, candidate, beginning, .max, doubts: try Self.doubts(place, lines, candidate))
            return
        }
        let (candidate, beginning) = try Self.choose(place, lines, instant)
        self.init(place, candidate, beginning, instant)
    }

    private init(_ place: ArchivePlace, _ candidate: Candidate, _ beginning: Beginning, _ instant: Int64, doubts: [String] = []) {
        (self.place, self.candidate, self.instant, self.doubts) = (place, candidate, instant, doubts)
        (checkpoint, faults) = (beginning.checkpoint, beginning.faults)
        let record = Int64(beginning.checkpoint?.mark.sequence ?? 0)
        // The one that has the checkpoint's record tells whether the records after it go on from it.
        let start = candidate.segments.lastIndex { $0.first <= record.addingSaturating(1) } ?? 0
        segments = Array(candidate.segments[start...])
    }

    /// As this one, with what is older than its checkpoint.
    ///
    /// - Parameter fault: why that cannot be used.
    /// - Returns: nil where nothing is.
    func older(_ fault: ColumnStoreError) throws -> ArchiveReader? {
        guard let checkpoint else { return nil }
        var beginning = try Self.beginning(place, candidate, before: Int64(checkpoint.mark.sequence), instant)
        guard beginning.isFound else { return nil }
        beginning.faults = faults + [fault] + beginning.faults
        return ArchiveReader(place, candidate, beginning, instant, doubts: doubts)
    }

    /// Earlier lines that go beyond the newest one's end: a leader that was overtaken may have acknowledged what is in them alone, where it stood apart, or both machines were put back.
    private static func doubts(_ place: ArchivePlace, _ lines: [ArchiveLine], _ newest: Candidate) throws -> [String] {
        let last = newest.end ?? newest.line.at
        return try lines.indices.dropLast().compactMap { index in
            let line = lines[index]
            guard let end = try candidate(place, line).end, end > last else { return nil }
            let here = "line \(newest.line.number), of which this store was made, has commits up to \(InstantText.text(last))"
            guard end < .max else { return "\(here), and the last segment of line \(line.number) is damaged: whether that had later ones nobody knows" }
            // By then the line was the newest one.
            let until = lines[(index + 1)...].reduce(end) { min($0, $1.begun.subtractingSaturating(1)) }
            let advice = until < line.begun ? "" : "; --to \(InstantText.text(until)) makes the store that line \(line.number) tells"
            return "\(here), and line \(line.number) such up to \(InstantText.text(end)): the last that a leader of before has taken may be in that line alone\(advice)"
        }
    }

    /// The newest checkpoint of a line that has nothing after the instant; else its first record. Segments stay behind the oldest checkpoint that is kept, so that an older one does what a newer one does.
    ///
    /// - Parameter record: only those before it.
    private static func beginning(_ place: ArchivePlace, _ candidate: Candidate, before record: Int64 = .max, _ instant: Int64) throws -> Beginning {
        var beginning = Beginning()
        for number in candidate.checkpoints.reversed() where number < record {
            let checkpoint: ArchiveCheckpoint
            do { checkpoint = try place.checkpoint(candidate.line.number, number) } catch let error as ColumnStoreError where ObjectFindings.isFault(error) {
                beginning.faults.append(error)
                continue
            }
            guard checkpoint.at <= instant else {
                beginning.earliest = checkpoint.at
                continue
            }
            (beginning.checkpoint, beginning.isFound) = (checkpoint, true)
            return beginning
        }
        beginning.isFound = candidate.hasFirst
        return beginning
    }

    private static func candidate(_ place: ArchivePlace, _ line: ArchiveLine) throws -> Candidate {
        let segments = try place.sizedSegments(of: line.number)
        var (last, end): (Mark?, Int64?) = (nil, nil)
        do {
            if let segment = try segments.last.map({ try place.segment(line.number, $0.first) }) { (last, end) = (segment.last, segment.through) }
        } catch let error as ColumnStoreError where ObjectFindings.isDamage(error) {
            // Whoever needs it finds that; instants before it can do without.
            end = .max
        }
        // One before its base is of an attempt to begin it that came second: no segment follows on that.
        let checkpoints = try place.checkpoints(of: line.number).map(\.record).filter { $0 >= Int64(line.base.sequence) }
        return Candidate(line: line, segments: segments, checkpoints: checkpoints, last: last, end: end)
    }

    /// The newest line that was begun by then; where none of those tells of the instant, the first one that was begun after it and does.
    ///
    /// A line begins with what was there long before: what was known at the instant lies in the line of then, also where its end is of a history that was given up.
    private static func choose(_ place: ArchivePlace, _ lines: [ArchiveLine], _ instant: Int64) throws -> (Candidate, Beginning) {
        var spans: [String] = []
        var fault: ColumnStoreError?
        /// The line of then was found, and ends before it.
        var isBehind = false
        for line in lines.filter({ $0.begun <= instant }).reversed() + lines.filter({ $0.begun > instant }) where !isBehind || line.begun > instant {
            let candidate = try candidate(place, line)
            var end = max(candidate.end ?? line.at, line.at)
            if instant > end, let until = try ArchiveUntil.told(line.number, through: candidate.last ?? line.base, of: place) { end = max(end, until) }
            let isWithin = instant <= end
            // All checkpoints of one that ends before it are later than the beginning of time: the oldest is looked for.
            let beginning = try beginning(place, candidate, isWithin ? instant : .min)
            if isWithin, beginning.isFound { return (candidate, beginning) }
            if isWithin { fault = fault ?? beginning.faults.first }
            guard let first = candidate.hasFirst ? 0 : beginning.earliest else { continue }
            // An earlier one may seem to reach further, by a clock that was ahead: it lacks what this one has.
            if !isWithin, first <= instant, line.begun <= instant { isBehind = true }
            let until = end == .max ? "an instant that its last segment, which is damaged, does not tell" : InstantText.text(end)
            spans.append("\(first == 0 ? "from its beginning" : "from \(InstantText.text(first))") up to \(until)")
        }
        if let fault { throw fault }
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
        var unread: ColumnStoreError?
        do throws(ColumnStoreError) {
            try place.objects.getEach(wanted) { number, bytes in
                next = number + 1
                do { isOver = try !read(segments[number].first, bytes, from: start, after: &mark, take) } catch { failure = error }
                return !isOver && failure == nil
            }
        } catch { unread = error }
        if let failure { throw failure }
        if let unread {
            // It was listed, and has gone since.
            if unread.code == .notFound, next < segments.count { throw missing(segments[next].first, through: segments[next].first) }
            throw unread
        }
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
