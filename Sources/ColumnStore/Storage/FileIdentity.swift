internal import CLinux
import Glibc

/// Which file of the system a name or a descriptor leads to, asked without looking at its times.
///
/// `stat` asks for these too, and from Linux 6.13 on each write that follows then gets a time of its own: a commit's `fdatasync` has to write the inode beside the bytes,
/// 105 µs become 147 (docs/decisions/0017-latency.md). So files that are synced all the time are looked at by this.
package struct FileIdentity: Equatable, Sendable {
    private let device: UInt64
    private let number: UInt64

    /// - Returns: nil where the name leads nowhere, or what is there cannot be looked at; `errno` says which.
    package init?(path: UnsafePointer<CChar>) {
        guard let found = Self.look(AT_FDCWD, path) else { return nil }
        self = found.identity
    }

    /// How many names an open file has; nil where the system does not say, which `errno` explains.
    package static func nameCount(of descriptor: Int32) -> Int? { look(descriptor, "")?.nameCount }

    private init(device: UInt64, number: UInt64) { (self.device, self.number) = (device, number) }

    private static func look(_ descriptor: Int32, _ path: UnsafePointer<CChar>) -> (identity: FileIdentity, nameCount: Int)? {
        var (device, number, nameCount): (UInt64, UInt64, UInt32) = (0, 0, 0)
        if till_look_at_file(descriptor, path, &device, &number, &nameCount) == 0 { return (FileIdentity(device: device, number: number), Int(nameCount)) }
        // An old kernel, or a filter of system calls that does not know this one.
        guard errno == ENOSYS || errno == EPERM else { return nil }
        var status = stat()
        guard (path.pointee == 0 ? fstat(descriptor, &status) : stat(path, &status)) == 0 else { return nil }
        return (FileIdentity(device: UInt64(status.st_dev), number: UInt64(status.st_ino)), Int(status.st_nlink))
    }
}
