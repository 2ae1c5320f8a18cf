import ColumnStore

/// The order of rows in a group's image: by client, those of one client as they came.
///
/// What one client asks for lies on a page or two of each image then, and not on every one (`docs/decisions/0091-images-by-client.md`).
enum ImageOrder {
    /// Rows of a page may come from all batches, and the texts of one column stay below 2 GiB.
    private static let byteCountMax = 1 << 30
    /// Nobody is asked for the memory of copies: of rows so long that a page of one client's may be most of the group fewer are copied at a time.
    static let copiedByteCountMax = 64 << 20

    /// Calls `body` with the same rows in order, in batches of as many as a page has, or fewer: with the batches as they are where their rows lie in order, or are too
    /// large to be put so.
    ///
    /// - Parameters:
    ///   - batches: of one table, in the order in which their rows came; the first column is the client's.
    ///   - copiedByteCountMax: another for tests.
    /// - Complexity: O(bytes of the rows), each copied twice, and O(clients · log clients). Memory: no more than `copiedByteCountMax`, or one row, is there twice more at a time.
    static func byClient(_ batches: [ColumnBatch], copiedByteCountMax: Int = ImageOrder.copiedByteCountMax, _ body: (ColumnBatch) throws -> Void) rethrows {
        // Of a dictionary's rows each counts as its longest entry: they may be laid out.
        let byteCount = batches.lazy.flatMap(\.columns).reduce(0) { $0.addingSaturating($1.flatByteCountBound) }
        guard byteCount <= byteCountMax, let order = permutation(batches.map { $0.columns[HotChunk.clientIndex] }) else { return try batches.forEach(body) }
        // What each row takes is asked for only where it matters.
        let widths = byteCount > copiedByteCountMax ? batches.flatMap { $0.rowWidths() } : []
        var start = 0
        while start < order.count {
            var end = min(start + ColumnBatch.targetRowCount, order.count)
            if !widths.isEmpty { end = Self.end(of: order[start..<end], widths, copiedByteCountMax) }
            try body(taking(order[start..<end], of: batches))
            start = end
        }
    }

    /// Where rows end that take no more than `byteCountMax` together; behind the first at the earliest.
    private static func end(of rows: ArraySlice<Int32>, _ widths: [Int], _ byteCountMax: Int) -> Int {
        var byteCount = 0
        for place in rows.indices {
            byteCount += widths[Int(rows[place])]
            if byteCount > byteCountMax { return max(place, rows.startIndex + 1) }
        }
        return rows.endIndex
    }

    /// Rows of several batches, in the order of `rows`, which are counted from 0 over all of them.
    private static func taking(_ rows: ArraySlice<Int32>, of batches: [ColumnBatch]) -> ColumnBatch {
        // First the rows of each batch, then, put end to end, in their order.
        var (first, taken): (Int, [(batch: ColumnBatch, rows: [Int32])]) = (0, [])
        var places = [Int32](repeating: 0, count: rows.count)
        var before = 0
        for batch in batches {
            var own: [Int32] = []
            for (place, row) in rows.enumerated() where Int(row) >= first && Int(row) < first + batch.rowCount {
                places[place] = Int32(truncatingIfNeeded: before + own.count)
                own.append(row - Int32(truncatingIfNeeded: first))
            }
            first += batch.rowCount
            before += own.count
            if !own.isEmpty { taken.append((batch, own)) }
        }
        let columns = batches[0].columns.indices.map { index in
            Column.concatenating(taken.map { $0.batch.columns[index].gathering($0.rows) }, type: batches[0].columns[index].type).gathering(places)
        }
        return ColumnBatch(rowCount: rows.count, columns: columns)
    }

    /// Rows by the bytes of their clients, neighbours of one client as they were: counted, not compared, since clients are few beside rows.
    ///
    /// - Parameter clients: columns end to end, each with codes of a dictionary of its own, as `HotChunkBuilder` lays clients down.
    /// - Returns: nil where rows lie so, or columns otherwise.
    static func permutation(_ clients: [Column]) -> [Int32]? {
        var numbers: [[UInt8]: Int] = [:]
        /// By column, the client's number of each entry.
        var ofEntries: [[Int]] = []
        for column in clients {
            guard case .dictionary(_, let dictionary) = column.values, case .bytes(let entries) = dictionary.values.values, column.nullCount == 0 else { return nil }
            var numbersHere: [Int] = []
            for entry in 0..<entries.count {
                let name = Array(entries[entry])
                let number = numbers[name] ?? numbers.count
                numbers[name] = number
                numbersHere.append(number)
            }
            ofEntries.append(numbersHere)
        }
        // Where the rows of each client begin, by number; counted up as they are placed.
        var counts = [Int](repeating: 0, count: numbers.count)
        eachRow(clients, ofEntries) { _, client in counts[client] += 1 }
        var starts = counts
        var start = 0
        for (_, client) in numbers.sorted(by: { $0.key.lexicographicallyPrecedes($1.key) }) {
            starts[client] = start
            start += counts[client]
        }
        var order = [Int32](repeating: 0, count: start)
        var isOrdered = true
        eachRow(clients, ofEntries) { row, client in
            isOrdered = isOrdered && starts[client] == row
            order[starts[client]] = Int32(truncatingIfNeeded: row)
            starts[client] += 1
        }
        return isOrdered ? nil : order
    }

    /// Calls `body` with each row's number, from 0 over all columns, and its client's.
    private static func eachRow(_ clients: [Column], _ ofEntries: [[Int]], _ body: (_ row: Int, _ client: Int) -> Void) {
        var row = 0
        for (column, numbers) in zip(clients, ofEntries) {
            guard case .dictionary(let codes, _) = column.values else { continue }
            for code in codes {
                body(row, numbers[Int(code)])
                row += 1
            }
        }
    }
}
