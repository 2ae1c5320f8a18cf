import ColumnStore

/// Whether the log has what a restore to its end needs: by names and sizes, so that what somebody has removed is missed before it is needed.
///
/// It costs a listing of the epoch's segments and of `base/`, and reads the newest checkpoint. What was carried after that for a record alone is not looked for.
struct LogWholeness {
    let place: LogPlace

    /// Faults of each kind that are reported.
    private static let toldCountMax = 3

    /// - Parameter head: as its writer knows it: what it tells of has been there.
    /// - Returns: words for what is missing; none where all is there.
    /// - Throws: `.corruptFile` for a checkpoint that no restore could read; what the place throws.
    func missing(to head: LogHead) throws -> [String] {
        guard let checkpoint = try place.newestCheckpoint(of: head.epoch) else { return ["epoch \(head.epoch) has no checkpoint"] }
        return try records(after: checkpoint.from, head) + files(checkpoint)
    }

    private func records(after from: Int64, _ head: LogHead) throws -> [String] {
        var (next, gaps): (Int64, [String]) = (from.addingSaturating(1), [])
        for name in try place.segments(of: head.epoch) where name.last >= next && next <= head.last {
            // Torn ones are as those that are not there.
            guard name.byteCount ?? 0 >= LogSegment.byteCountMin(recordCount: name.last - name.first + 1) else { continue }
            if name.first > next { gaps.append("records \(next) to \(name.first - 1) are in no segment") }
            next = name.last + 1
        }
        if next <= head.last { gaps.append("records \(next) to \(head.last) are in no segment") }
        return Self.told(gaps)
    }

    private func files(_ checkpoint: LogCheckpoint) throws -> [String] {
        var wanted = Dictionary(checkpoint.manifest.files.map { (LogPlace.base + $0.name, $0.byteCount) }, uniquingKeysWith: { $1 })
        try place.objects.list(prefix: LogPlace.base) { object in
            if wanted[object.key] == object.byteCount { wanted[object.key] = nil }
        }
        return Self.told(wanted.keys.sorted().map { "\($0) of \(checkpoint.key) is gone, or has another size" })
    }

    private static func told(_ all: [String]) -> [String] {
        all.count > toldCountMax ? Array(all.prefix(toldCountMax)) + ["\(all.count - toldCountMax) more"] : all
    }
}
