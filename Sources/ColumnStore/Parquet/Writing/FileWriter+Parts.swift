/// What of a schema's columns is written at a time when a row group comes column by column: a field, or one member of a list of structs.
///
/// A part's leaves are neighbours in the file, so that a row group can be written as its parts come.
public struct ColumnPart: Hashable, Sendable {
    public let path: ColumnPath
    let field: Int
    let member: Int?

    /// All parts of a schema, in the order of a file's leaves.
    ///
    /// A struct, and a list of anything else, is one part with all of its leaves.
    public static func all(of schema: Schema) -> [ColumnPart] {
        schema.fields.enumerated().flatMap { number, field -> [ColumnPart] in
            guard case .list(let element) = field.type, case .structure(let members) = element.type else {
                return [ColumnPart(path: ColumnPath(field.name), field: number, member: nil)]
            }
            return members.enumerated().map { ColumnPart(path: ColumnPath([field.name, $1.name]), field: number, member: $0) }
        }
    }

    /// This part of a batch's columns: of a list of structs, the list with the one member.
    public func column(of columns: [Column]) -> Column {
        let column = columns[field]
        guard let member, case .list(let offsets, let element) = column.values, case .structure(let members) = element.values else {
            return column
        }
        let narrow = Column(type: element.type, count: element.count, validity: element.validity, values: .structure([members[member]]))
        return Column(type: column.type, count: column.count, validity: column.validity, values: .list(offsets: offsets, element: narrow))
    }
}

extension FileWriter {
    /// Appends a row group part by part, so that few columns are in memory at a time, however many there are. What was appended before
    /// ends its own.
    ///
    /// - Parameters:
    ///   - rowCount: more than 0.
    ///   - fill: hands all rows of a part to `take`, in as many pieces as it likes. A list of structs comes with the part's member only.
    /// - Throws: `.invalidRequest` for parts of another length, or a value that doesn't fit its column; what the sink and `fill` throw.
    public func appendRowGroup(
        rowCount: Int, _ fill: (_ part: ColumnPart, _ take: (Column) throws(ColumnStoreError) -> Void) throws -> Void
    ) throws {
        try attempt {
            try flushRowGroup()
            var chunks = beginChunks()
            for part in ColumnPart.all(of: schema) {
                try fill(part) { (column) throws(ColumnStoreError) in try rowGroup.append(column, of: part) }
                try rowGroup.end(part)
                try writeMade(&chunks, rowCount)
            }
            try rowGroup.endAll()
            try writeMade(&chunks, rowCount)
            try finish(chunks, rowCount: Int64(rowCount))
        }
    }

    /// Writes the next columns whose pages are all made.
    private func writeMade(_ chunks: inout OpenChunks, _ rowCount: Int) throws(ColumnStoreError) {
        while chunks.count < rowGroup.columns.count, rowGroup.isMade(chunks.count) {
            let column = rowGroup.columns[chunks.count]
            let count = column.pages.reduce(0) { $0 + $1.rowCount }
            // Each part says its own number of rows: they are compared once its pages are made, before any of them is written.
            guard count == rowCount else {
                throw ColumnStoreError(
                    .invalidRequest, column: column.leaf.path.description, "\(count) rows in a row group of \(rowCount)")
            }
            try write(column, &chunks)
            rowGroup.release(column)
        }
    }
}
