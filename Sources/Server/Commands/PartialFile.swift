internal import ColumnStore
import Glibc
internal import Ingest

/// A file that takes its place once it is whole: until then it lies beside it, as `FILE.part`.
///
/// What is there and no file, as /dev/null or a pipe, is written to as it is: a file in its place would be another thing of that name. So is a descriptor of
/// this process, as /dev/stdout and /dev/fd/3 name one, by itself: of a file that lies behind it, opened once more, one would write over what the other wrote.
final class PartialFile {
    private let path: String
    private let descriptor: Int32
    /// What is written has its place at once, as whoever reads a pipe has it.
    let isDirect: Bool
    var isTerminal: Bool { isatty(descriptor) == 1 }
    private var hash = SHA256()
    /// Nothing lies aside.
    private var isFinished = false
    private var aside: String { path + ".part" }

    /// What a symbolic link names is written, and the link stays. A link at `FILE.part`, or a file of somebody else's, is left alone.
    ///
    /// - Parameter asItComes: a file is emptied at once, and has what is written so far, as a log has; nothing lies aside.
    init(_ path: String, asItComes: Bool = false) throws {
        let (place, own) = try Self.named(by: path)
        var status = stat()
        // Descriptors of other processes, too: nothing takes their place, and what they have stays before it.
        let isOther = own != nil || stat(place, &status) == 0 && status.st_mode & S_IFMT != S_IFREG || place.hasPrefix("/proc/")
        self.path = place
        isDirect = isOther || asItComes
        isFinished = isDirect
        if let own {
            descriptor = fcntl(own, F_DUPFD_CLOEXEC, 0)
        } else if isOther {
            // A pipe that nobody reads would be waited for without an end.
            descriptor = open(place, O_WRONLY | O_APPEND | O_NONBLOCK | O_NOCTTY | O_CLOEXEC)
        } else if asItComes {
            descriptor = open(place, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
        } else {
            descriptor = open(place + ".part", O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o600)
        }
        if descriptor < 0 {
            isFinished = true
            throw CommandError("\(place)\(isDirect ? "" : ".part"): \(Self.reason(errno, status))")
        }
        // Writes wait for whoever reads.
        if isOther, own == nil { _ = fcntl(descriptor, F_SETFL, fcntl(descriptor, F_GETFL) & ~O_NONBLOCK) }
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

    /// Where a chain of symbolic links ends, whether something is there or not, `path` where it is none; and the descriptor of this process that it names.
    private static func named(by path: String) throws(CommandError) -> (place: String, descriptor: Int32?) {
        var place = path
        for _ in 0...linkCountMax {
            if let own = descriptor(at: place) { return (place: place, descriptor: own) }
            var status = stat()
            guard !place.hasPrefix("/proc/"), lstat(place, &status) == 0, status.st_mode & S_IFMT == S_IFLNK else { return (place: place, descriptor: nil) }
            var bytes = [CChar](repeating: 0, count: Int(PATH_MAX))
            let count = readlink(place, &bytes, bytes.count)
            guard count > 0 else { throw CommandError("\(place): \(String(cString: strerror(errno)))") }
            let target = String(decoding: bytes[..<count].map { UInt8(bitPattern: $0) }, as: UTF8.self)
            let folder = place.lastIndex(of: "/").map { String(place[...$0]) } ?? ""
            place = target.hasPrefix("/") ? target : folder + target
        }
        throw CommandError("\(path): \(String(cString: strerror(ELOOP)))")
    }

    /// The number at the end of /proc/self/fd/1, /proc/42/fd/1 of this process, and /dev/fd/1, whose folder is a link to the first; nil of any other path.
    private static func descriptor(at place: String) -> Int32? {
        let name = place.split(separator: "/").last.map(String.init) ?? ""
        guard let number = Int32(name), number >= 0, name == String(number), let folder = realpath(String(place.dropLast(name.count)), nil) else { return nil }
        defer { free(folder) }
        let words = String(cString: folder).split(separator: "/")
        // A thread's own are the same: /proc/42/task/43/fd.
        return words.starts(with: ["proc", "\(getpid())"]) && words.last == "fd" ? number : nil
    }

    deinit {
        if descriptor >= 0 { close(descriptor) }
        if !isFinished { _ = FileRemoval.remove(path + ".part", .temporary) }
    }

    func write(_ bytes: ArraySlice<UInt8>) throws {
        hash.update(Array(bytes).span.bytes)
        if let code = SharedDescriptor.write(bytes, to: descriptor) { throw CommandError("\(path): \(String(cString: strerror(code)))") }
    }

    /// Whoever may read the file that was there may read the next one: who writes into a file leaves that as it is. A new one is its owner's alone.
    private func takeRights() {
        var status = stat()
        guard stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { return }
        // Owners are given away by root alone. Where the file was another's it stays this one's alone: its group would be another one.
        guard fchown(descriptor, status.st_uid, status.st_gid) == 0 else { return }
        _ = fchmod(descriptor, status.st_mode & 0o777)
    }

    /// - Parameter sha256: in hexadecimal digits.
    func finish(sha256: String?) throws {
        let own = hash.finalize().map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
        guard sha256 == nil || own == sha256 else { throw CommandError("the file came altered: its hash is not the one that the server has") }
        // It has its place already.
        if isDirect { return }
        takeRights()
        guard fsync(descriptor) == 0, rename(aside, path) == 0 else { throw CommandError("\(path): \(String(cString: strerror(errno)))") }
        isFinished = true
        // With the folder, its name: what a crash of the machine takes is not in its place.
        do { try DataDirectory.synchronizeDirectory(folder) } catch {
            // The file is whole: that its folder may be written to and not read, or is of a file system that syncs none, is nothing that whoever asked for it can mend.
            if case DataDirectory.Failure.io(_, _, let code) = error, [EACCES, EPERM, EINVAL, ENOTSUP].contains(code) { return }
            throw CommandError("\(path): it is there, and a crash of the machine may take it: \(error)")
        }
    }

    private var folder: String {
        guard let slash = path.lastIndex(of: "/") else { return "." }
        return slash == path.startIndex ? "/" : String(path[..<slash])
    }
}
