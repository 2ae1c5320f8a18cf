import ColumnStore
import Glibc

/// Finds keys that come more than once among more of them than fit into memory.
///
/// Keys are dealt into parts by their hash; each part is sorted by itself at the end. Past `memoryCountMax` the parts lie in temporary
/// files without names, 24 bytes a key.
///
/// 1. Equal keys are always in the same part.
/// 2. Before the first spill every key is in memory; afterwards a part's keys are in its file but for the last few.
final class RepeatFinder {
    /// 24 bytes, written as they lie in memory: no other process reads them.
    struct Key {
        var high: UInt64
        var low: UInt64
        /// Where it was seen: the caller's number.
        var place: UInt64
    }

    private static let partCount = 64
    /// 48 MB.
    private static let memoryCountMax = 2_000_000
    private static let bufferCount = 4_096

    private var parts = [[Key]](repeating: [], count: RepeatFinder.partCount)
    private var files: [Int32] = []
    private var count = 0
    private let directory: String

    init(directory: String) { self.directory = directory }

    deinit { for file in files { close(file) } }

    /// - Complexity: O(1), and now and then a write of 96 KiB.
    func insert(_ key: Key) throws {
        // The upper six bits of a product with an odd constant depend on all bits of the key: 64 parts of about one size.
        let part = Int(((key.high ^ key.low) &* 0x9E37_79B9_7F4A_7C15) >> 58)
        parts[part].append(key)
        count += 1
        if files.isEmpty {
            if count > Self.memoryCountMax { try spillAll() }
        } else if parts[part].count >= Self.bufferCount {
            try spill(part)
        }
    }

    private func spillAll() throws {
        for part in 0..<Self.partCount {
            let path = "\(directory)/till-verify-\(getpid())-\(part)"
            let file = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
            guard file >= 0 else { throw DataDirectory.Failure.io(operation: "create", path: path, code: errno) }
            // Without a name it goes with the process, however that ends.
            _ = FileRemoval.remove(path, .temporary)
            files.append(file)
        }
        for part in 0..<Self.partCount { try spill(part) }
    }

    private func spill(_ part: Int) throws {
        try parts[part].withUnsafeBytes { bytes in
            var done = 0
            while done < bytes.count {
                // Safe: the source starts inside the buffer, since done is below its count.
                let written = write(files[part], bytes.baseAddress! + done, bytes.count - done)
                if written < 0, errno == EINTR { continue }
                guard written > 0 else { throw DataDirectory.Failure.io(operation: "write", path: directory, code: errno) }
                done += written
            }
        }
        parts[part].removeAll(keepingCapacity: true)
    }

    /// Hands out each pair of neighbours with the same key.
    ///
    /// Parts are read and sorted one by one, so memory holds a 64th of the keys. Of three equal keys two pairs are reported. The keys are gone
    /// afterwards.
    func forEachRepeat(_ body: (_ first: Key, _ second: Key) -> Void) throws {
        for part in 0..<Self.partCount {
            var keys = parts[part]
            if !files.isEmpty {
                let byteCount = Int(lseek(files[part], 0, SEEK_END))
                let bytes = try RawFile.read(files[part], at: 0, count: byteCount, directory)
                bytes.withUnsafeBytes { keys.append(contentsOf: $0.bindMemory(to: Key.self)) }
            }
            parts[part] = []
            keys.sort { ($0.high, $0.low, $0.place) < ($1.high, $1.low, $1.place) }
            for (first, second) in zip(keys, keys.dropFirst()) where first.high == second.high && first.low == second.low {
                body(first, second)
            }
        }
    }
}
