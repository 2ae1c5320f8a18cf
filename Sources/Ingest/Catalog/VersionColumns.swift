package import ColumnStore
import Documents

/// The columns that the store adds to those of types: which upload brought a row, and of versioned tables which version it is.
///
/// They lie with the types' columns, so that hot images, cold files and merges know nothing of them.
package enum VersionColumns {
    static let version = Field("version", .int32)
    static let removed = Field("removed", .boolean)
    /// When the next version came that is not FAILED. NULL in the newest, and in a file that was written before that one came.
    static let validTo = Field("valid_to", .timestampTZ)
    /// The sequence of that next version. Not shown in SQL.
    static let supersededBy = Field("superseded_by", .int64)
    static let upload = Field("upload_id", .string)

    /// What stands for the hash of a removal's document, which has none.
    static let removalHash = SHA256.hash([])

    /// What a stored table has besides its types' columns.
    package static func fields(of stored: String) -> [Field] {
        TableName.isVersioned(stored) ? [version, removed, validTo, supersededBy, upload] : [upload]
    }

    package static let names: Set<String> = Set([version, removed, validTo, supersededBy, upload].map(\.name))

    /// What a row brings with it into the hot tier. The others follow from what comes after it.
    private static let brought: [Field] = [version, removed, upload]

    /// A type's layout with `brought` before its columns.
    static func layout(_ layout: RowLayout) -> RowLayout { RowLayout(fields: brought + layout.fields) }

    /// Of rows of a ledger that an upload brought.
    static func uploadLayout(_ layout: RowLayout) -> RowLayout { RowLayout(fields: [upload] + layout.fields) }

    /// A row of `uploadLayout(_:)` of a row of the type's own.
    static func row(_ values: some Collection<UInt8>, count: Int, upload: String) -> [UInt8] {
        var row = shifted(values, count: count, by: 1)
        row[0] |= 1
        append(upload, to: &row)
        row += values.dropFirst((count + 7) / 8)
        return row
    }

    /// The bits of a row's validity, behind so many others.
    private static func shifted(_ values: some Collection<UInt8>, count: Int, by places: Int) -> [UInt8] {
        var bits = [UInt8](repeating: 0, count: (places + count + 7) / 8)
        for (byte, place) in zip(values.prefix((count + 7) / 8), 0...) where byte != 0 {
            for bit in 0..<8 where byte & (1 << UInt8(bit)) != 0 {
                let target = places + place * 8 + bit
                bits[target >> 3] |= 1 << UInt8(target & 7)
            }
        }
        return bits
    }

    private static func append(_ text: String, to row: inout [UInt8]) {
        var length = text.utf8.count
        while length >= 0x80 {
            row.append(UInt8(truncatingIfNeeded: length) | 0x80)
            length >>= 7
        }
        row.append(UInt8(truncatingIfNeeded: length))
        row += text.utf8
    }

    /// A row of `layout(_:)` of a row of the type's own.
    ///
    /// - Parameter count: of the type's columns.
    static func row(_ values: some Collection<UInt8>, count: Int, isRemoval: Bool, upload: String?) -> [UInt8] {
        var row = shifted(values, count: count, by: brought.count)
        row[0] |= upload == nil ? 3 : 7
        row += [0, 0, 0, 0, isRemoval ? 1 : 0]
        if let upload { append(upload, to: &row) }
        row += values.dropFirst((count + 7) / 8)
        return row
    }

    /// Writes the version into a row of `layout(_:)`: only the writer knows it.
    ///
    /// - Parameters:
    ///   - start: where the row begins in `bytes`.
    ///   - count: of the row's columns, `brought` among them.
    static func set(version: Int32, in bytes: inout [UInt8], at start: Int, count: Int) {
        let place = start + (count + 7) / 8
        withUnsafeBytes(of: version.littleEndian) { digits in
            for (index, digit) in digits.enumerated() { bytes[place + index] = digit }
        }
    }
}
