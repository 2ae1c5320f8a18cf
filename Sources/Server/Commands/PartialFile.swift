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

    /// What a symbolic link names is written, and the link stays. A link at `FILE.part`, or a file of somebody else's, is left alone.
    init(_ path: String) throws {
        var status = stat()
        var isOther = stat(path, &status) == 0 && status.st_mode & S_IFMT != S_IFREG
        let place = isOther ? path : try Self.named(by: path)
        // Descriptors of processes, as behind /dev/stdout: nothing takes their place, and what they have stays before it.
        if place.hasPrefix("/proc/") { isOther = true }
        self.path = place
        isDirect = isOther
        isFinished = isOther
        // A pipe that nobody reads would be waited for without an end.
        descriptor = isOther
            ? open(place, O_WRONLY | O_APPEND | O_NONBLOCK | O_NOCTTY | O_CLOEXEC) : open(place + ".part", O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o600)
        if descriptor < 0 {
            isFinished = true
            throw CommandError("\(place)\(isOther ? "" : ".part"): \(Self.reason(errno, status))")
        }
        // Writes wait for whoever reads.
        if isOther { _ = fcntl(descriptor, F_SETFL, fcntl(descriptor, F_GETFL) & ~O_NONBLOCK) }
    }

    private static func reason(_ code: Int32, _ status: stat) -> String {
        switch code {
        case EEXIST: "it is there already, perhaps of an export that was broken off; remove it"
        case ENXIO where status.st_mode & S_IFMT == S_IFIFO: "a pipe that nobody reads: start its reader first"
        default: String(cString: strerror(code))
        }
    }

    /// As many as Linux follows.
    private static let linkCountMax = 40

    /// Where a chain of symbolic links ends, whether something is there or not; `path` where it is none.
    private static func named(by path: String) throws(CommandError) -> String {
        var place = path
        for _ in 0...linkCountMax {
            var status = stat()
            guard !place.hasPrefix("/proc/"), lstat(place, &status) == 0, status.st_mode & S_IFMT == S_IFLNK else { return place }
            var bytes = [CChar](repeating: 0, count: Int(PATH_MAX))
            let count = readlink(place, &bytes, bytes.count)
            guard count > 0 else { throw CommandError("\(place): \(String(cString: strerror(errno)))") }
            let target = String(decoding: bytes[..<count].map { UInt8(bitPattern: $0) }, as: UTF8.self)
            let folder = place.lastIndex(of: "/").map { String(place[...$0]) } ?? ""
            place = target.hasPrefix("/") ? target : folder + target
        }
        throw CommandError("\(path): \(String(cString: strerror(ELOOP)))")
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
