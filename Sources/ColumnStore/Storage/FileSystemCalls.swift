import Glibc

/// The system calls that change files: the seam at which tests of crashes and full disks take the file system's place.
///
/// Any thread may call. A `write` that throws may have written a part.
public protocol FileSystemCalls: Sendable {
    /// Opens a file that must not exist yet, for writing.
    func create(_ path: String) throws(FileSystemFault) -> Int32
    /// Appends all of `bytes`.
    func write(_ descriptor: Int32, _ bytes: RawSpan) throws(FileSystemFault)
    /// Makes a file's content and length durable.
    func synchronize(_ descriptor: Int32) throws(FileSystemFault)
    func close(_ descriptor: Int32)
    /// Gives a file a second name, which must be free.
    func link(_ source: String, _ target: String) throws(FileSystemFault)
    /// Gives a file another name, in place of the file that has it.
    func rename(_ source: String, _ target: String) throws(FileSystemFault)
    /// Takes a name away; the proof says why nothing needs it.
    func unlink(_ path: String, _ proof: RemovalProof) throws(FileSystemFault)
    /// Makes one directory; one that is there already is no error.
    func makeDirectory(_ path: String) throws(FileSystemFault)
    /// Makes the names in a directory durable.
    func synchronizeDirectory(_ path: String) throws(FileSystemFault)
}

/// The file system of the machine.
public struct LinuxFileSystem: FileSystemCalls {
    public init() {}

    public func create(_ path: String) throws(FileSystemFault) -> Int32 {
        let descriptor = Glibc.open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw FileSystemFault(operation: "create", code: errno) }
        return descriptor
    }

    public func write(_ descriptor: Int32, _ bytes: RawSpan) throws(FileSystemFault) {
        try bytes.withUnsafeBytes { (buffer) throws(FileSystemFault) in
            var offset = 0
            while offset < buffer.count {
                // Safe: the slice starts inside the buffer, since offset is below its count.
                let written = Glibc.write(descriptor, buffer.baseAddress! + offset, buffer.count - offset)
                if written < 0 {
                    if errno == EINTR { continue }
                    throw FileSystemFault(operation: "write", code: errno)
                }
                offset += written
            }
        }
    }

    public func synchronize(_ descriptor: Int32) throws(FileSystemFault) {
        // Not repeated after an error: the kernel may have dropped the dirty pages and would answer success.
        guard fsync(descriptor) == 0 else { throw FileSystemFault(operation: "fsync", code: errno) }
    }

    public func close(_ descriptor: Int32) {
        _ = Glibc.close(descriptor)
    }

    public func link(_ source: String, _ target: String) throws(FileSystemFault) {
        guard Glibc.link(source, target) == 0 else { throw FileSystemFault(operation: "link", code: errno) }
    }

    public func rename(_ source: String, _ target: String) throws(FileSystemFault) {
        guard Glibc.rename(source, target) == 0 else { throw FileSystemFault(operation: "rename", code: errno) }
    }

    public func unlink(_ path: String, _ proof: RemovalProof) throws(FileSystemFault) {
        let code = FileRemoval.remove(path, proof)
        guard code == 0 else { throw FileSystemFault(operation: "unlink", code: code) }
    }

    public func makeDirectory(_ path: String) throws(FileSystemFault) {
        guard mkdir(path, 0o700) == 0 || errno == EEXIST else {
            throw FileSystemFault(operation: "mkdir", code: errno)
        }
    }

    public func synchronizeDirectory(_ path: String) throws(FileSystemFault) {
        let descriptor = Glibc.open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw FileSystemFault(operation: "open directory", code: errno) }
        defer { _ = Glibc.close(descriptor) }
        guard fsync(descriptor) == 0 else { throw FileSystemFault(operation: "fsync directory", code: errno) }
    }
}
