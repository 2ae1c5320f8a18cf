import ColumnStore
import Glibc

/// A hot file as it lies there: what it says of its store, and which rows it has.
///
/// What `Recovery` knows of it without a catalog.
struct HotEvidence {
    let name: String
    let day: Int32
    let part: Int
    let path: String
    let store: String?
    let generation: Int64
    let rowCount: Int64
    /// The highest of a row or an event.
    let lastSequence: Int64

    /// In the order of days and parts.
    ///
    /// - Throws: naming a file that cannot be read.
    static func read(_ directory: DataDirectory) throws -> [HotEvidence] {
        guard access(directory.hotPath, F_OK) == 0 else { return [] }
        var found: [HotEvidence] = []
        for file in try DataDirectory.names(in: directory.hotPath).sorted() where file.hasSuffix(".sqlite") {
            let name = String(file.dropLast(".sqlite".utf8.count))
            guard let (day, part) = HotFileName.parse(name) else { continue }
            let path = "\(directory.hotPath)/\(file)"
            try WriteAheadLog.refuseLost(path)
            do {
                let marks = try HotFileMarks(path)
                let connection = try SQLiteConnection(path: path, mode: .readOnly)
                let rows = try connection.integer("SELECT max(sequence) FROM rows") ?? 0
                let events = try connection.integer("SELECT max(sequence) FROM events") ?? 0
                found.append(
                    HotEvidence(
                        name: name, day: day, part: part, path: path, store: marks.marks.store, generation: marks.marks.generation,
                        rowCount: marks.rowCount, lastSequence: max(rows, events)))
            } catch {
                try Recovery.refuse(unread: path, error)
                guard !isUnbegun(path) else {
                    found.append(
                        HotEvidence(name: name, day: day, part: part, path: path, store: nil, generation: 0, rowCount: 0, lastSequence: 0))
                    continue
                }
                throw Recovery.Failure("\(path) cannot be read: restore it from a backup, or put it elsewhere and its receipts are left out (\(error))")
            }
        }
        return found.sorted { ($0.day, $0.part) < ($1.day, $1.part) }
    }

    /// Whether a crash came while the file was made: no version is in it, so no row ever was.
    private static func isUnbegun(_ path: String) -> Bool {
        var status = stat()
        // With a log it was begun, and SQLite would throw that away.
        if stat(path, &status) == 0, status.st_size == 0 { return stat(path + "-wal", &status) != 0 || status.st_size == 0 }
        // A file is in the mode of logs from its first page on: without one it can only have the journal of that page, which is nothing to roll
        // back for who reads.
        guard let connection = try? SQLiteConnection(atRest: path) else { return false }
        return (try? connection.integer("PRAGMA user_version")) == .some(.some(0))
    }

    /// The sequences of its rows, by table.
    ///
    /// - Complexity: O(rows) time; memory is by how densely sequences lie.
    func sequences() throws -> [String: SequenceSet] {
        let connection = try SQLiteConnection(path: path, mode: .readOnly)
        let statement = try connection.statement("SELECT t.name, r.sequence FROM rows r JOIN tables t ON t.id = r.table_id ORDER BY r.id")
        var sets: [String: SequenceSet] = [:]
        while try statement.step() { sets[statement.text(0), default: SequenceSet()].insert(statement.int64(1)) }
        return sets
    }
}

/// Sequences in pages of bits: what lies close together takes little.
///
/// A page has 4,096 bits, 512 bytes, and is made with its first sequence: sequences that follow one another take about a bit each.
struct SequenceSet {
    private var pages: [Int64: [UInt64]] = [:]
    private(set) var count = 0
    /// Of all that were ever inserted; a removal leaves it.
    private(set) var range: ClosedRange<Int64>?

    private static let pageBits: Int64 = 12

    var isEmpty: Bool { count == 0 }

    /// - Returns: false when it was there.
    @discardableResult
    mutating func insert(_ sequence: Int64) -> Bool {
        let (page, word, bit) = Self.place(sequence)
        guard pages[page, default: [UInt64](repeating: 0, count: 1 << (Self.pageBits - 6))][word] & bit == 0 else { return false }
        pages[page, default: [UInt64](repeating: 0, count: 1 << (Self.pageBits - 6))][word] |= bit
        count += 1
        range = range.map { min($0.lowerBound, sequence)...max($0.upperBound, sequence) } ?? sequence...sequence
        return true
    }

    func contains(_ sequence: Int64) -> Bool {
        let (page, word, bit) = Self.place(sequence)
        return pages[page].map { $0[word] & bit != 0 } ?? false
    }

    /// - Returns: whether it was there.
    @discardableResult
    mutating func remove(_ sequence: Int64) -> Bool {
        let (page, word, bit) = Self.place(sequence)
        guard let known = pages[page]?[word], known & bit != 0 else { return false }
        pages[page]?[word] = known & ~bit
        count -= 1
        return true
    }

    /// Example: 4,161 is bit 1 of word 1 of page 1, since 4,161 = 4,096 + 64 + 1.
    private static func place(_ sequence: Int64) -> (page: Int64, word: Int, bit: UInt64) {
        let within = sequence & (1 << pageBits - 1)
        return (sequence >> pageBits, Int(within >> 6), 1 << UInt64(within & 63))
    }
}
