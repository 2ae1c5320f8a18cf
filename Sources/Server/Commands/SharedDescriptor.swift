import Glibc

/// Reads and writes of a descriptor that other processes have, too: one of them may have set it not to block, and what is not taken at once must not be lost.
enum SharedDescriptor {
    /// Writes all of it.
    ///
    /// - Returns: why it could not be written to its end, as `errno`; nil where it was.
    static func write(_ bytes: ArraySlice<UInt8>, to descriptor: Int32) -> Int32? {
        var written = 0
        while written < bytes.count {
            let count = bytes.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress.map { $0 + written }, $0.count - written) }
            if count > 0 { written += count } else if let code = fault(waitingFor: POLLOUT, of: descriptor) { return code }
        }
        return nil
    }

    /// Of standard input: how much came, 0 at the end. Waits where there is nothing yet.
    static func readInput(into buffer: inout [UInt8]) throws(CommandError) -> Int {
        while true {
            let count = read(STDIN_FILENO, &buffer, buffer.count)
            if count >= 0 { return count }
            if let code = fault(waitingFor: POLLIN, of: STDIN_FILENO) { throw CommandError("standard input: \(String(cString: strerror(code)))") }
        }
    }

    /// What the last call failed with; nil where it is to be tried again.
    private static func fault(waitingFor event: Int32, of descriptor: Int32) -> Int32? {
        let code = errno
        if code == EAGAIN {
            var waited = pollfd(fd: descriptor, events: Int16(truncatingIfNeeded: event), revents: 0)
            _ = poll(&waited, 1, -1)
            return nil
        }
        return code == EINTR ? nil : code
    }
}
