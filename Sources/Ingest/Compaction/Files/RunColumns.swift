import ColumnStore

/// The columns of rows that lie in several batches, to be taken in another order.
///
/// Long texts, documents above all, stay in their batches: laid end to end first, most of a run would be in memory twice.
struct RunColumns {
    private let schema: Schema
    /// Of columns that stay where they lie, those of the batches; of others none, so that the batches' go.
    private let pieces: [[Column]]
    /// Of each batch the place of its first row among all rows.
    private let starts: [Int32]
    /// End to end; of those that stay where they lie the first batch's, of which only the shape counts.
    private let columns: [Column]
    /// Of columns that stay where they lie what a row takes, on average; nil for others.
    private let averages: [Int?]

    /// Shorter texts are laid end to end.
    private static let longByteCount = 256
    /// Rows that are taken at a time: as many as so many bytes of long texts are.
    private static let windowByteCount = 4 << 20
    private static let windowRowCountMin = 1

    /// - Precondition: there is a batch; all have the schema's columns, and fewer than 2³¹ rows together.
    init(_ batches: [ColumnBatch], _ schema: Schema) {
        self.schema = schema
        var (starts, rowCount): ([Int32], Int) = ([], 0)
        for batch in batches {
            starts.append(Int32(rowCount))
            rowCount += batch.rowCount
        }
        self.starts = starts
        var (columns, averages, kept): ([Column], [Int?], [[Column]]) = ([], [], [])
        for (index, field) in schema.fields.enumerated() {
            let pieces = batches.map { $0.columns[index] }
            let average = Self.averageByteCount(pieces, rowCount)
            averages.append(average)
            kept.append(average == nil ? [] : pieces)
            columns.append(average == nil ? Column.concatenating(pieces, type: field.type) : pieces[0])
        }
        (self.columns, self.averages, self.pieces) = (columns, averages, kept)
    }

    /// Nil for what is no text, is short, or lies in one piece.
    private static func averageByteCount(_ pieces: [Column], _ rowCount: Int) -> Int? {
        guard pieces.count > 1, rowCount > 0 else { return nil }
        var byteCount = 0
        for piece in pieces {
            guard case .bytes(let arrays) = piece.values else { return nil }
            byteCount += arrays.bytes.count
        }
        return byteCount / rowCount >= longByteCount ? byteCount / rowCount : nil
    }

    /// All rows of a column, in their order here.
    func whole(_ index: Int) -> Column {
        averages[index] == nil ? columns[index] : Column.concatenating(pieces[index], type: schema.fields[index].type)
    }

    /// Hands rows of a part to `take` in the order of `rows`, some at a time.
    func take(_ part: ColumnPart, _ rows: ArraySlice<Int32>, _ take: (Column) throws(ColumnStoreError) -> Void) throws {
        let long = schema.index(of: part.path.names[0]).flatMap { index in averages[index].map { (index, $0) } }
        let column = part.column(of: columns)
        let window = long.map { max(Self.windowRowCountMin, min(ColumnBatch.targetRowCount, Self.windowByteCount / $0.1)) } ?? ColumnBatch.targetRowCount
        for first in stride(from: rows.startIndex, to: rows.endIndex, by: window) {
            let wanted = rows[first..<min(first + window, rows.endIndex)]
            try take(long.map { gathering(wanted, $0.0) } ?? column.gathering(Array(wanted)))
        }
    }

    /// Those of each batch first, batch behind batch, then each row in its place.
    ///
    /// Example: with rows a b in one batch and c in the next, b c a are gathered as b a and c, and then by 0 2 1.
    private func gathering(_ wanted: ArraySlice<Int32>, _ index: Int) -> Column {
        var rows = [[Int32]](repeating: [], count: starts.count)
        let origins = wanted.map { row in
            let origin = starts.indices.partitioningIndex { starts[$0] > row } - 1
            rows[origin].append(row - starts[origin])
            return origin
        }
        var places: [Int32] = []
        var place: Int32 = 0
        for each in rows {
            places.append(place)
            place += Int32(each.count)
        }
        let taken = rows.indices.filter { !rows[$0].isEmpty }.map { pieces[index][$0].gathering(rows[$0]) }
        let order = origins.map { origin in
            defer { places[origin] += 1 }
            return places[origin]
        }
        return Column.concatenating(taken, type: schema.fields[index].type).gathering(order)
    }
}
