import ColumnStore
internal import Glibc

/// The directory at the end of a zip file (APPNOTE 4.3.12 to 4.3.16): what its members are called and how long they are once unpacked.
///
///     end       = 50 4B 05 06 … length of the directory at 12, where it begins at 16; a comment may follow, so that it is looked for from the end
///     zip64     = a locator of 20 bytes before the end says where the wider end record is; in it the length stands at 40, the beginning at 48
///     directory = for each member 50 4B 01 02 … unpacked length at 24, lengths of name, extra and comment at 28, 30, 32; the name at 46
enum ZipDirectory {
    private static let endByteCount = 22
    private static let commentByteCountMax = 65_535
    /// No workbook of ours has a longer one.
    private static let directoryByteCountMax = 16 << 20

    /// Nil where the file is no whole zip file.
    /// - Parameter path: of a file that is closed. Its bytes are not trusted: every place is looked at before it is read.
    static func memberByteCounts(path: String) -> [String: Int]? {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        let end = Int(lseek(descriptor, 0, SEEK_END))
        let tailStart = max(0, end - endByteCount - commentByteCountMax)
        guard let tail = bytes(descriptor, at: tailStart, count: end - tailStart), let place = lastSignature(tail, 0x0605_4B50) else { return nil }
        var (count, offset) = (number(tail, place + 12, 4), number(tail, place + 16, 4))
        if offset == 0xFFFF_FFFF || count == 0xFFFF_FFFF {
            // The wider form stands before it, found by a locator of 20 bytes.
            guard place >= 20, number(tail, place - 20, 4) == 0x0706_4B50 else { return nil }
            guard let wide = bytes(descriptor, at: number(tail, place - 12, 8), count: 56), number(wide, 0, 4) == 0x0606_4B50 else { return nil }
            (count, offset) = (number(wide, 40, 8), number(wide, 48, 8))
        }
        guard count <= directoryByteCountMax, let directory = bytes(descriptor, at: offset, count: count) else { return nil }
        return members(directory)
    }

    /// Nil where an entry is cut off or is none.
    private static func members(_ directory: [UInt8]) -> [String: Int]? {
        var counts: [String: Int] = [:]
        var place = 0
        while place < directory.count {
            guard directory.count - place >= 46, number(directory, place, 4) == 0x0201_4B50 else { return nil }
            let nameCount = number(directory, place + 28, 2), extraCount = number(directory, place + 30, 2)
            let commentCount = number(directory, place + 32, 2)
            let nameStart = place + 46
            let extraStart = nameStart + nameCount
            guard directory.count - nameStart >= nameCount + extraCount + commentCount else { return nil }
            var byteCount = number(directory, place + 24, 4)
            // The first number of the field for wide ones is the unpacked length.
            if byteCount == 0xFFFF_FFFF {
                guard extraCount >= 12, number(directory, extraStart, 2) == 1 else { return nil }
                byteCount = number(directory, extraStart + 4, 8)
            }
            counts[String(decoding: directory[nameStart..<extraStart], as: UTF8.self)] = byteCount
            place = extraStart + extraCount + commentCount
        }
        return counts
    }

    /// Where the four bytes stand last, with room for an end record behind them.
    private static func lastSignature(_ tail: [UInt8], _ signature: Int) -> Int? {
        guard tail.count >= endByteCount else { return nil }
        return (0...(tail.count - endByteCount)).last { number(tail, $0, 4) == signature }
    }

    /// Little-endian; the greatest number where it is none of ours.
    private static func number(_ bytes: [UInt8], _ place: Int, _ count: Int) -> Int {
        guard place >= 0, bytes.count - place >= count else { return Int.max }
        return Int(clamping: (0..<count).reversed().reduce(UInt64(0)) { $0 << 8 | UInt64(bytes[place + $1]) })
    }

    /// Nil where the file has not so many.
    private static func bytes(_ descriptor: Int32, at offset: Int, count: Int) -> [UInt8]? {
        guard offset >= 0, count >= 0 else { return nil }
        var bytes = [UInt8](repeating: 0, count: count)
        var filled = 0
        while filled < count {
            let read = bytes.withUnsafeMutableBytes { pread(descriptor, $0.baseAddress.map { $0 + filled }, count - filled, off_t(offset + filled)) }
            if read < 0, errno == EINTR { continue }
            guard read > 0 else { return nil }
            filled += read
        }
        return bytes
    }
}
