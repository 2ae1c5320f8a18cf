import ColumnStore
import Documents
import Synchronization

/// What makes two documents of a versioned table the same: their bytes; of CSV records their values under their headers, in whatever order
/// the columns stand.
enum DocumentContent {
    /// - Parameters:
    ///   - document: as it is stored; of a CSV record the header, LF, and the record. UTF-8.
    ///   - sha256: of those bytes.
    static func hash(_ document: [UInt8], sha256: [UInt8], isCSV: Bool, delimiter: UInt8) -> [UInt8] {
        guard isCSV else { return sha256 }
        let text = document.withUnsafeBytes { bytes -> [UInt8]? in
            guard let header = header(bytes, delimiter), var reader = CSVReader(bytes, after: header.csv), let record = try? reader.nextRecord() else { return nil }
            var text: [UInt8] = []
            text.reserveCapacity(2 * bytes.count + 16 * header.columns.count)
            for column in header.columns {
                let start = text.count
                text += column.name
                // Of a blank value nothing is said.
                if !append(reader, record.fields[column.place], to: &text) { text.removeLast(text.count - start) }
            }
            return text
        }
        return text.map { SHA256.hash($0) } ?? sha256
    }

    /// - Returns: whether there is anything in it.
    private static func append(_ reader: CSVReader, _ field: CSVReader.Field, to text: inout [UInt8]) -> Bool {
        reader.withText(of: field) { value in
            if value.isEmpty { return false }
            append(count: value.count, to: &text)
            text.append(contentsOf: value)
            return true
        }
    }

    private static func append(count: Int, to text: inout [UInt8]) { withUnsafeBytes(of: UInt64(count).littleEndian) { text.append(contentsOf: $0) } }

    // MARK: Headers

    /// A header with its columns in the order of their names.
    private struct Header: Sendable {
        let csv: CSVReader.Header
        /// Of each its length and name, and its place in a record.
        let columns: [(name: [UInt8], place: Int)]
    }

    /// Records come by the thousand under one header.
    private static let known = Mutex<[Header]>([])
    private static let knownCountMax = 8
    /// A longer one is read each time.
    private static let knownByteCountMax = 16 << 10

    private static func header(_ document: UnsafeRawBufferPointer, _ delimiter: UInt8) -> Header? {
        if let known = known.withLock({ $0.first { $0.csv.delimiter == delimiter && $0.csv.begins(document) } }) { return known }
        guard let reader = try? CSVReader(document, delimiter: delimiter) else { return nil }
        let csv = reader.header
        let order = csv.names.indices.sorted { csv.names[$0].lexicographicallyPrecedes(csv.names[$1]) }
        let columns = order.map { place in
            var name: [UInt8] = []
            append(count: csv.names[place].count, to: &name)
            return (name: name + csv.names[place], place: place)
        }
        let header = Header(csv: csv, columns: columns)
        // A document without a record has no line end behind its header, which would distinguish it from a longer one.
        if csv.bytes.count <= knownByteCountMax, csv.bytes.last == 0x0A {
            known.withLock { known in
                if known.count >= knownCountMax { known.removeLast() }
                known.insert(header, at: 0)
            }
        }
        return header
    }
}
