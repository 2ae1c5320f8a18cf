internal import Glibc
import ColumnStore

/// Texts of the dictionaries that came before, with the places of their answers.
///
/// Row groups of a file, and files of a table, have dictionaries of their own that mostly hold the same entries. What costs much, as a pattern does, is asked once for each text
/// and not once for each dictionary.
///
/// Invariants:
/// 1. `places` has an entry for each of `texts`, but between `look` and `learn`.
/// 2. Each text stands in one slot, `hash & mask` or behind it; no slot between is empty, and half of all are at least.
/// 3. Once it is over there is no text, and none is taken any more.
struct EarlierEntries {
    /// In the order in which they came; a text's place there is its code.
    private var texts = ByteArrays()
    /// Of each text, by a seed of the process: nobody can choose texts that meet.
    private var hashes: [Int] = []
    /// Codes plus 1; 0 is empty.
    private var slots: [UInt32] = []
    /// By code, where its answer is.
    private var places: [Int32] = []
    /// Entries that were looked up since the first dictionary, and those that were there.
    private var (askedCount, foundCount) = (0, 0)
    private var dictionaryCount = 0
    private(set) var isOver = false

    /// Where fewer are found, a look-up of each costs more than it saves.
    private static let askedPerFoundMax = 4
    private static let askedCountMin = 1_024
    private static let slotCountMin = 256
    /// Of a text: a hash, an offset and a place, in arrays with room to grow.
    private static let textByteCount = 32

    /// What `byteCount` may grow by at most while these are looked up.
    func growth(by entries: Column) -> Int {
        let total = hashes.count + entries.count
        let added = 2 * entries.flatByteCountBound + entries.count * Self.textByteCount
        return total * 2 <= slots.count ? added : added + max(Self.slotCountMin, total * 4) * 4
    }

    /// Arrays of texts have as much room again at most. The same whether the last texts have their places yet or not.
    var byteCount: Int { 2 * texts.bytes.count + hashes.count * Self.textByteCount + slots.count * 4 }

    /// Another dictionary begins. Where few entries of the last ones were there before, it is over.
    mutating func begin() {
        dictionaryCount += 1
        if askedCount >= Self.askedCountMin, foundCount * Self.askedPerFoundMax < askedCount { end() }
    }

    mutating func end() {
        clear()
        isOver = true
    }

    /// Forgets all texts.
    mutating func clear() { (texts, hashes, slots, places) = (ByteArrays(), [], [], []) }

    /// The texts' codes, and which of the entries, each once, no answer is known of: `learn` must follow with their answers.
    /// - Precondition: the texts stay below 2 GiB together, as what a query keeps of answers does.
    mutating func look(_ entries: Column) -> (codes: [UInt32], unknown: [Int32]) {
        let arrays = entries.byteArrays()
        var codes: [UInt32] = [], unknown: [Int32] = []
        codes.reserveCapacity(arrays.count)
        makeRoom(for: arrays.count)
        arrays.bytes.withUnsafeBytes { bytes in
            for row in 0..<arrays.count {
                let before = hashes.count
                codes.append(code(of: UnsafeRawBufferPointer(rebasing: bytes[arrays.range(at: row)])))
                if hashes.count > before { unknown.append(Int32(truncatingIfNeeded: row)) }
            }
        }
        if dictionaryCount > 1 {
            askedCount += codes.count
            foundCount += codes.count - unknown.count
        }
        return (codes, unknown)
    }

    /// - Precondition: a slot is free.
    private mutating func code(of text: UnsafeRawBufferPointer) -> UInt32 {
        var hasher = Hasher()
        hasher.combine(bytes: text)
        let hash = hasher.finalize(), mask = slots.count - 1
        var place = hash & mask
        while slots[place] != 0 {
            let code = slots[place] - 1
            if hashes[Int(code)] == hash, isEqual(text, texts.range(at: Int(code))) { return code }
            place = (place + 1) & mask
        }
        texts.append(text)
        hashes.append(hash)
        slots[place] = UInt32(hashes.count)
        return slots[place] - 1
    }

    private func isEqual(_ text: UnsafeRawBufferPointer, _ range: Range<Int>) -> Bool {
        guard range.count == text.count else { return false }
        return texts.bytes.withUnsafeBytes { own in
            // Of no bytes there may be no address.
            guard let one = own.baseAddress, let other = text.baseAddress else { return true }
            return memcmp(one + range.lowerBound, other, text.count) == 0
        }
    }

    private mutating func makeRoom(for added: Int) {
        let needed = max(Self.slotCountMin, (hashes.count + added) * 2)
        if needed <= slots.count { return }
        // The next power of two.
        let count = 1 << (Int.bitWidth - (needed - 1).leadingZeroBitCount)
        slots = [UInt32](repeating: 0, count: count)
        for code in hashes.indices {
            var place = hashes[code] & (count - 1)
            while slots[place] != 0 { place = (place + 1) & (count - 1) }
            slots[place] = UInt32(code + 1)
        }
    }

    /// Takes the answers of the texts that were new: they stand from `first` on.
    /// - Returns: the places of the answers of texts with these codes.
    mutating func learn(_ codes: [UInt32], _ count: Int, first: Int32) -> [Int32] {
        for index in 0..<count { places.append(first + Int32(truncatingIfNeeded: index)) }
        return codes.map { places[Int($0)] }
    }
}
