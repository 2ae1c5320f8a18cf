import ColumnStore

/// Sums over fewer keys, which a file of sums has beside its own: of sums by day, client and currency those by day and currency, say.
///
/// They are made of the file's own sums and lie in the same file as Parquet files of their own, before its footer, where a key tells of them:
///
///     till.coarser_sums = [{"without":["client_id"],"rows":366,"offset":4711,"bytes":9000}, …]
///
/// So they come, move and go with the file, whole or not at all, and whoever reads the table elsewhere adds up the rows that it has, once.
struct CoarserSums: Equatable {
    /// The keys that they lack.
    let without: [String]
    let rowCount: Int64
    /// Where they lie in the file.
    let range: Range<Int64>

    private static let key = "till.coarser_sums"

    static func keyValue(_ all: [CoarserSums]) -> KeyValue {
        let items = all.map { sums in
            JSONValue.object([
                .init("without", .array(sums.without.map { .string($0) })), .init("rows", .integer(sums.rowCount)), .init("offset", .integer(sums.range.lowerBound)),
                .init("bytes", .integer(sums.range.upperBound - sums.range.lowerBound)),
            ])
        }
        return KeyValue(key: key, value: String(decoding: JSONValue.array(items).serialized, as: UTF8.self))
    }

    /// Those that a file has; none of a file that was written before there were any.
    ///
    /// - Throws: `ColumnStoreError` corruptFile.
    static func all(of file: ParquetFile) throws -> [CoarserSums] {
        guard let text = file.metadata.keyValues?.first(where: { $0.key == key })?.value else { return [] }
        guard let items = (try? JSONParser.parse(Array(text.utf8)))?.array else { throw corrupt(file) }
        return try items.map { item in
            guard let names = item["without"]?.array, let rowCount = item["rows"]?.int64, let offset = item["offset"]?.int64, let byteCount = item["bytes"]?.int64,
                rowCount >= 0, offset >= 0, byteCount >= 0
            else { throw corrupt(file) }
            return CoarserSums(without: names.compactMap(\.text), rowCount: rowCount, range: offset..<offset.addingSaturating(byteCount))
        }
    }

    /// The fewest rows of a file that tell apart what a scan reads.
    ///
    /// - Parameter columns: whatever is read of them, keys and sums.
    /// - Returns: nil for the file's own.
    /// - Throws: `.corruptFile`, as `all`.
    static func least(of file: ParquetFile, reading columns: Set<String>) throws -> CoarserSums? {
        try all(of: file).filter { columns.isDisjoint(with: $0.without) }.min { $0.rowCount < $1.rowCount }
    }

    private static func corrupt(_ file: ParquetFile) -> ColumnStoreError {
        ColumnStoreError(.corruptFile, path: file.path, "its footer does not say where its coarser sums lie")
    }
}

extension ColdTable {
    /// A file of sums, or what it has of sums over the keys that are read alone.
    func open(_ file: DataFile, reading columns: Set<String>) throws -> ParquetFile {
        let whole = try open(file)
        guard let sums = try CoarserSums.least(of: whole, reading: columns) else { return whole }
        return try cache.part(of: file.location, sums.range) {
            // All of it is read now, and it is small.
            whole.bytes.expect(sums.range)
            let part = try whole.within(sums.range)
            // An empty or another part would be taken for what is summed.
            guard part.metadata.rowCount == sums.rowCount else {
                throw ColumnStoreError(.corruptFile, path: file.location, "its coarser sums have \(part.metadata.rowCount) rows, its footer says \(sums.rowCount)")
            }
            return part
        }
    }
}
