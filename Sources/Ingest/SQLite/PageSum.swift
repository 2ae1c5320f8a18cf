import ColumnStore

/// The sum that each page of our database files bears in its last eight bytes: a hash of the rest, and of the page's number.
///
/// SQLite has sums in its log, but none in the file that the log is copied into: a bit that changes there on the disk may show in no
/// check of its own, being some client's digit. Eight bytes of each page are reserved for it (`reservedByteCount` in the file's header);
/// a page has its sum from the moment at which it is written into the file.
///
/// Layout of a page of n bytes: n - 8 bytes of SQLite's, then `xxHash64(those) ^ number · 0x9E3779B97F4A7C15` (modulo 2^64), little-endian. The
/// number makes a page that was written to another one's place a wrong one; the factor, 2^64 divided by the golden ratio, spreads it over all
/// bits.
///
/// Header: https://www.sqlite.org/fileformat2.html#the_database_header, byte 20 has the count of reserved bytes.
/// `docs/decisions/0014-page-sums.md` has what was not taken.
package enum PageSum {
    static let byteCount = 8

    /// Whether a file whose first bytes these are has sums.
    package static func isUsed(_ header: UnsafeRawBufferPointer) -> Bool {
        header.count >= 100 && header.starts(with: magic) && header[20] == UInt8(byteCount)
    }

    static let magic = Array("SQLite format 3\0".utf8)

    /// - Parameter number: of the page, from 1.
    /// - Precondition: the page has more than eight bytes.
    static func compute(_ page: UnsafeRawBufferPointer, number: Int64) -> UInt64 {
        XXHash64.hash(UnsafeRawBufferPointer(rebasing: page[..<(page.count - byteCount)])) ^ UInt64(bitPattern: number) &* 0x9E37_79B9_7F4A_7C15
    }

    package static func store(_ page: UnsafeMutableRawBufferPointer, number: Int64) {
        let sum = compute(UnsafeRawBufferPointer(page), number: number)
        page.storeBytes(of: sum.littleEndian, toByteOffset: page.count - byteCount, as: UInt64.self)
    }

    /// Whether a page has its sum. A page that was never written, as free ones may be, is all zeros.
    static func isRight(_ page: UnsafeRawBufferPointer, number: Int64) -> Bool {
        let stored = UInt64(littleEndian: page.loadUnaligned(fromByteOffset: page.count - byteCount, as: UInt64.self))
        if stored == compute(page, number: number) { return true }
        return stored == 0 && page.allSatisfy { $0 == 0 }
    }
}
