import ColumnStore

/// Writes JSON of our own making: calls to others, and what histories hold.
package struct JSONText: Sendable {
    package private(set) var bytes: [UInt8] = []
    private var needsComma = false

    package init() {}

    package var text: String { String(decoding: bytes, as: UTF8.self) }

    package mutating func object(_ body: (inout JSONText) -> Void) {
        open(UInt8(ascii: "{"))
        body(&self)
        close(UInt8(ascii: "}"))
    }

    /// A member that is an array of objects.
    package mutating func array<Element>(_ name: String, _ elements: [Element], _ body: (inout JSONText, Element) -> Void) {
        key(name)
        array(elements, body)
    }

    package mutating func array<Element>(_ elements: [Element], _ body: (inout JSONText, Element) -> Void) {
        open(UInt8(ascii: "["))
        for element in elements { object { body(&$0, element) } }
        close(UInt8(ascii: "]"))
    }

    package mutating func member(_ name: String, _ value: String?) {
        key(name)
        if let value { string(Array(value.utf8)) } else { bytes += Array("null".utf8) }
        needsComma = true
    }

    package mutating func member(_ name: String, _ value: Int64) { member(name, raw: String(value)) }

    /// A member whose value is JSON already.
    package mutating func member(_ name: String, raw: String) { member(name, raw: Array(raw.utf8)[...]) }

    package mutating func member(_ name: String, raw: ArraySlice<UInt8>) {
        key(name)
        bytes.append(contentsOf: raw)
        needsComma = true
    }

    package mutating func member(_ name: String, text: ArraySlice<UInt8>) {
        key(name)
        string(text)
        needsComma = true
    }

    package mutating func member(_ name: String, _ body: (inout JSONText) -> Void) {
        key(name)
        object(body)
    }

    private mutating func open(_ bracket: UInt8) {
        if needsComma { bytes.append(UInt8(ascii: ",")) }
        bytes.append(bracket)
        needsComma = false
    }

    private mutating func close(_ bracket: UInt8) {
        bytes.append(bracket)
        needsComma = true
    }

    private mutating func key(_ name: String) {
        if needsComma { bytes.append(UInt8(ascii: ",")) }
        string(Array(name.utf8))
        bytes.append(UInt8(ascii: ":"))
        needsComma = false
    }

    private static let digits = Array("0123456789abcdef".utf8)

    /// - Parameter text: valid UTF-8.
    private mutating func string(_ text: some Collection<UInt8>) {
        bytes.append(UInt8(ascii: "\""))
        for byte in text {
            switch byte {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"):
                bytes.append(UInt8(ascii: "\\"))
                bytes.append(byte)
            case 0x0A: bytes += [UInt8(ascii: "\\"), UInt8(ascii: "n")]
            case 0x0D: bytes += [UInt8(ascii: "\\"), UInt8(ascii: "r")]
            case 0x09: bytes += [UInt8(ascii: "\\"), UInt8(ascii: "t")]
            case 0..<0x20, 0x7F:
                bytes += Array("\\u00".utf8)
                bytes.append(Self.digits[Int(byte >> 4)])
                bytes.append(Self.digits[Int(byte & 15)])
            default: bytes.append(byte)
            }
        }
        bytes.append(UInt8(ascii: "\""))
    }

    // MARK: Instants

    /// `2026-11-20T12:00:00.000000Z`
    package static func instant(_ microseconds: Int64) -> String {
        let day = Clock.day(ofMicroseconds: microseconds)
        let within = microseconds - Int64(day) * Clock.microsecondsPerDay
        func padded(_ value: Int64, _ width: Int) -> String {
            let digits = String(value)
            return String(repeating: "0", count: max(0, width - digits.utf8.count)) + digits
        }
        let seconds = within / 1_000_000
        return DayText.text(day) + "T" + padded(seconds / 3_600, 2) + ":" + padded(seconds / 60 % 60, 2) + ":" + padded(seconds % 60, 2) + "."
            + padded(within % 1_000_000, 6) + "Z"
    }

    /// Of what `instant` wrote; nil for anything else.
    package static func microseconds(_ text: String) -> Int64? {
        let bytes = Array(text.utf8)
        guard bytes.count == 27, let day = DayText.day(String(decoding: bytes[..<10], as: UTF8.self)) else { return nil }
        func number(_ range: Range<Int>) -> Int64? { Int64(String(decoding: bytes[range], as: UTF8.self)) }
        guard let hour = number(11..<13), let minute = number(14..<16), let second = number(17..<19), let fraction = number(20..<26) else {
            return nil
        }
        return Int64(day) * Clock.microsecondsPerDay + ((hour * 60 + minute) * 60 + second) * 1_000_000 + fraction
    }
}
