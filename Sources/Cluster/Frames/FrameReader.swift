/// Bytes that are no frame: cut off, too long, or of another version.
package struct FrameFault: Error, Equatable, Sendable {
    package let reason: String

    package init(_ reason: String) { self.reason = reason }
}

/// Reads what `FrameWriter` wrote, from anybody: an error for all else, and never more memory than the bytes themselves have.
///
/// 1. `position` only grows, and never past the end.
/// 2. What a throw leaves behind is of no use: whoever reads gives up the frame.
struct FrameReader {
    private let bytes: ArraySlice<UInt8>
    private var position: Int

    init(_ bytes: ArraySlice<UInt8>) { (self.bytes, position) = (bytes, bytes.startIndex) }

    var remaining: Int { bytes.endIndex - position }

    /// The next bytes, not copied.
    mutating func take(_ count: Int) throws(FrameFault) -> ArraySlice<UInt8> {
        guard count >= 0, count <= remaining else { throw FrameFault("it ends too early") }
        defer { position += count }
        return bytes[position..<position + count]
    }

    mutating func byte() throws(FrameFault) -> UInt8 {
        guard let byte = try take(1).first else { throw FrameFault("it ends too early") }
        return byte
    }

    /// The lowest byte first, as all numbers.
    mutating func word32() throws(FrameFault) -> UInt32 { try take(4).reversed().reduce(0) { $0 << 8 | UInt32($1) } }

    mutating func word64() throws(FrameFault) -> UInt64 { try take(8).reversed().reduce(0) { $0 << 8 | UInt64($1) } }

    /// Clocks, numbers of records, epochs: none that a sum of two could overflow.
    mutating func number() throws(FrameFault) -> Int {
        let number = Int64(bitPattern: try word64())
        guard number >= 0, number <= Bounds.numberMax else { throw FrameFault("a number is out of range") }
        return Int(number)
    }

    mutating func flag() throws(FrameFault) -> Bool {
        let byte = try byte()
        guard byte <= 1 else { throw FrameFault("a flag is neither") }
        return byte == 1
    }

    /// UTF-8 behind its length in bytes, 32 bits.
    mutating func text(byteCountMax: Int) throws(FrameFault) -> String {
        let count = Int(try word32())
        guard count <= byteCountMax else { throw FrameFault("a text is too long") }
        guard let text = String(validating: try take(count), as: UTF8.self) else { throw FrameFault("a text is not UTF-8") }
        return text
    }

    mutating func digest() throws(FrameFault) -> Digest { Digest(high: try word64(), low: try word64()) }

    /// Number, epoch, digest: 32 bytes.
    mutating func mark() throws(FrameFault) -> Mark { Mark(sequence: try number(), epoch: try number(), hash: try digest()) }

    mutating func nonce() throws(FrameFault) -> Nonce { Nonce(session: try word64(), count: try number()) }

    /// - Parameter byteCount: that one element has at least: a count that the rest cannot hold takes no memory.
    ///
    /// - Throws: `FrameFault` for a count above `countMax`, or one that the rest cannot hold; what `one` throws.
    mutating func list<Element>(
        countMax: Int, byteCount: Int, _ one: (inout FrameReader) throws(FrameFault) -> Element
    ) throws(FrameFault) -> [Element] {
        let count = Int(try word32())
        guard count <= countMax, count <= remaining / max(1, byteCount) else { throw FrameFault("a list is too long") }
        var list: [Element] = []
        list.reserveCapacity(count)
        for _ in 0..<count { list.append(try one(&self)) }
        return list
    }

    /// To be asked last: a frame with something behind it is none.
    func end() throws(FrameFault) { guard remaining == 0 else { throw FrameFault("something stands behind it") } }
}
