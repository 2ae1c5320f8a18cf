import ColumnStore

/// Where an object would stand in PostgreSQL's bytes of JSONB: keyvalue() calls it by that, so that two objects of a document differ.
///
///     container = count (4 bytes), an entry (4 bytes) for each element, or for each name and each value; then elements, or names and then values
///     string    = its bytes         null, true, false = nothing
///     number    = blanks up to 4 bytes, then 6 or 8 bytes and 2 for each group of four digits without zeros at its sides
///     container within = blanks up to 4 bytes, then as above
///
/// A document is laid out in one's mind, container by container, until the wanted object's turn comes; nothing is written. PostgreSQL 15's
/// `jsonb_util.c`.
struct JSONPathOffsets {
    /// Where the object begins in the document's text.
    private let wanted: Int
    private let meter: WorkMeter
    /// Bytes that would have been written so far.
    private var place = 0
    private var found: Int?

    /// - Returns: the offset from the root's; 0 for the root itself.
    static func offset(of object: JSONPathValue, _ meter: WorkMeter) throws(KernelError) -> Int {
        let root = object.scan.root
        if root.lowerBound == object.range.lowerBound { return 0 }
        var offsets = JSONPathOffsets(wanted: object.range.lowerBound, meter: meter)
        try offsets.lay(object.scan, root)
        return offsets.found ?? 0
    }

    private init(wanted: Int, meter: WorkMeter) { (self.wanted, self.meter) = (wanted, meter) }

    private mutating func align() { place = (place + 3) / 4 * 4 }

    /// - Complexity: O(the text's bytes × its depth), which JSON's parser bounds.
    private mutating func lay(_ scan: JSONScan, _ value: Range<Int>) throws(KernelError) {
        if found != nil { return }
        try meter.step(value.count)
        switch scan.kind(of: value) {
        case .null, .boolean: return
        case .string: place += scan.string(value).count
        case .number:
            align()
            place += Self.byteCount(ofNumber: scan.text[value])
        case .array:
            begin(value)
            place += 4 + 4 * scan.elementCount(of: value)
            try scan.eachElement(of: value) { (element) throws(KernelError) in try lay(scan, element) }
        case .object:
            begin(value)
            place += 4
            scan.eachMember(of: value) { member in place += 8 + scan.string(member.name).count }
            try scan.eachMember(of: value) { (member) throws(KernelError) in try lay(scan, member.value) }
        }
    }

    private mutating func begin(_ value: Range<Int>) {
        align()
        if value.lowerBound == wanted { found = place }
    }

    /// A NUMERIC's header, 6 bytes or 8, and two for each group of four digits from the first to the last that is not zero.
    private static func byteCount(ofNumber text: ArraySlice<UInt8>) -> Int {
        let digits = text.first == UInt8(ascii: "-") ? text.dropFirst() : text
        let parts = digits.split(separator: UInt8(ascii: "."))
        let whole = Array((parts.first ?? []).drop { $0 == 0x30 }), behind = Array(parts.count > 1 ? parts[1] : [])
        let padded = [UInt8](repeating: 0x30, count: (4 - whole.count % 4) % 4) + whole + behind + [UInt8](repeating: 0x30, count: (4 - behind.count % 4) % 4)
        let isZero = stride(from: 0, to: padded.count, by: 4).map { padded[$0..<$0 + 4].allSatisfy { $0 == 0x30 } }
        guard let first = isZero.firstIndex(of: false), let last = isZero.lastIndex(of: false) else { return behind.count <= 63 ? 6 : 8 }
        let weight = (whole.count + 3) / 4 - 1 - first
        return (behind.count <= 63 && (-64...63).contains(weight) ? 6 : 8) + 2 * (last - first + 1)
    }
}
