internal import ColumnStore

/// Bytes of no execution: damaged, or of another version.
package struct CodingFault: Error, Sendable, Equatable {
    package let reason: String
}

/// Numbers as varints (seven bits a byte, the least first), texts and values with their length before them.
///
///     number   = seven bits a byte, the least first, the highest bit set in all but the last: 1 → 01, 300 → ac 02
///     integer  = zigzag, then as a number: 0 → 00, -1 → 01, 1 → 02
///     text     = number of bytes, UTF-8; a value is a text of JSON
///     flag     = 0 | 1
///     optional = flag, then what there is
///     double   = its 64 bits as a number
struct ByteEncoder {
    private(set) var bytes: [UInt8] = []

    mutating func byte(_ value: UInt8) { bytes.append(value) }

    /// One to ten bytes.
    mutating func number(_ value: UInt64) {
        var rest = value
        while rest >= 0x80 {
            bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        bytes.append(UInt8(truncatingIfNeeded: rest))
    }

    /// Below zero too, by zigzag.
    mutating func integer(_ value: some FixedWidthInteger) {
        let wide = Int64(truncatingIfNeeded: value)
        number(UInt64(bitPattern: wide << 1 ^ wide >> 63))
    }

    mutating func text(_ value: String) { raw(Array(value.utf8)) }

    mutating func raw(_ value: [UInt8]) {
        number(UInt64(value.count))
        bytes += value
    }

    mutating func value(_ value: JSONValue) { raw(value.serialized) }

    mutating func flag(_ value: Bool) { bytes.append(value ? 1 : 0) }

    mutating func optional<Value>(_ value: Value?, _ write: (inout ByteEncoder, Value) -> Void) {
        flag(value != nil)
        if let value { write(&self, value) }
    }

    mutating func double(_ value: Double) { number(value.bitPattern) }
}

/// Reads what `ByteEncoder` wrote; of any other bytes it reads what is there, or throws.
///
/// 1. `place` is at most `bytes.count`, and every length is compared with what is left before it is believed.
/// 2. A number has one form: one that is longer than need be is refused.
struct ByteDecoder {
    private let bytes: [UInt8]
    private var place = 0

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    var isAtEnd: Bool { place == bytes.count }
    /// No list is longer than the bytes that are left.
    var left: Int { bytes.count - place }

    mutating func byte() throws(CodingFault) -> UInt8 {
        guard place < bytes.count else { throw CodingFault(reason: "the bytes end too soon") }
        defer { place += 1 }
        return bytes[place]
    }

    mutating func number() throws(CodingFault) -> UInt64 {
        var value: UInt64 = 0
        for shift in stride(from: UInt64(0), to: 70, by: 7) {
            let byte = try byte()
            // Nine bytes hold 63 bits: of the tenth only the lowest fits.
            guard shift < 63 || byte <= 1 else { break }
            value |= UInt64(byte & 0x7F) << shift
            if byte < 0x80 {
                // A last byte of 0 says nothing: it is not the shortest form.
                guard byte != 0 || shift == 0 else { break }
                return value
            }
        }
        throw CodingFault(reason: "a number of more than 64 bits, or not in its shortest form")
    }

    mutating func int64() throws(CodingFault) -> Int64 {
        let number = try number()
        return Int64(bitPattern: number >> 1) ^ -Int64(bitPattern: number & 1)
    }

    /// - Parameter what: for the fault.
    mutating func integer(_ range: ClosedRange<Int>, _ what: String) throws(CodingFault) -> Int {
        guard let value = Int(exactly: try int64()), range.contains(value) else { throw CodingFault(reason: "\(what) is out of its range") }
        return value
    }

    /// How many of something follow, each of a byte at least.
    mutating func count(_ what: String) throws(CodingFault) -> Int { try integer(0...left, "the number of \(what)") }

    mutating func raw() throws(CodingFault) -> [UInt8] {
        let count = try number()
        guard count <= UInt64(left) else { throw CodingFault(reason: "a text that is longer than the bytes") }
        defer { place += Int(count) }
        return Array(bytes[place..<place + Int(count)])
    }

    mutating func text() throws(CodingFault) -> String {
        let raw = try raw()
        guard raw.withUnsafeBufferPointer({ UTF8Check.firstFault(in: $0) }) == nil else { throw CodingFault(reason: "a text that is not UTF-8") }
        return String(decoding: raw, as: UTF8.self)
    }

    /// Members may be named twice, as earlier programs let them in: an execution that has such a value goes on.
    ///
    /// - Throws: also for a text that `ValueLimits.parse` refuses.
    mutating func value() throws(CodingFault) -> JSONValue {
        let raw = try raw()
        guard let value = try? ValueLimits.parse(raw, allowsRepeats: true) else { throw CodingFault(reason: "a value that is no JSON") }
        return value
    }

    /// A value's JSON, which is seen to be some: the value itself would take fifty times its bytes.
    mutating func valueText() throws(CodingFault) -> [UInt8] {
        let raw = try raw()
        guard ValueLimits.isValue(raw) else { throw CodingFault(reason: "a value that is no JSON") }
        return raw
    }

    mutating func flag() throws(CodingFault) -> Bool {
        let byte = try byte()
        guard byte <= 1 else { throw CodingFault(reason: "neither 0 nor 1") }
        return byte == 1
    }

    mutating func optional<Value>(_ read: (inout ByteDecoder) throws(CodingFault) -> Value) throws(CodingFault) -> Value? {
        try flag() ? try read(&self) : nil
    }

    mutating func double() throws(CodingFault) -> Double { Double(bitPattern: try number()) }

    /// To be asked last: a piece with something behind it is none.
    func finish() throws(CodingFault) {
        guard isAtEnd else { throw CodingFault(reason: "bytes after the end") }
    }
}
