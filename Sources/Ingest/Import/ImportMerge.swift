import ColumnStore
import Documents

/// Reads a part of a run, record after record.
///
/// A record is handed out in place, in a buffer that the next call may move: nothing of it is copied. One that is longer than the buffer makes it grow.
final class ImportCursor {
    private let spill: ImportSpill
    /// In the spill: what follows what the buffer has.
    private var offset: Int
    private let end: Int
    private var buffer: UnsafeMutableRawBufferPointer
    /// What of the buffer is filled, and not yet passed.
    private var filled = 0
    private var position = 0

    private static let bufferByteCount = 256 << 10

    init(_ spill: ImportSpill, _ range: Range<Int>) {
        self.spill = spill
        offset = range.lowerBound
        end = range.upperBound
        buffer = .allocate(byteCount: Self.bufferByteCount, alignment: 8)
    }

    deinit { buffer.deallocate() }

    /// The next record; valid until the one after it is asked for. Nil at the end.
    func next() throws -> ImportRecord? {
        // Records begin at multiples of eight bytes and the buffer is filled from such a place, so that their numbers can be loaded where they lie.
        if filled - position < ImportRecord.lengthByteCount, try !fill(ImportRecord.lengthByteCount) { return nil }
        let byteCount = Int(buffer.load(fromByteOffset: position, as: UInt32.self))
        if filled - position < byteCount, try !fill(byteCount) { return nil }
        defer { position += byteCount }
        // Safe: the buffer has bytes, so it has a base.
        return ImportRecord(base: buffer.baseAddress! + position)
    }

    /// Makes `needed` bytes available from `position` on, moved to the front; false at the end.
    private func fill(_ needed: Int) throws -> Bool {
        let left = filled - position
        guard left + (end - offset) >= needed else { return false }
        if needed > buffer.count {
            let larger = UnsafeMutableRawBufferPointer.allocate(byteCount: needed * 2, alignment: 8)
            larger.copyMemory(from: UnsafeRawBufferPointer(rebasing: buffer[position..<filled]))
            buffer.deallocate()
            buffer = larger
        } else if left > 0, position > 0 {
            buffer.copyMemory(from: UnsafeRawBufferPointer(rebasing: buffer[position..<filled]))
        }
        (position, filled) = (0, left)
        let count = min(buffer.count - filled, end - offset)
        let read = try spill.read(into: UnsafeMutableRawBufferPointer(rebasing: buffer[filled..<filled + count]), at: offset)
        guard read == count else { throw Fault(.internalError, "the import's temporary file is shorter than what was written to it") }
        offset += read
        filled += read
        return true
    }
}

/// The records of several sorted runs as one sorted stream, without those that are not to be stored.
///
/// A binary heap of the runs' first records. Keys are compared first, as one number; the records themselves only where table, day and client are the same.
///
/// - Complexity: O(log runs) comparisons a record.
final class ImportMerge {
    private struct Head {
        var key: UInt64
        var record: ImportRecord
        let cursor: ImportCursor
    }

    /// A heap: no head precedes its parent, (index - 1) / 2.
    private var heads: [Head] = []
    private let table: [Int]
    private let ranks: [UInt32]
    private let isDropped: Bitmap?
    /// Whether the record at the top was handed out: it stays there until the next is asked for, since its cursor would overwrite it.
    private var isBegun = false

    /// - Parameters:
    ///   - tables: the table of each kind.
    ///   - ranks: the place of each client among all of the batch, by bytes.
    ///   - isDropped: by ordinal; nil when all are wanted.
    init(_ cursors: [ImportCursor], tables: [Int], ranks: [UInt32], isDropped: Bitmap?) throws {
        table = tables
        self.ranks = ranks
        self.isDropped = isDropped
        for cursor in cursors {
            guard let record = try advance(cursor) else { continue }
            heads.append(Head(key: key(record), record: record, cursor: cursor))
        }
        for index in stride(from: heads.count / 2 - 1, through: 0, by: -1) { sink(index) }
    }

    /// The next record; valid until the one after it is asked for.
    func next() throws -> ImportRecord? {
        if isBegun {
            if let record = try advance(heads[0].cursor) {
                heads[0].key = key(record)
                heads[0].record = record
                sink(0)
            } else {
                heads.swapAt(0, heads.count - 1)
                heads.removeLast()
                if !heads.isEmpty { sink(0) }
            }
        }
        isBegun = !heads.isEmpty
        return heads.first?.record
    }

    /// The cursor's next record that is to be stored.
    private func advance(_ cursor: ImportCursor) throws -> ImportRecord? {
        while let record = try cursor.next() {
            if let isDropped, isDropped[record.ordinal] { continue }
            return record
        }
        return nil
    }

    private func key(_ record: ImportRecord) -> UInt64 {
        ImportOrder.key(table: table[record.kind], day: record.businessDay, rank: ranks[record.client])
    }

    private func precedes(_ left: Int, _ right: Int) -> Bool {
        if heads[left].key != heads[right].key { return heads[left].key < heads[right].key }
        return ImportOrder.precedes(heads[left].record, heads[right].record)
    }

    /// Lets a head down to where it belongs: the least is at 0, and none below its parent.
    private func sink(_ start: Int) {
        var index = start
        while true {
            var least = index
            for child in [2 * index + 1, 2 * index + 2] where child < heads.count && precedes(child, least) { least = child }
            if least == index { return }
            heads.swapAt(index, least)
            index = least
        }
    }
}
