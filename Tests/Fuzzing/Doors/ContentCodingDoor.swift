import ColumnStore
import Documents
import Ingest
import Server

/// A body in a Content-Encoding, or in several, of a client that may write anything into it. The first byte says which the field names, and how
/// often the rest is packed first: what was packed comes out as it was, or is refused for its size; what comes out was paid for.
extension Door {
    static let contentCoding = Door(
        name: "content-coding",
        seeds: {
            let text = Array(String(repeating: "{\"id\":\"a\"}\n", count: 40).utf8)
            let packed = StreamCoding.allCases.map { StreamCompressor($0).compress(text, isLast: true) }
            // Members end to end, a nest, a bomb, and a body that ends too early.
            let bomb = StreamCoding.allCases.map { StreamCompressor($0).compress([UInt8](repeating: 0x5B, count: 300_000), isLast: true) }
            let nest = packed.map { StreamCompressor(.gzip).compress($0, isLast: true) }
            return (packed + packed.map { $0 + $0 } + bomb + nest + packed.map { Array($0.dropLast(3)) }).flatMap { body in [[0] + body, [1] + body] }
                + [[8] + text, [9] + text]
        },
        words: { ["\u{1F}\u{8B}\u{8}"] },
        fuzz: { input in
            guard let choice = input.first else { return }
            let body = Array(input.dropFirst())
            let names = ["gzip", "zstd", "x-gzip", "GZIP ", "gzip, gzip", "identity", "br", "deflate"]
            if choice & 8 != 0 { return try roundTrip(body, StreamCoding.allCases[Int(choice & 1)]) }
            _ = try unpack(body, names[Int(choice & 7)])
        })

    private static let byteCountMax = 1 << 20

    private static func unpack(_ body: [UInt8], _ name: String) throws -> [UInt8] {
        var paid = 0
        let bytes = try ContentCoding.decode(body, coding: name, byteCountMax: byteCountMax) { paid = $0 }
        precondition(bytes.count <= byteCountMax || bytes == body, "more comes out than may")
        precondition(bytes == body || bytes.count <= max(paid, MemoryLedger.freeByteCount), "\(bytes.count) bytes come out, \(paid) were paid for")
        return bytes
    }

    private static func roundTrip(_ body: [UInt8], _ coding: StreamCoding) throws {
        let packed = StreamCompressor(coding).compress(body, isLast: true)
        let again = try unpack(packed, coding.rawValue)
        precondition(again == body, "what was packed comes out as something else")
        for count in [1, packed.count / 2, packed.count - 1] where count > 0 && count < packed.count {
            precondition((try? unpack(Array(packed[..<count]), coding.rawValue)) == nil, "a body that is cut off is taken as whole")
        }
    }
}
