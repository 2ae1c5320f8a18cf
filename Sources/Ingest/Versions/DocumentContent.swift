import ColumnStore
import Documents

/// What makes two documents of a versioned table the same: their bytes; of CSV records their values under their headers, in whatever order
/// the columns stand.
enum DocumentContent {
    /// - Parameters:
    ///   - document: as it is stored; of a CSV record the header, LF, and the record.
    ///   - sha256: of those bytes.
    static func hash(_ document: [UInt8], sha256: [UInt8], isCSV: Bool, delimiter: UInt8) -> [UInt8] {
        guard isCSV else { return sha256 }
        let pairs = document.withUnsafeBytes { bytes -> [([UInt8], [UInt8])]? in
            guard var reader = try? CSVReader(bytes, delimiter: delimiter), let record = try? reader.nextRecord() else { return nil }
            return Array(zip(reader.names, record.fields.map { reader.text(of: $0) }))
        }
        guard let pairs else { return sha256 }
        var text: [UInt8] = []
        for (name, value) in pairs.sorted(by: { $0.0.lexicographicallyPrecedes($1.0) }) where !value.isEmpty {
            for part in [name, value] {
                withUnsafeBytes(of: UInt64(part.count).littleEndian) { text.append(contentsOf: $0) }
                text.append(contentsOf: part)
            }
        }
        return SHA256.hash(text)
    }
}
