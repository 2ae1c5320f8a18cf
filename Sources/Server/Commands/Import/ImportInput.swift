internal import ColumnStore
internal import Documents
import Glibc

/// A file or standard input, read once from its beginning, decompressed where its first bytes say gzip or zstd.
final class ImportInput {
    /// It is not there, or cannot be read to its end.
    struct Unreadable: Error, CustomStringConvertible {
        let description: String
        init(_ description: String) { self.description = description }
    }

    private static let pieceByteCount = 1 << 20
    /// Compressed bytes that are taken at a time: zstd makes 64 MiB of so many at most, gzip 2 MiB.
    private static let sliceByteCount = 2 << 10
    /// Compressed, read and not yet taken.
    private var compressed: ArraySlice<UInt8> = []
    private let descriptor: Int32
    let path: String
    private var decompressor: StreamDecompressor?
    private var isStarted = false
    private var isEnded = false
    /// Met behind what was given out last.
    private var fault: Unreadable?
    /// Of the file; nil where that is not known.
    let byteCount: Int?
    /// Read from the file so far, before decompression.
    private(set) var readByteCount = 0

    /// - Parameter path: `-` is standard input.
    init(_ path: String) throws(Unreadable) {
        self.path = path
        if path == "-" {
            descriptor = STDIN_FILENO
            byteCount = nil
            return
        }
        descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw Unreadable("\(path): \(String(cString: strerror(errno)))") }
        var status = stat()
        let isFile = fstat(descriptor, &status) == 0 && status.st_mode & S_IFMT == S_IFREG
        byteCount = isFile ? Int(status.st_size) : nil
    }

    deinit { if descriptor != STDIN_FILENO { close(descriptor) } }

    /// How much of the file is read; nil where its length is not known.
    var fraction: Double? { byteCount.map { Double(readByteCount) / Double(max($0, 1)) } }

    /// The next bytes; nil at the end. What is met behind some of them is thrown by the call after.
    func next() throws(Unreadable) -> [UInt8]? {
        if let fault { throw fault }
        var output: [UInt8] = []
        do throws(Unreadable) { try fill(&output) } catch {
            fault = error
            if output.isEmpty { throw error }
        }
        return output.isEmpty ? nil : output
    }

    private func fill(_ output: inout [UInt8]) throws(Unreadable) {
        while !isEnded {
            while let decompressor, !compressed.isEmpty {
                let slice = compressed.prefix(Self.sliceByteCount)
                compressed = compressed.dropFirst(slice.count)
                do {
                    try slice.withUnsafeBytes { bytes in try decompressor.decompress(bytes) { output.append(contentsOf: $0) } }
                } catch {
                    throw Unreadable("\(path): the compressed file is broken: \(error)")
                }
                if output.count >= Self.pieceByteCount { return }
            }
            let piece = try readPiece()
            if !isStarted {
                isStarted = true
                if let coding = StreamCoding.of(first: piece) {
                    decompressor = StreamDecompressor(coding)
                } else if let coding = StreamCoding.of(name: path), !piece.isEmpty {
                    // Read as text, each line of it would be a record that is refused.
                    throw Unreadable("\(path): the compressed file is broken: it does not begin as \(coding.rawValue) does")
                }
            }
            if piece.isEmpty {
                isEnded = true
                do { try decompressor?.finish() } catch { throw Unreadable("\(path): the compressed file is cut short") }
                return
            }
            if decompressor == nil {
                output = piece
                return
            }
            compressed = piece[...]
        }
    }

    /// Empty at the end. A pipe gives little at a time; reading on makes the first bytes whole.
    private func readPiece() throws(Unreadable) -> [UInt8] {
        var code: Int32 = 0
        let piece = [UInt8](unsafeUninitializedCapacity: Self.pieceByteCount) { target, filled in
            while filled < target.count {
                let count = read(descriptor, target.baseAddress.map { $0 + filled }, target.count - filled)
                if count < 0, errno == EINTR { continue }
                if count < 0 { code = errno }
                if count <= 0 { return }
                filled += count
                if filled >= 4 && byteCount == nil { return }
            }
        }
        if code != 0 {
            let failure = Unreadable("\(path): \(String(cString: strerror(code)))")
            if piece.isEmpty { throw failure }
            fault = failure
        }
        readByteCount += piece.count
        return piece
    }
}
