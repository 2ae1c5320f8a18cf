import ColumnStore

/// Pages of a database file that is in use, as they lie on the disk: which do not have their sums.
///
/// Within a transaction that reads, the log is copied no further than it was then: one of its pages that is being copied at this moment may seem not to have its sum. Pages that the log has are looked
/// at, too: once they are copied SQLite reads them from the file. Whether one that is found is of use to anybody SQLite tells who reads past it.
enum LivePages {
    /// Beyond so many it does not matter which.
    static let countMax = 1_000
    /// Of the file at a time: whole pages, since both are powers of two.
    private static let readByteCount = 1 << 20

    /// - Parameters:
    ///   - read: bytes of the file at a place; nil for the connection's own.
    ///   - beforeEachPiece: called before each piece of the file is read; what it throws ends that.
    /// - Returns: their numbers, ascending, `countMax` at most, with those that the device does not give; none of a file that was made before pages had sums.
    static func withoutSums(_ connection: SQLiteConnection, read: ((Int64, Int) throws -> [UInt8])? = nil, beforeEachPiece: () throws -> Void) throws -> [Int64] {
        let read: (Int64, Int) throws -> [UInt8] = read ?? { try connection.fileBytes(at: $0, count: $1) }
        return try connection.reading {
            // The transaction begins with the first look.
            _ = try connection.integer("SELECT count(*) FROM sqlite_schema")
            let pageByteCount = Int(clamping: try connection.integer("PRAGMA page_size") ?? 0)
            guard (512...65_536).contains(pageByteCount) else { return [1] }
            let hasSums = try read(0, 100).withUnsafeBytes { PageSum.isUsed($0) }
            let pieceByteCount = max(readByteCount, pageByteCount)
            var (found, number, place): ([Int64], Int64, Int64) = ([], 0, 0)
            while found.count < countMax {
                try beforeEachPiece()
                var bytes = try bytes(place, pieceByteCount, pageByteCount, read)
                if bytes.isEmpty { break }
                // The first page's sum, if it has one, is of the header as it was.
                if place == 0, !hasSums, bytes.count > 20 { bytes[20] = UInt8(clamping: PageSum.byteCount) }
                for start in stride(from: 0, to: bytes.count, by: pageByteCount) {
                    number = number.addingSaturating(1)
                    let page = bytes[start..<min(start.addingSaturating(pageByteCount), bytes.count)]
                    let isRight = page.count == pageByteCount && page.withUnsafeBytes { PageSum.isRight($0, number: number) }
                    if hasSums, !isRight, found.count < countMax { found.append(number) }
                    // A header that says there are none before a page that has its sum was changed. One of zeros was never written.
                    if !hasSums, isRight, page.contains(where: { $0 != 0 }) { return [1] }
                }
                place = place.addingSaturating(Int64(bytes.count))
            }
            return found
        }
    }

    /// - Returns: whole pages, with bytes that have no sum in place of those that the device does not give; fewer at the end of the file.
    private static func bytes(_ place: Int64, _ count: Int, _ pageByteCount: Int, _ read: (Int64, Int) throws -> [UInt8]) throws -> [UInt8] {
        do { return try read(place, count) } catch let error as SQLiteError where error.isUnreadPart {
            var bytes: [UInt8] = []
            for start in stride(from: 0, to: count, by: pageByteCount) {
                do {
                    let page = try read(place.addingSaturating(Int64(start)), pageByteCount)
                    bytes += page
                    if page.count < pageByteCount { break }
                } catch let error as SQLiteError where error.isUnreadPart { bytes += [UInt8](repeating: 0xFF, count: pageByteCount) }
            }
            return bytes
        }
    }
}
