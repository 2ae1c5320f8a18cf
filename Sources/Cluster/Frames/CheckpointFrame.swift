/// What goes by a connection that a checkpoint comes by, from whoever has it:
///
///     connection := wait* (refusal | head file* end)        file := name piece*
///     frame      := kind:uint8 members        kinds: 1 wait, 2 refusal (a text), 3 head (byteCount, a `Beginning`), 4 name (byteCount, a path), 5 piece, 6 end
///     piece      := sum[16] bytes
///
/// The length of each frame stands before it, by whoever sends it. The sum of a piece is over all pieces up to it: none is missing, doubled, or of another place.
package enum CheckpointFrame: Equatable, Sendable {
    /// Somebody else has the checkpoint still, or its pages are looked at; what is asked for comes.
    case wait
    case refusal(String)
    /// Of all files together, and the record that they tell all up to.
    case head(byteCount: Int, Beginning)
    case name(String, byteCount: Int)
    case piece(Digest, ArraySlice<UInt8>)
    case end

    /// Of a piece's bytes, at most.
    package static let pieceByteCount = 256 << 10
    package static let byteCountMax = Beginning.byteCountMax + 64
    private static let textByteCountMax = 1_024

    private enum Kind: UInt8 { case wait = 1, refusal, head, name, piece, end }

    package var bytes: [UInt8] {
        var writer = FrameWriter()
        func begin(_ kind: Kind) { writer.write(kind.rawValue) }
        switch self {
        case .wait: begin(.wait)
        case .refusal(let reason):
            begin(.refusal)
            // A quarter: a character that is cut becomes U+FFFD, which is longer.
            writer.write(String(decoding: reason.utf8.prefix(Self.textByteCountMax / 4), as: UTF8.self))
        case .head(let byteCount, let beginning):
            begin(.head)
            writer.write(byteCount)
            writer.bytes += beginning.bytes
        case .name(let name, let byteCount):
            begin(.name)
            writer.write(byteCount)
            writer.write(name)
        case .piece(let sum, let bytes):
            begin(.piece)
            writer.write(sum)
            writer.bytes += bytes
        case .end: begin(.end)
        }
        return writer.bytes
    }

    /// - Throws: `FrameFault`.
    package init(parsing bytes: ArraySlice<UInt8>) throws(FrameFault) {
        guard bytes.count <= Self.byteCountMax else { throw FrameFault("it is too long") }
        var reader = FrameReader(bytes)
        guard let kind = Kind(rawValue: try reader.byte()) else { throw FrameFault("it is of no known kind") }
        switch kind {
        case .wait: self = .wait
        case .refusal: self = .refusal(try reader.text(byteCountMax: Self.textByteCountMax))
        case .head: self = .head(byteCount: try reader.number(), try Beginning(parsing: try reader.take(reader.remaining)))
        case .name:
            let byteCount = try reader.number()
            self = .name(try reader.text(byteCountMax: Self.textByteCountMax), byteCount: byteCount)
        case .piece:
            let sum = try reader.digest()
            guard (1...Self.pieceByteCount).contains(reader.remaining) else { throw FrameFault("a piece is too long, or empty") }
            self = .piece(sum, try reader.take(reader.remaining))
        case .end: self = .end
        }
        try reader.end()
    }
}
