internal import Glibc

/// Brings a text of any length to UTF-8, piece by piece, whatever characters the pieces' ends cut. One owner.
///
/// What is no character of the encoding becomes a byte that is none of UTF-8: whoever reads the record that it stands in refuses that one alone.
///
/// For bodies that are read record by record (`RecordStream`), whose whole is never in memory; a text that is in memory as a whole goes through
/// `XMLEncoding`, which refuses it instead.
///
/// Invariants:
/// 1. What `convert` hands on is the text so far but for `pending`, which is less than a character.
/// 2. A stateful encoding keeps its state in `converter` from one piece to the next.
final class TextTranscoder {
    private let converter: iconv_t
    /// Of one character of the encoding, in bytes.
    ///
    /// So many bytes are passed over where iconv meets what is no character.
    private let unitByteCount: Int
    /// The beginning of a character whose end is in the next piece.
    private var pending: [UInt8] = []
    /// Room for 64 KiB of UTF-8; larger pieces come out in several calls.
    private var output = [UInt8](repeating: 0, count: 64 << 10)
    /// In no text of UTF-8.
    private static let noCharacter: UInt8 = 0xFF

    /// - Parameter encoding: as iconv calls it.
    /// - Throws: `.badEncoding` where iconv does not know it.
    init(from encoding: String) throws(DocumentError) {
        guard let converter = iconv_open("UTF-8", encoding), Int(bitPattern: converter) != -1 else {
            throw DocumentError(.badEncoding, offset: 0, "this system cannot read \(encoding)")
        }
        self.converter = converter
        unitByteCount = encoding.hasPrefix("UTF-16") || encoding.hasPrefix("UCS-2") ? 2 : 1
    }

    deinit { iconv_close(converter) }

    /// - Parameter body: gets the text in UTF-8, in one or several pieces.
    /// - Parameter piece: the next bytes of the text, of any number.
    /// - Throws: what `body` throws; the text cannot be gone on with then.
    func convert(_ piece: UnsafeRawBufferPointer, _ body: (UnsafeRawBufferPointer) throws -> Void) throws {
        if pending.isEmpty { return pending = try converted(piece, body) }
        let whole = pending + Array(piece)
        pending = try whole.withUnsafeBytes { try converted($0, body) }
    }

    /// The text ends here.
    ///
    /// Where its last character does not, one byte comes out that is none of UTF-8.
    func finish(_ body: (UnsafeRawBufferPointer) throws -> Void) throws {
        // Encodings with marks of their own hold the last letter back, for one that may follow.
        var noSource: UnsafeMutablePointer<CChar>?
        var noBytes = 0
        let held = step(&noSource, &noBytes).madeCount
        if held > 0 { try output.withUnsafeBytes { try body($0.part(0..<held)) } }
        if pending.isEmpty { return }
        pending = []
        try [Self.noCharacter].withUnsafeBytes { try body($0) }
    }

    /// - Returns: the bytes of a character that does not end.
    private func converted(_ piece: UnsafeRawBufferPointer, _ body: (UnsafeRawBufferPointer) throws -> Void) throws -> [UInt8] {
        var source = UnsafeMutablePointer(mutating: piece.baseAddress?.assumingMemoryBound(to: CChar.self))
        var left = piece.count
        // iconv ends at the output's end (E2BIG), within a character that the piece cuts (EINVAL), or at what is none (EILSEQ): that is replaced
        // and passed.
        while left > 0 {
            let (madeCount, code) = step(&source, &left)
            if madeCount > 0 { try output.withUnsafeBytes { try body($0.part(0..<madeCount)) } }
            switch code {
            case 0, E2BIG: break
            case EINVAL: return Array(piece.part(piece.count - left..<piece.count))
            default:
                try [Self.noCharacter].withUnsafeBytes { try body($0) }
                let passed = min(unitByteCount, left)
                source = source.map { $0 + passed }
                left -= passed
            }
        }
        return []
    }

    /// - Parameters:
    ///   - source: moved behind what was read; nil at the text's end, for what the converter holds.
    ///   - left: the bytes from there on.
    /// - Returns: how many bytes are in `output` now, and why it ended before the source did; 0 where it did not.
    private func step(_ source: inout UnsafeMutablePointer<CChar>?, _ left: inout Int) -> (madeCount: Int, code: Int32) {
        output.withUnsafeMutableBytes { room in
            var target = room.baseAddress?.assumingMemoryBound(to: CChar.self)
            var targetLeft = room.count
            let outcome = iconv(converter, &source, &left, &target, &targetLeft)
            let code = outcome == -1 ? errno : 0
            return (room.count - targetLeft, code)
        }
    }
}
