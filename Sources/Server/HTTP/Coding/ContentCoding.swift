package import ColumnStore
internal import Documents
internal import Ingest
import Synchronization

/// Content-Encoding, both ways.
package enum ContentCoding {
    /// Answers under this are sent as they are: a compressed head would be longer.
    private static let byteCountMin = 1_024

    /// Of a body in zstd: 8 MiB, the most that may be sent over HTTP (RFC 9659).
    private static let windowLogMax: Int32 = 23

    /// Neither more memory than the limit nor than was charged is taken, whatever the coded bytes say of their length: they are undone piece by piece.
    ///
    /// The body without its coding.
    ///
    /// - Throws: `unsupported-media-type` for an unknown coding, `bad-encoding` for bytes that are not in it, `too-large` when more
    ///   than `byteCountMax` come out, and whatever `charge` throws.
    /// - Parameter charge: asked with the bytes that the body will take, before it does.
    package static func decode(
        _ body: [UInt8], coding name: String, byteCountMax: Int, charge: (Int) throws -> Void = { _ in }
    ) throws -> [UInt8] {
        guard let coding = try coding(named: name) else { return body }
        let decompressor = StreamDecompressor(coding, windowLogMax: windowLogMax)
        var output = BodyReader(byteCountMax: byteCountMax, expected: nil)
        do {
            try body.withUnsafeBytes { bytes in
                try decompressor.decompress(bytes) { piece in
                    try output.append(piece, what: "the body, once its \(coding) is undone,", charge: charge)
                }
            }
            try decompressor.finish()
        } catch let problem as Problem {
            throw problem
        } catch {
            throw Problem(.badEncoding, "the body is not whole in Content-Encoding \(coding)")
        }
        return output.take()
    }

    /// The one coding that a body may have; nil for none. Of several each would be a pass over the whole, for a body that nobody needs.
    /// `gzip`, `x-gzip` (RFC 9110, 8.4.1.3) and `zstd` in any case; `identity` and nothing are none.
    private static func coding(named field: String) throws(Problem) -> StreamCoding? {
        let names = field.split(separator: ",", maxSplits: 2).map { $0.trimmingBlanks.lowercased() }
        guard names.count <= 1 else {
            throw Problem(.unsupportedMediaType, "Content-Encoding names several codings; a body has one, gzip or zstd")
        }
        guard let name = names.first, name != "identity", !name.isEmpty else { return nil }
        guard let coding = StreamCoding(rawValue: name == "x-gzip" ? "gzip" : name) else {
            throw Problem(.unsupportedMediaType, "Content-Encoding is \"\(name.prefix(100))\"; gzip and zstd are taken")
        }
        return coding
    }

    /// The coding that `Accept-Encoding` asks for; nil for none.
    package static func choose(_ acceptEncoding: String?) -> StreamCoding? {
        guard let acceptEncoding else { return nil }
        // In thousandths, as `Accept` has them. Of a coding's parameters the first alone is read, which is its quality where it has one.
        var qualities: [StreamCoding: Int] = [:]
        var others: Int?
        for element in acceptEncoding.split(separator: ",") {
            let parts = element.split(separator: ";")
            guard let name = parts.first?.trimmingBlanks.lowercased() else { continue }
            var quality = 1000
            if parts.count > 1, let mark = parts[1].firstIndex(of: "=") {
                quality = Accept.quality(parts[1][parts[1].index(after: mark)...].trimmingBlanks)
            }
            if name == "*" { others = quality } else if let coding = StreamCoding(rawValue: name) { qualities[coding] = quality }
        }
        // A star is for what stands nowhere else: for gzip, which everyone knows, unless that is refused by name.
        if let others, let coding = [StreamCoding.gzip, .zstd].first(where: { qualities[$0] != 0 }), qualities[coding] == nil { qualities[coding] = others }
        // zstd is faster at the same size, so it wins a tie.
        return [StreamCoding.zstd, .gzip].filter { qualities[$0, default: 0] > 0 }.max { qualities[$0, default: 0] < qualities[$1, default: 0] }
    }

    /// The answer, compressed if that was asked for and is worth it: its bytes at once, on a thread whose neighbours do not wait for it.
    ///
    /// - Parameter hold: asked for the bytes of both. Where there is no room for what comes of it beside the answer, that goes out as it is.
    package static func encode(_ response: Response, coding: StreamCoding?, hold: (Int) throws -> Void = { _ in }) -> Response {
        guard let coding, !response.isCoded, case .bytes(let bytes) = response.body, bytes.count >= byteCountMin else { return response }
        // Bytes that cannot be made shorter come out as many.
        do { try hold(bytes.count.multipliedSaturating(by: 2)) } catch { return response }
        return marked(response, coding, .bytes(StreamCompressor(coding).compress(bytes, isLast: true)))
    }

    /// As `encode`, on a connection's thread, whose neighbours wait: what is long is put into the coding a piece at a time, while it is sent, and so is a
    /// stream that is made as it is sent. One that another thread writes has its coding from there.
    ///
    /// - Parameter hold: asked for what is held while it is sent, beside what the body is made of. Where there is no room the answer leaves as it is.
    static func encodeSent(_ response: Response, coding: StreamCoding?, hold: (Int) throws -> Void) -> Response {
        guard let coding, !response.isCoded else { return response }
        let pieces: ResponseStream
        switch response.body {
        case .bytes(let bytes) where bytes.count <= atOnceByteCountMax: return encode(response, coding: coding)
        case .bytes(let bytes):
            let whole = Mutex<[UInt8]?>(bytes)
            pieces = ResponseStream {
                whole.withLock { whole -> [UInt8]? in
                    defer { whole = nil }
                    return whole
                }
            }
        case .stream(let stream) where stream.isMadeAsSent: pieces = stream
        case .stream, .file: return response
        }
        do { try hold(heldByteCount(coding)) } catch { return response }
        return marked(response, coding, .stream(pieces.coded(in: coding)))
    }

    /// Takes a millisecond or two.
    private static let atOnceByteCountMax = 64 << 10

    /// Of a stream's state, about: 32 KiB of window and what is found in it; at zstd's level 3 windows of 2 MiB, and tables.
    private static func heldByteCount(_ coding: StreamCoding) -> Int {
        switch coding {
        case .gzip: 512 << 10
        case .zstd: 4 << 20
        }
    }

    private static func marked(_ response: Response, _ coding: StreamCoding, _ body: Response.Body) -> Response {
        var coded = response
        coded.body = body
        coded.isCoded = true
        coded.headers.append(.init("Content-Encoding", coding.rawValue))
        coded.headers.append(.init("Vary", "Accept-Encoding"))
        return coded
    }
}

