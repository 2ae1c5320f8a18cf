package import ColumnStore

/// What rows take at most in an answer's form: asked for before they are written, since one text may become six times as long.
/// A bound, not a count: forms differ, and it is as much as the longest of them takes.
package enum EncodedSize {
    /// A number, a moment, a truth value.
    private static let plainByteCount = 48
    /// Of a struct's member, beside its value; longer names are few.
    private static let nameByteCount = 64

    /// - Complexity: O(bytes of the texts); of a dictionary those of each entry once.
    package static func most(_ batch: ColumnBatch) -> Int {
        batch.columns.reduce(batch.rowCount * 4) { $0 + most($1) + $1.count * nameByteCount }
    }

    /// What bytes take that a form puts out as a text of JSON where they are one, verbatim where they are JSON, else in base64.
    package static func most(asText bytes: some Collection<UInt8>) -> Int {
        let escaped = bytes.withContiguousStorageIfAvailable { text(UnsafeRawBufferPointer($0), isText: true) } ?? bytes.count * 6
        return max(escaped, (bytes.count + 2) / 3 * 4) + nameByteCount
    }

    /// - Parameter isNested: within a list or a struct, whose JSON may be a field of CSV.
    private static func most(_ column: Column, isNested: Bool = false) -> Int {
        switch column.values {
        case .bytes(let arrays):
            let isText = column.type == .string
            guard let first = arrays.offsets.first, let last = arrays.offsets.last else { return 0 }
            return column.count * 4 + arrays.bytes[Int(first)..<Int(last)].withUnsafeBytes { text($0, isText: isText, isNested: isNested) }
        case .dictionary(let codes, let dictionary):
            guard case .bytes(let arrays) = dictionary.values.values else { return column.count * plainByteCount }
            let isText = column.type == .string
            // What an entry takes, found when a row first uses it.
            var known: [UInt32: Int] = [:]
            return codes.reduce(column.count * 4) { sum, code in
                if let byteCount = known[code] { return sum + byteCount }
                let byteCount = arrays[Int(code)].withUnsafeBytes { text($0, isText: isText, isNested: isNested) }
                known[code] = byteCount
                return sum + byteCount
            }
        case .constant(let value):
            guard case .bytes(let bytes) = value else { return column.count * plainByteCount + (column.type.isNested ? column.flatByteCountBound * 6 : 0) }
            let isText = column.type == .string
            return column.count * (4 + bytes.withUnsafeBytes { text($0, isText: isText, isNested: isNested) })
        case .list(_, let element): return column.count * 4 + most(element, isNested: true) + element.count * 2
        case .structure(let members): return members.reduce(0) { $0 + most($1, isNested: true) + $1.count * nameByteCount }
        default: return column.count * plainByteCount
        }
    }

    /// Quotes and backslashes get one more byte, controls five; bytes that are no text are put as digits. In CSV the quotes of JSON are doubled besides.
    private static func text(_ bytes: UnsafeRawBufferPointer, isText: Bool, isNested: Bool = false) -> Int {
        guard isText else { return 2 * bytes.count + 40 }
        var controls = 0, quotes = 0, backslashes = 0
        for byte in bytes {
            controls &+= byte < 0x20 ? 1 : 0
            quotes &+= byte == UInt8(ascii: "\"") ? 1 : 0
            backslashes &+= byte == UInt8(ascii: "\\") ? 1 : 0
        }
        return bytes.count + 5 * controls + backslashes + (isNested ? 2 : 1) * quotes
    }
}
