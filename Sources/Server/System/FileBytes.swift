package import Glibc

/// Small whole files: configuration, keys, certificates.
///
/// The calling thread waits for the disk; calls that a signal interrupts are made again.
package enum FileBytes {
    /// `what` says the operation and the path; `code` is `errno`, 0 where the system said nothing.
    package struct Failure: Error, CustomStringConvertible {
        package let what: String
        package let code: Int32
        package var description: String { code == 0 ? what : "\(what): \(String(cString: strerror(code)))" }
    }

    /// - Parameter byteCountMax: read to its end, for `/proc` tells no sizes; never more is held than this.
    /// - Throws: `Failure` where it cannot be opened or read, or is longer.
    package static func read(_ path: String, byteCountMax: Int) throws -> [UInt8] {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw Failure(what: "open \(path)", code: errno) }
        defer { close(descriptor) }
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 64 << 10)
        while true {
            let count = Glibc.read(descriptor, &buffer, buffer.count)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw Failure(what: "read \(path)", code: errno) }
            if count == 0 { return bytes }
            guard bytes.count + count <= byteCountMax else { throw Failure(what: "\(path) is over \(byteCountMax) bytes", code: 0) }
            bytes.append(contentsOf: buffer[..<count])
        }
    }

    /// Writes and syncs a new file, or one that replaces what was there.
    ///
    /// In place: a crash in between leaves a part of it. Whoever must not see one writes aside and renames.
    ///
    /// - Parameter mode: set whatever the umask says, and before the first byte is there.
    package static func write(_ bytes: [UInt8], to path: String, mode: mode_t) throws {
        let descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode)
        guard descriptor >= 0 else { throw Failure(what: "create \(path)", code: errno) }
        defer { close(descriptor) }
        guard fchmod(descriptor, mode) == 0 else { throw Failure(what: "chmod \(path)", code: errno) }
        var written = 0
        while written < bytes.count {
            let count = bytes[written...].withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw Failure(what: "write \(path)", code: errno) }
            written += count
        }
        guard fsync(descriptor) == 0 else { throw Failure(what: "fsync \(path)", code: errno) }
    }

    /// Makes names durable that were made, changed or taken away in it.
    package static func syncDirectory(_ path: String) throws {
        let descriptor = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw Failure(what: "open \(path)", code: errno) }
        defer { close(descriptor) }
        guard fsync(descriptor) == 0 else { throw Failure(what: "fsync \(path)", code: errno) }
    }
}