/// A body put into its coding as it is sent, a step at a time.
final class CodedPieces: Sendable {
    /// Neighbours on the connection's thread wait for one step at most.
    private static let stepByteCount = 64 << 10

    private struct State {
        let compressor: StreamCompressor
        /// Made, and not yet in the coding.
        var plain: ArraySlice<UInt8> = []
        var isOver = false
    }

    private let makePlain: @Sendable () -> [UInt8]?
    private let state: Mutex<State>

    init(_ coding: StreamCoding, of makePlain: @escaping @Sendable () -> [UInt8]?) {
        self.makePlain = makePlain
        state = Mutex(State(compressor: StreamCompressor(coding)))
    }

    /// The next bytes in the coding, never none of them; nil at the end.
    func next() -> [UInt8]? {
        state.withLock { state -> [UInt8]? in
            while !state.isOver {
                if state.plain.isEmpty {
                    if let made = makePlain() { state.plain = made[...] } else { state.isOver = true }
                }
                let step = Array(state.plain.prefix(Self.stepByteCount))
                state.plain = state.plain.dropFirst(step.count)
                let coded = state.compressor.compress(step, isLast: state.isOver)
                if !coded.isEmpty { return coded }
            }
            return nil
        }
    }
}

/// Writes an answer as it is made: compressed if asked for, in pieces of a size worth sending.
///
/// One thread has it. What is written since the last piece is held here, up to 64 KiB and one write more; `finish` must come, or the body is cut off.
package final class StreamWriter {
    private static let pieceByteCount = 64 << 10
    private let stream: ResponseStream
    private let compressor: StreamCompressor?
    private var pending: [UInt8] = []

    package init(_ stream: ResponseStream, coding: StreamCoding?) {
        self.stream = stream
        compressor = coding.map(StreamCompressor.init)
    }

    package func write(_ bytes: some Collection<UInt8>) throws {
        pending.append(contentsOf: bytes)
        if pending.count >= Self.pieceByteCount { try send(isLast: false) }
    }

    /// Sends what waits, so that a slow maker's rows arrive as they come.
    package func flush() throws {
        if !pending.isEmpty { try send(isLast: false, flushes: true) }
    }

    package func finish() throws {
        try send(isLast: true)
        stream.finish()
    }

    private func send(isLast: Bool, flushes: Bool = false) throws {
        let bytes = compressor?.compress(pending, isLast: isLast, flushes: flushes) ?? pending
        pending.removeAll(keepingCapacity: true)
        try stream.write(bytes)
    }
}
