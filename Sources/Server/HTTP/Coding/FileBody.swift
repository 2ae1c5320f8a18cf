internal import Glibc

/// A part of a file as the body of an answer: read as it is sent, however often the file is removed meanwhile.
///
/// The connection's thread reads it, which waits for the disk: files that are sent this way lie on a local one.
package final class FileBody: Sendable {
    private let descriptor: Int32
    package let offset: Int64
    package let byteCount: Int64

    /// - Parameter descriptor: open for reading; this object closes it.
    init(descriptor: Int32, offset: Int64, byteCount: Int64) {
        (self.descriptor, self.offset, self.byteCount) = (descriptor, offset, byteCount)
    }

    deinit { close(descriptor) }

    /// A symbolic link is not followed.
    ///
    /// Nil where the file is not there, or is shorter than that.
    package static func open(_ path: String, _ range: Range<Int64>) -> FileBody? {
        let descriptor = Glibc.open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
        guard descriptor >= 0 else { return nil }
        let body = FileBody(descriptor: descriptor, offset: range.lowerBound, byteCount: range.upperBound - range.lowerBound)
        var status = stat()
        guard fstat(descriptor, &status) == 0, Int64(status.st_size) >= range.upperBound else { return nil }
        return body
    }

    /// What lies from `place` of the part on; nil where it cannot be read.
    ///
    /// - Returns: how many bytes were read, at most `target.count`; 0 at the part's end.
    func read(at place: Int64, into target: UnsafeMutableRawBufferPointer) -> Int? {
        let wanted = min(target.count, Int(clamping: byteCount - place))
        guard wanted > 0 else { return 0 }
        while true {
            let count = pread(descriptor, target.baseAddress, wanted, off_t(offset + place))
            if count < 0, errno == EINTR { continue }
            return count > 0 ? count : nil
        }
    }
}
