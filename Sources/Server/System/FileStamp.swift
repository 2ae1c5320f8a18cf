internal import Glibc

/// Tells whether a file is another than before, also behind a symbolic link that was turned.
///
/// The time of its entry's last change is among it: who may read a file can change without a byte of it.
///
/// Equal stamps are taken for the same content: a file that is written again within one tick of its file system's clock, with as many bytes, is not noticed.
package struct FileStamp: Sendable, Equatable {
    private let device: dev_t
    private let inode: ino_t
    private let byteCount: off_t
    private let seconds: Int
    private let nanoseconds: Int
    private let entrySeconds: Int
    private let entryNanoseconds: Int

    /// Nil when there is no such file, or it cannot be seen.
    package init?(path: String) {
        var status = stat()
        guard stat(path, &status) == 0 else { return nil }
        device = status.st_dev
        inode = status.st_ino
        byteCount = status.st_size
        seconds = status.st_mtim.tv_sec
        nanoseconds = status.st_mtim.tv_nsec
        entrySeconds = status.st_ctim.tv_sec
        entryNanoseconds = status.st_ctim.tv_nsec
    }
}
