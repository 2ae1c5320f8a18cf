/// Writes numbers with their lowest byte first, and texts and lists behind their counts.
///
/// Checks nothing: what `FrameReader` refuses, as a number below 0 or a text that is too long, the caller must not write.
struct FrameWriter {
    var bytes: [UInt8] = []

    mutating func write(_ number: UInt8) { bytes.append(number) }

    mutating func write(_ number: UInt32) { withUnsafeBytes(of: number.littleEndian) { bytes.append(contentsOf: $0) } }

    mutating func write(_ number: UInt64) { withUnsafeBytes(of: number.littleEndian) { bytes.append(contentsOf: $0) } }

    mutating func write(_ number: Int) { write(UInt64(bitPattern: Int64(number))) }

    mutating func write(_ flag: Bool) { write(flag ? 1 as UInt8 : 0) }

    mutating func write(_ text: String) {
        let text = Array(text.utf8)
        write(UInt32(clamping: text.count))
        bytes += text
    }

    mutating func write(_ digest: Digest) {
        write(digest.high)
        write(digest.low)
    }

    mutating func write(_ mark: Mark) {
        write(mark.sequence)
        write(mark.epoch)
        write(mark.hash)
    }

    mutating func write(_ nonce: Nonce) {
        write(nonce.session)
        write(nonce.count)
    }

    mutating func write<Element>(_ list: [Element], _ one: (inout FrameWriter, Element) -> Void) {
        write(UInt32(clamping: list.count))
        for element in list { one(&self, element) }
    }
}
