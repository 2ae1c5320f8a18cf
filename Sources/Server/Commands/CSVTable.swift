/// CSV as it streams, in the form that psql's csv has behind `\t`, without the names of columns, and behind `\x`, a line for each value. Fields stay as they came, in
/// their quotes.
struct CSVTable {
    private let showsNames: Bool
    private let isExpanded: Bool
    /// The first line has not ended.
    private var isHead = true
    private var isQuoted = false
    private var names: [[UInt8]] = []
    private var field: [UInt8] = []
    /// Of the field at hand in its row.
    private var index = 0

    init(showsNames: Bool, isExpanded: Bool = false) { (self.showsNames, self.isExpanded) = (showsNames, isExpanded) }

    /// What the next bytes are shown as.
    mutating func shown(_ bytes: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        guard isExpanded else { return isHead && !showsNames ? behindHead(bytes) : bytes }
        var text: [UInt8] = []
        for byte in bytes { take(byte, into: &text) }
        return text[...]
    }

    /// Names may have line breaks, in quotes.
    private mutating func behindHead(_ bytes: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        var place = bytes.startIndex
        while isHead, place < bytes.endIndex {
            if bytes[place] == UInt8(ascii: "\"") { isQuoted.toggle() }
            if bytes[place] == 0x0A, !isQuoted { isHead = false }
            place += 1
        }
        return bytes[place...]
    }

    private mutating func take(_ byte: UInt8, into text: inout [UInt8]) {
        switch byte {
        case UInt8(ascii: ",") where !isQuoted: endField(into: &text)
        case 0x0A where !isQuoted:
            endField(into: &text)
            isHead = false
            index = 0
        // Of a line's end: what a value has stands in quotes.
        case 0x0D where !isQuoted: break
        default:
            if byte == UInt8(ascii: "\"") { isQuoted.toggle() }
            field.append(byte)
        }
    }

    private mutating func endField(into text: inout [UInt8]) {
        if isHead {
            names.append(field)
        } else if names.indices.contains(index) {
            text.append(contentsOf: names[index])
            text.append(UInt8(ascii: ","))
            text.append(contentsOf: field)
            text.append(contentsOf: "\r\n".utf8)
            index += 1
        }
        field.removeAll(keepingCapacity: true)
    }
}
