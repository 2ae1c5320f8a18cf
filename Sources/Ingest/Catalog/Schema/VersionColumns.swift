package import ColumnStore
import Documents

/// The columns that the store adds to those of types: which upload brought a row, and of versioned tables which version it is.
///
/// They lie with the types' columns, so that hot images, cold files and merges know nothing of them.
package enum VersionColumns {
    static let version = StoreColumn.version.field
    static let removed = StoreColumn.removed.field
    static let validTo = StoreColumn.validTo.field
    static let supersededBy = StoreColumn.supersededBy.field
    static let upload = StoreColumn.upload.field

    /// What stands for the hash of a removal's document, which has none.
    static let removalHash = SHA256.hash([])

    /// What a stored table has besides its types' columns.
    package static func fields(of stored: String) -> [Field] { TableName.kind(of: stored).ownColumns.map(\.field) + [upload] }

    package static let names: Set<String> = Set([version, removed, validTo, supersededBy, upload].map(\.name))

    /// A type's layout with what rows bring before its columns.
    ///
    /// - Parameter brought: as the table's `TableKind` has it.
    static func layout(_ layout: RowLayout, after brought: [StoreColumn]) -> RowLayout {
        brought.isEmpty ? layout : RowLayout(fields: brought.map(\.field) + layout.fields)
    }

    /// A row of `layout(_:after:)` of a row of the type's own. Its version's number is 0 until `set(version:in:at:count:)`.
    ///
    /// `RowLayout` has a bit for each column first, so the store's columns shift those of the type's.
    ///
    /// Example, of a type with three columns (bits `101`) behind two of the store's, both present: bits `10111` (written from the last to the
    /// first), the store's values, then the type's as they were.
    ///
    /// - Parameter count: of the type's columns.
    static func row(_ values: some Collection<UInt8>, count: Int, after brought: [StoreColumn], isRemoval: Bool = false, upload: String?) -> [UInt8] {
        if brought.isEmpty { return Array(values) }
        var row = shifted(values, count: count, by: brought.count)
        var own: [UInt8] = []
        for (place, column) in brought.enumerated() {
            switch column {
            case .version: own += [0, 0, 0, 0]
            case .removed: own.append(isRemoval ? 1 : 0)
            case .upload:
                guard let upload else { continue }
                append(upload, to: &own)
            // They follow from what comes after the row.
            case .validTo, .supersededBy: continue
            }
            row[place >> 3] |= 1 << UInt8(place & 7)
        }
        row += own
        row += values.dropFirst((count + 7) / 8)
        return row
    }

    /// The bits of a row's validity, behind so many others.
    ///
    /// - Complexity: O(set bits).
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

    /// A VARCHAR as `RowLayout` has it: LEB128 count, bytes.
    private static func append(_ text: String, to row: inout [UInt8]) {
        var length = text.utf8.count
        while length >= 0x80 {
            row.append(UInt8(truncatingIfNeeded: length) | 0x80)
            length >>= 7
        }
        row.append(UInt8(truncatingIfNeeded: length))
        row += text.utf8
    }

    /// Writes the version into a row whose first column it is: only the writer knows it.
    ///
    /// Four bytes behind the validity bits, little-endian; they were written as zeros, so that nothing moves.
    ///
    /// - Parameters:
    ///   - start: where the row begins in `bytes`.
    ///   - count: of the row's columns, those that it brought among them.
    static func set(version: Int32, in bytes: inout [UInt8], at start: Int, count: Int) {
        let place = start + (count + 7) / 8
        withUnsafeBytes(of: version.littleEndian) { digits in
            for (index, digit) in digits.enumerated() { bytes[place + index] = digit }
        }
    }
}
