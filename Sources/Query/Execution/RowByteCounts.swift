import ColumnStore

/// What rows take once dictionary codes and constants are replaced by what they stand for: what copies of them take, on disk too.
extension Column {
    /// Adds each row's bytes to `counts`, which has a place for each.
    func addByteCounts(to counts: inout [Int]) {
        func add(_ width: Int) { for row in counts.indices { counts[row] += width } }
        switch values {
        case .bits: add(1)
        case .int32: add(4)
        case .int64, .double: add(8)
        case .int128, .interval: add(16)
        case .bytes(let arrays): for row in counts.indices { counts[row] += arrays.range(at: row).count + 4 }
        case .dictionary(let codes, let dictionary):
            var entries = [Int](repeating: 0, count: dictionary.values.count)
            dictionary.values.addByteCounts(to: &entries)
            for row in counts.indices { counts[row] += entries[Int(codes[row])] }
        case .list(let offsets, let element):
            var elements = [Int](repeating: 0, count: element.count)
            element.addByteCounts(to: &elements)
            for row in counts.indices {
                counts[row] += 4
                for place in Int(offsets[row])..<Int(offsets[row + 1]) { counts[row] += elements[place] }
            }
        case .structure(let members): for member in members { member.addByteCounts(to: &counts) }
        case .constant(let value): add(value.heldByteCount)
        }
    }
}

extension Value {
    /// About what the value takes beside its own place.
    var heldByteCount: Int {
        switch self {
        case .bytes(let bytes): 32 + bytes.count
        case .list(let items), .structure(let items): items.reduce(32) { $0 + 32 + $1.heldByteCount }
        default: 0
        }
    }
}

extension ColumnBatch {
    func rowByteCounts() -> [Int] {
        var counts = [Int](repeating: 0, count: rowCount)
        for column in columns { column.addByteCounts(to: &counts) }
        return counts
    }

    /// Ranges of rows of about `byteCountMax` bytes, with at least one row each, and at most `rowCountMax`.
    func pieces(byteCountMax: Int, rowCountMax: Int = ColumnBatch.targetRowCount) -> [Range<Int>] {
        let counts = rowByteCounts()
        var pieces: [Range<Int>] = []
        var (start, byteCount) = (0, 0)
        for row in counts.indices {
            if row > start, byteCount + counts[row] > byteCountMax || row - start >= rowCountMax {
                pieces.append(start..<row)
                (start, byteCount) = (row, 0)
            }
            byteCount += counts[row]
        }
        if start < rowCount { pieces.append(start..<rowCount) }
        return pieces
    }
}

extension QueryError {
    /// What an operator has to hold at once does not fit, and cannot be written aside.
    static func outOfMemory(_ what: String, position: Int? = nil) -> QueryError {
        QueryError(
            .dataError, "\(what) needs more memory than the query has left: ask for less at once, or raise limits.query_memory", position: position)
    }
}
