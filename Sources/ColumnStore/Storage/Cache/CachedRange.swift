// A file of the cache:
//
//   "TILLRNG1", the object (20 bytes), its length, the range's start and end (8 bytes each), CRC-32 of these and of the sums (4 bytes)
//   sums: of each 64 KiB of the body a CRC-32 (4 bytes), begun with the number of the page, so that pages in another order do not fit
//   body: the range's bytes
//
// Numbers are little-endian. Nothing of it is synced: what a power cut leaves half-written fails its checksum.

/// A range of an object as it lies in the cache. Nothing of it is believed before its sum was checked.
struct CachedRange: Sendable {
    static let pageByteCount = 64 << 10
    private static let magic = Array("TILLRNG1".utf8)
    private static let fixedByteCount = 8 + CacheName.objectByteCount + 24

    /// Of a range of that length: what stands before its bytes.
    static func headByteCount(of byteCount: Int) -> Int { fixedByteCount + 4 + pageCount(of: byteCount) * 4 }

    private static func pageCount(of byteCount: Int) -> Int { byteCount / pageByteCount + (byteCount % pageByteCount == 0 ? 0 : 1) }

    let name: CacheName
    /// Of each page.
    private let sums: [UInt32]

    var byteCount: Int { name.range.count }

    /// What stands before the bytes of a range.
    static func head(_ name: CacheName, _ bytes: UnsafeRawBufferPointer) -> [UInt8] {
        var sums: [UInt8] = []
        for page in 0..<pageCount(of: bytes.count) {
            let start = page * pageByteCount
            append(sum(of: UnsafeRawBufferPointer(rebasing: bytes[start..<min(bytes.count, start + pageByteCount)]), page: page), to: &sums)
        }
        var head = fixed(name)
        append((head + sums).withUnsafeBytes { Checksum.crc32($0) }, to: &head)
        return head + sums
    }

    private static func fixed(_ name: CacheName) -> [UInt8] {
        var head = magic + name.object
        for number in [name.byteCount, name.range.lowerBound, name.range.upperBound] { withUnsafeBytes(of: number.littleEndian) { head += Array($0) } }
        return head
    }

    private static func append(_ sum: UInt32, to bytes: inout [UInt8]) { withUnsafeBytes(of: sum.littleEndian) { bytes += Array($0) } }

    private static func sum(of page: UnsafeRawBufferPointer, page number: Int) -> UInt32 {
        Checksum.crc32(page, continuing: UInt32(truncatingIfNeeded: number) &* 0x9E37_79B1)
    }

    /// - Parameter head: `headByteCount` bytes from the file's beginning.
    /// - Returns: nil when it is not the head of that range.
    init?(_ name: CacheName, head: [UInt8]) {
        let fixed = Self.fixed(name)
        guard head.count == Self.headByteCount(of: name.range.count), head.starts(with: fixed) else { return nil }
        let numbers = head.withUnsafeBytes { bytes in
            stride(from: fixed.count, to: bytes.count, by: 4).map { UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: $0, as: UInt32.self)) }
        }
        sums = Array(numbers.dropFirst())
        guard (fixed + head[(fixed.count + 4)...]).withUnsafeBytes({ Checksum.crc32($0) }) == numbers.first else { return nil }
        self.name = name
    }

    /// Whole pages around a part of the range; both count from the range's start.
    func pages(around part: Range<Int>) -> Range<Int> {
        let start = part.lowerBound / Self.pageByteCount * Self.pageByteCount
        let end = min(byteCount, (part.upperBound + Self.pageByteCount - 1) / Self.pageByteCount * Self.pageByteCount)
        return start..<end
    }

    /// Whether the bytes of whole pages, the first of which begins at `start`, have their sums.
    func isRight(_ bytes: UnsafeRawBufferPointer, from start: Int) -> Bool {
        var place = 0
        while place < bytes.count {
            let page = (start + place) / Self.pageByteCount
            let end = min(bytes.count, place + Self.pageByteCount)
            guard page < sums.count, Self.sum(of: UnsafeRawBufferPointer(rebasing: bytes[place..<end]), page: page) == sums[page] else { return false }
            place = end
        }
        return true
    }
}
