import Glibc

/// Who has the lock of a file, as Linux tells it (proc(5), /proc/locks): for messages alone. In another namespace it may tell of nobody.
enum LockHolders {
    /// What is read of the list.
    private static let byteCountMax = 1 << 20

    /// Processes but this one that have the file of a descriptor flock'ed together with others.
    static func readers(of descriptor: Int32) -> [Int32] {
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { return [] }
        return readers(inode: UInt64(status.st_ino), in: list()).filter { $0 != getpid() }
    }

    /// - Parameter list: lines as `3: FLOCK  ADVISORY  READ 4711 08:02:1048622 0 EOF`; `->` stands before the second word of who waits.
    static func readers(inode: UInt64, in list: String) -> [Int32] {
        var found: Set<Int32> = []
        for line in list.split(separator: "\n") {
            let words = line.split(separator: " ")
            guard words.count >= 6, words[1] == "FLOCK", words[3] == "READ", words[5].hasSuffix(":\(inode)"), let process = Int32(words[4]), process > 0 else { continue }
            found.insert(process)
        }
        return found.sorted()
    }

    private static func list() -> String {
        let descriptor = open("/proc/locks", O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return "" }
        defer { close(descriptor) }
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 64 << 10)
        while bytes.count < byteCountMax {
            let count = read(descriptor, &buffer, buffer.count)
            guard count > 0 else { break }
            bytes += buffer[..<count]
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
