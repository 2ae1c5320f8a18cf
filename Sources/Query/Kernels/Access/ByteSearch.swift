internal import Glibc
import ColumnStore

/// Finds a byte string in others: `memchr` for the byte of it that is likely the rarest in texts, then a comparison of the whole.
///
/// A text that is made to have many places with that byte falls back to a search that is linear whatever the texts
/// (`docs/decisions/0024-memory-of-evaluation.md`).
struct ByteSearch {
    private let wanted: [UInt8]
    /// The place in `wanted` of the byte that is looked for.
    let rareIndex: Int

    /// - Precondition: `wanted` is not empty.
    init(_ wanted: [UInt8]) {
        precondition(!wanted.isEmpty)
        self.wanted = wanted
        rareIndex = wanted.indices.min { Self.commonness(wanted[$0]) < Self.commonness(wanted[$1]) } ?? 0
    }

    /// Lead bytes of Cyrillic stand before every second letter; of ASCII, blanks and vowels come most.
    /// A weight, not a frequency: only its order counts.
    static func commonness(_ byte: UInt8) -> Int {
        switch byte {
        case 0xD0, 0xD1: 100
        case 0x20: 50
        case 0x61, 0x65, 0x69, 0x6E, 0x6F, 0x72, 0x73, 0x74: 30
        case 0x30...0x39: 25
        case 0x61...0x7A: 20
        case 0x80...0xBF: 15
        default: 5
        }
    }

    /// Where it first stands at or after `start` and ends by `end`.
    /// - Complexity: O(end - start) bytes, and a comparison of `wanted` for each candidate, of which there are 4,096 at
    ///   most.
    func find(in text: UnsafeBufferPointer<UInt8>, from start: Int, to end: Int) -> Int? {
        wanted.withUnsafeBufferPointer { Self.find($0, rareIndex: rareIndex, in: text, from: start, to: end) }
    }

    private static let candidateCountMax = 4_096

    /// - Parameter wanted: not empty; `rareIndex` lies within it.
    static func find(
        _ wanted: UnsafeBufferPointer<UInt8>, rareIndex: Int, in text: UnsafeBufferPointer<UInt8>, from start: Int, to end: Int
    ) -> Int? {
        guard start >= 0, end <= text.count, end - start >= wanted.count, let base = text.baseAddress, let own = wanted.baseAddress else {
            return nil
        }
        // The last place at which the whole still fits.
        let last = end - wanted.count
        var place = start
        // A candidate costs a comparison of the whole at worst: after too many of them the way goes on that is linear whatever the texts.
        var candidateCountMax = candidateCountMax
        while place <= last {
            // Only places whose whole candidate ends in time are looked at.
            guard let found = memchr(base + place + rareIndex, Int32(own[rareIndex]), last - place + 1) else { return nil }
            let candidate = UnsafeRawPointer(found) - UnsafeRawPointer(base) - rareIndex
            if memcmp(base + candidate, own, wanted.count) == 0 { return candidate }
            place = candidate + 1
            candidateCountMax -= 1
            if candidateCountMax == 0 {
                return BytePlace.first(of: wanted, in: UnsafeBufferPointer(rebasing: text[place..<end])).map { $0 + place }
            }
        }
        return nil
    }
}
