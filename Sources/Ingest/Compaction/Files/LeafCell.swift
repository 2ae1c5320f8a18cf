import ColumnStore

/// A row on a leaf of a table's tree, as it lies in the file.
///
/// A leaf begins with 8 bytes (its kind, 13; at 3 the count of rows) and two bytes for each row's place. At its place stand its payload's length and its id, as varints, and then the payload:
/// all of it, or its first part where the rest stands on pages of its own.
///
/// https://www.sqlite.org/fileformat2.html#b_tree_pages
struct LeafCell {
    let id: Int64
    /// Of the whole payload.
    let byteCount: Int
    /// What of the payload stands on the page.
    let local: Range<Int>

    private static let kind: UInt8 = 13
    private static let headerByteCount = 8

    /// - Parameter page: whole, with its sum; whatever its bytes are.
    /// - Returns: those that can be told; none of a page that is no leaf.
    static func all(on page: [UInt8]) -> [LeafCell] {
        guard page.first == kind, let count = word(page, at: 3) else { return [] }
        let usable = page.count.subtractingSaturating(PageSum.byteCount)
        return (0..<count).prefix(usable / 2).compactMap { index in
            guard var place = word(page, at: index.multipliedSaturating(by: 2).addingSaturating(headerByteCount)),
                let length = varint(page, &place), let id = varint(page, &place), (1...Int64(Int32.max)).contains(length)
            else { return nil }
            let local = place..<place.addingSaturating(localCount(Int(clamping: length), usable: usable))
            return local.upperBound <= usable ? LeafCell(id: id, byteCount: Int(clamping: length), local: local) : nil
        }
    }

    /// How much of a payload stands on the leaf: all that fits, else what leaves whole pages of the rest, or the least.
    private static func localCount(_ length: Int, usable: Int) -> Int {
        let greatest = usable.subtractingSaturating(35)
        if length <= greatest { return length }
        let least = (usable.subtractingSaturating(12).multipliedSaturating(by: 32) / 255).subtractingSaturating(23)
        let count = least.addingSaturating(length.subtractingSaturating(least) % max(1, usable.subtractingSaturating(4)))
        return count <= greatest ? count : least
    }

    /// Two bytes, the higher first.
    private static func word(_ page: [UInt8], at place: Int) -> Int? {
        guard place >= 0, place < page.count.subtractingSaturating(1) else { return nil }
        return Int(clamping: UInt64(page[place]) << 8 | UInt64(page[place + 1]))
    }

    /// Seven bits a byte, the highest first, up to one without its upper bit; a ninth byte has eight.
    private static func varint(_ page: [UInt8], _ place: inout Int) -> Int64? {
        var value: UInt64 = 0
        for index in 0..<9 {
            guard place < page.count else { return nil }
            let byte = page[place]
            place += 1
            if index == 8 { return Int64(bitPattern: value << 8 | UInt64(byte)) }
            value = value << 7 | UInt64(byte & 0x7F)
            if byte < 0x80 { return Int64(bitPattern: value) }
        }
        return nil
    }
}
