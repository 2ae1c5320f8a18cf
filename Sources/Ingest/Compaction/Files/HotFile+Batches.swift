import ColumnStore

extension HotFile {
    private static let batchRowCountMin = 16

    /// How many rows of a piece of the file may be read at a time, so that their documents take about `byteCount`, and four times that at most.
    ///
    /// In an image rows lie by client (`ImageOrder`): documents of one that are far longer than others' are neighbours, of which the average says nothing.
    ///
    /// - Parameter rows: ids; other tables' rows among them count too.
    /// - Returns: 16 at least, whatever they take, and `ColumnBatch.targetRowCount` at most.
    /// - Complexity: O(rows), and O(rows · log rows) where the longest are far longer than the average.
    func batchRowCount(_ rows: ClosedRange<Int64>, documentByteCount byteCount: Int) throws -> Int {
        let (average, longest) = try documentByteCount(rows)
        var count = max(Self.batchRowCountMin, min(ColumnBatch.targetRowCount, byteCount / max(1, average)))
        // Of most data even the longest ones together are not too many: rows are put in order only where they may be.
        while count > Self.batchRowCountMin, longest.multipliedSaturating(by: count) / 4 > byteCount {
            let greatest = try documentByteCount(rows, greatestOf: count)
            if greatest / 4 <= byteCount { break }
            count = max(Self.batchRowCountMin, count / 4)
        }
        return count
    }

    /// Bytes of the documents of so many neighbours, by client, where they are most.
    ///
    /// As posted. Floating: numbers of a damaged file may be past all that whole ones hold together.
    private func documentByteCount(_ rows: ClosedRange<Int64>, greatestOf count: Int) throws -> Int {
        try pool.withConnection { connection in
            let statement = try connection.statement("""
                SELECT cast(max(bytes) AS INTEGER) FROM (
                    SELECT total(document_bytes) OVER (ORDER BY client, id ROWS ?3 - 1 PRECEDING) AS bytes FROM rows WHERE id >= ?1 AND id <= ?2)
                """)
            defer { statement.reset() }
            statement.bind(1, rows.lowerBound)
            statement.bind(2, rows.upperBound)
            statement.bind(3, Int64(count))
            return try statement.step() ? statement.count(0) : 0
        }
    }
}
