/// What EXPLAIN ANALYZE says below a scan: where its time went, and what of the table it read.
extension Explain {
    /// None for a table that tells of nothing but the rows that it gave out.
    ///
    /// - Parameter own: of the scan, over all workers.
    static func lines(_ counts: ScanCounts, ownNanoseconds own: Int) -> [String] {
        var lines: [String] = []
        if counts.readerNanoseconds > 0 {
            let parts = [
                (counts.readNanoseconds, "reading"), (counts.inflateNanoseconds, "inflating"), (counts.decodeNanoseconds, "decoding"),
                (counts.filterNanoseconds, "filtering"), (max(0, own - counts.readerNanoseconds), "else"),
            ]
            lines.append("time: " + parts.map { "\(milliseconds($0)) \($1)" }.joined(separator: ", "))
        }
        if counts.rowsOffered > 0 {
            var parts: [String] = []
            for (read, pruned, name) in [
                (counts.filesRead, counts.filesPruned, "files"), (counts.rowGroupsRead, counts.rowGroupsPruned, "row groups"),
                (counts.pagesRead, counts.pagesPruned, "pages"),
            ] where read + pruned > 0 { parts.append("\(read) of \(read + pruned) \(name)") }
            parts.append("\(counts.rowsRead) of \(counts.rowsOffered) rows")
            if counts.bytesOffered > 0 { parts.append("\(counts.bytesRead) bytes, of \(counts.bytesOffered) in the columns of these row groups") }
            lines.append("read: " + parts.joined(separator: ", "))
        }
        return lines
    }

    /// To the hundredth.
    static func milliseconds(_ nanoseconds: Int) -> String { "\((Double(nanoseconds) / 1e4).rounded() / 100) ms" }
}
