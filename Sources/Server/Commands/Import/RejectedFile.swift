internal import ColumnStore
import Glibc

/// FILE.rejected.ndjson: the records that were not taken, with their reasons. Made with the first of them.
final class RejectedFile: Sendable {
    let path: String
    private let descriptor = Monitor<Int32>(-1)
    private let hasOwnerless = Monitor<Bool>(false)

    init(_ path: String) { self.path = path }

    /// Beside the input; of a descriptor (`-`, /dev/stdin, /dev/fd/63 as `<(…)` gives it), beside which nobody keeps files, in the folder at hand.
    static func path(of input: String) -> String {
        let name = isDescriptor(input) ? input.split(separator: "/").last.map(String.init) ?? "-" : input
        return (name == "-" ? "stdin" : name) + ".rejected.ndjson"
    }

    static func isDescriptor(_ input: String) -> Bool { input == "-" || input == "/dev/stdin" || ["/dev/fd/", "/proc/"].contains { input.hasPrefix($0) } }

    var isThere: Bool { descriptor.withLock { $0 >= 0 } }

    /// Whether a record was rejected because nothing says whose it is.
    var needsClient: Bool { hasOwnerless.withLock { $0 } }

    /// What is kept of an answer that is no JSON.
    private static let textByteCountMax = 64 << 10

    /// Adds `{"record", "problem", "document" or "document_base64"}`, in one line.
    ///
    /// - Parameter problem: as it was answered: JSON, or a text where somebody between has answered.
    func add(number: Int, document: [UInt8], problem: [UInt8]) throws {
        var writer = JSONWriter(reserving: document.count + problem.count + 64)
        writer.beginObject()
        writer.member("record", number)
        let value = try? JSONParser.parse(problem)
        writer.key("problem")
        writer.raw((value ?? .string(String(decoding: problem.prefix(Self.textByteCountMax), as: UTF8.self))).serialized)
        DocumentBody.writeText(document[...], to: &writer)
        writer.endObject()
        let line = writer.bytes + [0x0A]
        if !needsClient, Self.wantsClient(value) { hasOwnerless.withLock { $0 = true } }
        try descriptor.withLock { descriptor in
            if descriptor < 0 { descriptor = try Self.made(path) }
            if let code = SharedDescriptor.write(line[...], to: descriptor) { throw CommandError("\(path): \(String(cString: strerror(code)))") }
        }
    }

    private static func wantsClient(_ problem: JSONValue?) -> Bool {
        guard case .array(let errors)? = problem?["errors"] else { return false }
        return errors.contains { $0["pointer"]?.text == "/client" && $0["code"]?.text == "required" }
    }

    /// The file, empty, readable by its owner alone: it holds documents. A link there, or a file of somebody else's, may have been laid by who
    /// wants them, or wants another file overwritten.
    private static func made(_ path: String) throws -> Int32 {
        // Without O_TRUNC, which would come before the checks; without waiting, as a pipe's reader lets one wait.
        let made = open(path, O_WRONLY | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0o600)
        guard made >= 0 else {
            let reason = errno == ELOOP ? "it is a link" : errno == ENXIO ? "it is no plain file" : String(cString: strerror(errno))
            throw CommandError("\(path): rejected records cannot be written there: \(reason)")
        }
        var status = stat()
        let isOwn = fstat(made, &status) == 0 && status.st_mode & S_IFMT == S_IFREG && status.st_uid == geteuid() && status.st_nlink == 1
        guard isOwn, fchmod(made, 0o600) == 0, ftruncate(made, 0) == 0 else {
            Glibc.close(made)
            throw CommandError("\(path): rejected records cannot be written there: it is no plain file of this user's own")
        }
        return made
    }

    func close() {
        descriptor.withLock { descriptor in
            if descriptor >= 0 { Glibc.close(descriptor) }
            descriptor = -1
        }
    }
}
