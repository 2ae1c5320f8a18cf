internal import ColumnStore
import Glibc

/// A file that takes its place once it is whole: until then it lies beside it, as `FILE.part`.
///
/// What is there and no file, as /dev/null or a pipe, is written to as it is: a file in its place would be another thing of that name.
final class PartialFile {
    private let path: String
    private let descriptor: Int32
    private let isDirect: Bool
    private var hash = SHA256()
    /// Nothing lies aside.
    private var isFinished = false
    private var aside: String { path + ".part" }

    /// A link there, or a file of somebody else's, is left alone.
    init(_ path: String) throws {
        self.path = path
        var status = stat()
        let isOther = stat(path, &status) == 0 && status.st_mode & S_IFMT != S_IFREG
        isDirect = isOther
        isFinished = isOther
        descriptor = isOther ? open(path, O_WRONLY | O_NOCTTY | O_CLOEXEC) : open(path + ".part", O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o600)
        if descriptor < 0 {
            isFinished = true
            let why = errno == EEXIST ? "it is there already, perhaps of an export that was broken off; remove it" : String(cString: strerror(errno))
            throw CommandError("\(path)\(isOther ? "" : ".part"): \(why)")
        }
    }

    deinit {
        if descriptor >= 0 { close(descriptor) }
        if !isFinished { _ = FileRemoval.remove(path + ".part", .temporary) }
    }

    func write(_ bytes: ArraySlice<UInt8>) throws {
        hash.update(Array(bytes).span.bytes)
        var written = 0
        while written < bytes.count {
            let count = bytes.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress.map { $0 + written }, $0.count - written) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw CommandError("\(path): \(String(cString: strerror(errno)))") }
            written += count
        }
    }

    /// - Parameter sha256: in hexadecimal digits.
    func finish(sha256: String?) throws {
        let own = hash.finalize().map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
        guard sha256 == nil || own == sha256 else { throw CommandError("the file came altered: its hash is not the one that the server has") }
        if isDirect { return }
        guard fsync(descriptor) == 0, rename(aside, path) == 0 else { throw CommandError("\(path): \(String(cString: strerror(errno)))") }
        isFinished = true
    }
}
