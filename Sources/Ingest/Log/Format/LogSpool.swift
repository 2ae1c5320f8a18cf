import ColumnStore
import Glibc

/// A file of this machine with commits that are not in a segment yet:
///
///     entry := length:uint32 sequence:int64 time:int64 kind:uint8 payload sum:uint64        `length` counts from `sequence` to the payload's end
///
/// Written without syncs: what a process that is killed has handed over the system keeps. After a machine's crash it may be shorter than the files
/// are, which the boot's id tells (`LogState`).
enum LogSpool {
    /// In the place of a kind: the commit of that number came to nothing.
    static let withdrawn: UInt8 = 255
    static let headByteCount = 21
    private static let sumByteCount = 8

    struct Entry {
        let sequence: Int64
        let time: Int64
        /// nil: withdrawn.
        let kind: LogRecord.Kind?
        let payload: ArraySlice<UInt8>
    }

    static func name(_ first: Int64) -> String { "spool-\(LogNumber.text(first))" }

    static func first(_ name: String) -> Int64? { name.hasPrefix("spool-") ? LogNumber.number(name.dropFirst("spool-".count)) : nil }

    /// The parts around a payload of two pieces.
    static func frame(
        sequence: Int64, time: Int64, kind: UInt8, _ head: [UInt8], _ changes: UnsafeRawBufferPointer
    ) -> (head: [UInt8], tail: [UInt8]) {
        var front = LittleEndianBytes()
        front.append(UInt32(clamping: 17 + head.count + changes.count))
        front.append(sequence)
        front.append(time)
        front.append(kind)
        front.bytes += head
        // Of each piece: no copy of the changes is made for it.
        let sum = front.bytes.withUnsafeBytes { XXHash64.hash($0) } ^ XXHash64.hash(changes)
        var end = LittleEndianBytes()
        end.append(sum)
        return (front.bytes, end.bytes)
    }

    /// Writes an entry whole, or nothing.
    ///
    /// - Returns: how many bytes; nil where it could not be written.
    static func append(_ descriptor: Int32, at offset: Int64, _ parts: (head: [UInt8], tail: [UInt8]), _ changes: UnsafeRawBufferPointer) -> Int? {
        parts.head.withUnsafeBytes { head in
            parts.tail.withUnsafeBytes { tail in
                let whole = head.count + changes.count + tail.count
                var pieces = [head, changes, tail].filter { !$0.isEmpty }.map {
                    iovec(iov_base: UnsafeMutableRawPointer(mutating: $0.baseAddress), iov_len: $0.count)
                }
                if pwritev(descriptor, &pieces, Int32(pieces.count), off_t(offset)) == whole { return whole }
                ftruncate(descriptor, off_t(offset))
                return nil
            }
        }
    }

    /// The entries of a file, up to the first that is not whole: the commit of that one was reported to nobody.
    static func read(_ bytes: [UInt8]) -> [Entry] {
        var reader = LittleEndianReader(bytes[...])
        var entries: [Entry] = []
        while let length = reader.uint32(), length >= 17, let body = reader.take(Int(length)), let sum = reader.uint64() {
            var inner = LittleEndianReader(body)
            guard let sequence = inner.int64(), let time = inner.int64(), let kind = inner.uint8(), let payload = inner.take(inner.remaining) else { break }
            guard isRight(bytes, body, payload, sum) else { break }
            let known = LogRecord.Kind(rawValue: kind)
            // Whoever reads on counts on from it.
            guard known != nil || kind == withdrawn, (1...1 << 62).contains(sequence) else { break }
            entries.append(Entry(sequence: sequence, time: time, kind: known, payload: payload))
        }
        return entries
    }

    /// Whether behind the entries that were read one stands that was written whole, and is another now. What a kill has cut off is shorter than it says, and was reported to nobody.
    static func isDamaged(_ bytes: [UInt8], behind entries: [Entry]) -> Bool {
        var reader = LittleEndianReader(bytes[(entries.last.map { $0.payload.endIndex + sumByteCount } ?? 0)...])
        guard let length = reader.uint32() else { return false }
        return reader.remaining - sumByteCount >= Int(length)
    }

    /// Whether the sum is that of what was written in two pieces: what stands before the changes, and these.
    private static func isRight(_ bytes: [UInt8], _ body: ArraySlice<UInt8>, _ payload: ArraySlice<UInt8>, _ sum: UInt64) -> Bool {
        var changes = payload.startIndex
        if payload.count >= 2 { changes += min(payload.count, 2 + Int(payload[changes]) + Int(payload[changes + 1]) << 8) }
        return bytes.withUnsafeBytes { all in
            let front = UnsafeRawBufferPointer(rebasing: all[body.startIndex - 4..<changes])
            let rest = UnsafeRawBufferPointer(rebasing: all[changes..<body.endIndex])
            return XXHash64.hash(front) ^ XXHash64.hash(rest) == sum
        }
    }
}
