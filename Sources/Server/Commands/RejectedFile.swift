internal import ColumnStore
import Glibc

/// FILE.rejected.ndjson: the records that were not taken, with their reasons. Made with the first of them.
final class RejectedFile: Sendable {
    private let path: String
    private let descriptor = Monitor<Int32>(-1)

    init(_ path: String) { self.path = path }

    var isThere: Bool { descriptor.withLock { $0 >= 0 } }

    /// Adds `{"record", "problem", "document" or "document_base64"}`.
    func add(number: Int, document: [UInt8], problem: [UInt8]) throws {
        var writer = JSONWriter(reserving: document.count + problem.count + 64)
        writer.beginObject()
        writer.member("record", number)
        writer.key("problem")
        writer.raw(problem)
        DocumentBody.writeText(document[...], to: &writer)
        writer.endObject()
        let line = writer.bytes + [0x0A]
        try descriptor.withLock { descriptor in
            if descriptor < 0 { descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644) }
            guard descriptor >= 0 else { throw CommandError("\(path): \(String(cString: strerror(errno)))") }
            let count = line.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
            guard count == line.count else { throw CommandError("\(path): \(String(cString: strerror(errno)))") }
        }
    }

    func close() {
        descriptor.withLock { descriptor in
            if descriptor >= 0 { Glibc.close(descriptor) }
            descriptor = -1
        }
    }
}
