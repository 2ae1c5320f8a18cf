/// What came after a version: a row that is not the newest of its document any more, or may not be.
package struct SupersededRow: Sendable, Equatable {
    /// The row's sequence.
    package let sequence: Int64
    /// Of the next version that is not FAILED; 0 for none.
    package var by: Int64 = 0
    /// When that came, in microseconds.
    package var at: Int64 = 0
    /// Of the next version that is COMPLETE; 0 for none.
    package var acceptedBy: Int64 = 0

    package init(_ sequence: Int64) { self.sequence = sequence }

    /// Whether no later event can change what came after it: its successor is COMPLETE.
    var isSettled: Bool { by != 0 && by == acceptedBy }
}

/// Which rows of a document's versions are superseded, and by which: what `t`, `t_accepted` and `valid_to` follow from.
enum VersionChain {
    /// All of one document's, from its versions alone.
    ///
    /// - Parameter versions: ascending.
    static func superseded(_ versions: [VersionEntry]) -> [SupersededRow] {
        var rows: [SupersededRow] = []
        var (next, accepted): (VersionEntry?, VersionEntry?)
        for entry in versions.reversed() where entry.state != .failed {
            var row = SupersededRow(entry.sequence)
            if let next { (row.by, row.at) = (next.sequence, next.receivedAt) }
            if entry.state == .complete {
                row.acceptedBy = accepted?.sequence ?? 0
                accepted = entry
            }
            next = entry
            if row.by != 0 { rows.append(row) }
        }
        return rows
    }

    /// Those that change when a version comes, is COMPLETE, or FAILED.
    ///
    /// - Parameters:
    ///   - changed: the version, as it is now.
    ///   - earlier: those before it, newest first; no further than need be.
    ///   - later: those after it, oldest first.
    ///   - known: what is known of a row.
    static func changes(
        _ changed: VersionEntry, earlier: some Sequence<VersionEntry>, later: [VersionEntry], known: (Int64) -> SupersededRow?
    ) -> [SupersededRow] {
        var (before, acceptedBefore): (VersionEntry?, VersionEntry?)
        for entry in earlier where entry.state != .failed {
            if before == nil { before = entry }
            if entry.state == .complete { acceptedBefore = entry }
            if acceptedBefore != nil || changed.state != .complete { break }
        }
        let after = later.first { $0.state != .failed }
        let acceptedAfter = later.first { $0.state == .complete }
        var rows: [SupersededRow] = []
        func change(_ entry: VersionEntry, _ body: (inout SupersededRow) -> Void) {
            var row = rows.first { $0.sequence == entry.sequence } ?? known(entry.sequence) ?? SupersededRow(entry.sequence)
            body(&row)
            rows.removeAll { $0.sequence == entry.sequence }
            rows.append(row)
        }
        let next = changed.state == .failed ? after : changed
        if let before { change(before) { ($0.by, $0.at) = (next?.sequence ?? 0, next?.receivedAt ?? 0) } }
        // One that had FAILED may be taken up again when others have come already, or have gone since.
        if changed.state != .failed, known(changed.sequence)?.by ?? 0 != after?.sequence ?? 0 {
            change(changed) { ($0.by, $0.at) = (after?.sequence ?? 0, after?.receivedAt ?? 0) }
        }
        guard changed.state == .complete else { return rows }
        if let acceptedAfter { change(changed) { $0.acceptedBy = acceptedAfter.sequence } }
        if let acceptedBefore { change(acceptedBefore) { $0.acceptedBy = changed.sequence } }
        return rows
    }
}
