import Foundation

/// The most memory that this process has had resident.
package enum PeakMemory {
    /// Forgets what the process took before, for other tests.
    ///
    /// - Returns: what it has now, in bytes.
    package static func reset() throws -> Int {
        guard let file = FileHandle(forWritingAtPath: "/proc/self/clear_refs") else { throw POSIXError(.EACCES) }
        try file.write(contentsOf: Array("5".utf8))
        try file.close()
        return try byteCount()
    }

    package static func byteCount() throws -> Int {
        let status = try String(contentsOfFile: "/proc/self/status", encoding: .utf8)
        let line = status.split(separator: "\n").first { $0.hasPrefix("VmHWM:") }
        guard let number = line?.split(separator: " ").compactMap({ Int($0) }).first else { throw POSIXError(.EIO) }
        return number * 1_024
    }
}
