import ColumnStore
import Foundation
import Synchronization

@testable import Documents
@testable import Ingest

/// Records every write, sync and change of a name below a directory, of SQLite's files and of cold ones, and makes images of what a power
/// cut might leave at any point of it.
///
/// The disk it plays keeps what was synced before the cut, and of everything after that anything: each write whole, torn at any sector, or
/// not at all, in any combination; of the changes of names in a directory since it was last synced the first few.
final class DiskRecorder: FileObserver, FileSystemCalls {
    enum Operation {
        case create(String)
        case write(String, offset: Int, [UInt8])
        case truncate(String, Int)
        case synchronize(String)
        case link(String, String)
        case rename(String, String)
        case unlink(String)
        case synchronizeDirectory(String)
        case acknowledge(String)
    }

    private struct State {
        var operations: [Operation] = []
        var names: Set<String> = []
        /// Logs and journals whose directory SQLite syncs with their first sync.
        var fresh: Set<String> = []
        var open: [Int32: (path: String, offset: Int)] = [:]
    }

    private let root: String
    private let state = Mutex(State())
    private let system = LinuxFileSystem()

    init(root: String) { self.root = root }

    var operations: [Operation] { state.withLock { $0.operations } }

    func acknowledge(_ id: String) { state.withLock { $0.operations.append(.acknowledge(id)) } }

    /// What other calls did.
    func note(_ operations: [Operation]) { state.withLock { $0.operations += operations } }

    private func record(_ operation: Operation) { state.withLock { $0.operations.append(operation) } }
    private func isOurs(_ path: String) -> Bool { path.hasPrefix(root) && !path.hasSuffix("-shm") }

    // MARK: SQLite's files

    func opened(_ path: String) {
        guard isOurs(path) else { return }
        state.withLock { state in
            guard state.names.insert(path).inserted else { return }
            state.operations.append(.create(path))
            if path.hasSuffix("-wal") || path.hasSuffix("-journal") { state.fresh.insert(path) }
        }
    }

    func willRead(_ path: String, offset: Int64, count: Int) -> FileRefusal? { nil }

    func willWrite(_ path: String, offset: Int64, _ bytes: UnsafeRawBufferPointer) -> FileRefusal? {
        guard isOurs(path) else { return nil }
        // Block by block, as the system may write them back: a commit's frames come in one call. Of the zeros ahead of a log, which come in
        // pieces as large, it does not matter how much is there.
        let blockByteCount = bytes.count < 64 << 10 ? 4_096 : bytes.count
        var start = 0
        while start < bytes.count {
            let end = min(bytes.count, start + blockByteCount - (Int(offset) + start) % blockByteCount)
            record(.write(path, offset: Int(offset) + start, Array(bytes[start..<end])))
            start = end
        }
        return nil
    }

    func willTruncate(_ path: String, byteCount: Int64) -> FileRefusal? {
        if isOurs(path) { record(.truncate(path, Int(byteCount))) }
        return nil
    }

    func willSynchronize(_ path: String) -> FileRefusal? {
        guard isOurs(path) else { return nil }
        state.withLock { state in
            state.operations.append(.synchronize(path))
            if state.fresh.remove(path) != nil { state.operations.append(.synchronizeDirectory(Self.parent(path))) }
        }
        return nil
    }

    func deleted(_ path: String, isDurable: Bool) {
        guard isOurs(path) else { return }
        state.withLock { state in
            state.names.remove(path)
            state.operations.append(.unlink(path))
            if isDurable { state.operations.append(.synchronizeDirectory(Self.parent(path))) }
        }
    }

    func synchronizedDirectory(_ path: String) { if path.hasPrefix(root) { record(.synchronizeDirectory(path)) } }

    // MARK: Cold files

    func create(_ path: String) throws(FileSystemFault) -> Int32 {
        let descriptor = try system.create(path)
        state.withLock { state in
            state.open[descriptor] = (path, 0)
            state.operations.append(.create(path))
        }
        return descriptor
    }

    func write(_ descriptor: Int32, _ bytes: RawSpan) throws(FileSystemFault) {
        let copy = bytes.withUnsafeBytes { Array($0) }
        state.withLock { state in
            guard let (path, offset) = state.open[descriptor] else { return }
            state.operations.append(.write(path, offset: offset, copy))
            state.open[descriptor] = (path, offset + copy.count)
        }
        try system.write(descriptor, bytes)
    }

    func synchronize(_ descriptor: Int32) throws(FileSystemFault) {
        try system.synchronize(descriptor)
        state.withLock { state in if let (path, _) = state.open[descriptor] { state.operations.append(.synchronize(path)) } }
    }

    func close(_ descriptor: Int32) {
        system.close(descriptor)
        state.withLock { _ = $0.open.removeValue(forKey: descriptor) }
    }

    func link(_ source: String, _ target: String) throws(FileSystemFault) {
        try system.link(source, target)
        record(.link(source, target))
    }

    func rename(_ source: String, _ target: String) throws(FileSystemFault) {
        try system.rename(source, target)
        record(.rename(source, target))
    }

    func unlink(_ path: String, _ proof: RemovalProof) throws(FileSystemFault) {
        try system.unlink(path, proof)
        record(.unlink(path))
    }

    func makeDirectory(_ path: String) throws(FileSystemFault) { try system.makeDirectory(path) }

    func synchronizeDirectory(_ path: String) throws(FileSystemFault) {
        try system.synchronizeDirectory(path)
        record(.synchronizeDirectory(path))
    }

    static func parent(_ path: String) -> String { (path as NSString).deletingLastPathComponent }
}

/// A disk in the middle of what was recorded.
struct DiskImage {
    private final class File {
        var durable: [UInt8] = []
        var pending: [DiskRecorder.Operation] = []

        static func apply(_ operation: DiskRecorder.Operation, to bytes: inout [UInt8], keeping isKept: (Int) -> Bool = { _ in true }) {
            switch operation {
            case .write(_, let offset, let new):
                for start in stride(from: 0, to: new.count, by: 512) where isKept(start / 512) {
                    let end = min(start + 512, new.count)
                    if bytes.count < offset + end { bytes += [UInt8](repeating: 0, count: offset + end - bytes.count) }
                    bytes.replaceSubrange(offset + start..<offset + end, with: new[start..<end])
                }
            case .truncate(_, let count):
                if bytes.count > count { bytes.removeLast(bytes.count - count) }
                if bytes.count < count { bytes += [UInt8](repeating: 0, count: count - bytes.count) }
            default: break
            }
        }
    }

    private enum NameChange { case set(String, Int), remove(String) }

    private var files: [File] = []
    private var names: [String: Int] = [:]
    private var durableNames: [String: Int] = [:]
    private var pendingNames: [String: [NameChange]] = [:]
    /// What was acknowledged before the cut.
    private(set) var acknowledged: [String] = []

    init(_ operations: some Sequence<DiskRecorder.Operation>) {
        for operation in operations { take(operation) }
    }

    private mutating func take(_ operation: DiskRecorder.Operation) {
        switch operation {
        case .create(let path):
            files.append(File())
            set(path, files.count - 1)
        case .write(let path, _, _), .truncate(let path, _): if let file = names[path] { files[file].pending.append(operation) }
        case .synchronize(let path):
            guard let file = names[path] else { return }
            for operation in files[file].pending { File.apply(operation, to: &files[file].durable) }
            files[file].pending = []
        case .link(let source, let target): if let file = names[source] { set(target, file) }
        case .rename(let source, let target):
            guard let file = names[source] else { return }
            set(target, file)
            remove(source)
        case .unlink(let path): remove(path)
        case .synchronizeDirectory(let path):
            for change in pendingNames.removeValue(forKey: path) ?? [] { Self.apply(change, to: &durableNames) }
        case .acknowledge(let id): acknowledged.append(id)
        }
    }

    private mutating func set(_ path: String, _ file: Int) {
        names[path] = file
        pendingNames[DiskRecorder.parent(path), default: []].append(.set(path, file))
    }

    private mutating func remove(_ path: String) {
        names[path] = nil
        pendingNames[DiskRecorder.parent(path), default: []].append(.remove(path))
    }

    private static func apply(_ change: NameChange, to names: inout [String: Int]) {
        switch change {
        case .set(let path, let file): names[path] = file
        case .remove(let path): names[path] = nil
        }
    }

    /// Writes one of the states that the disk may be in, chosen by `random`.
    func write(from root: String, to target: String, using random: inout some RandomNumberGenerator) throws {
        var names = durableNames
        for (_, changes) in pendingNames.sorted(by: { $0.key < $1.key }) {
            for change in changes.prefix(Int.random(in: 0...changes.count, using: &random)) { Self.apply(change, to: &names) }
        }
        for directory in ["", "/hot", "/warehouse"] {
            try FileManager.default.createDirectory(atPath: target + directory, withIntermediateDirectories: true)
        }
        // Written at the very first start, before anything else.
        try Data("\(DataDirectory.format)\n".utf8).write(to: URL(filePath: target + "/FORMAT"))
        for (path, file) in names.sorted(by: { $0.key < $1.key }) {
            let copy = target + path.dropFirst(root.count)
            try FileManager.default.createDirectory(atPath: DiskRecorder.parent(copy), withIntermediateDirectories: true)
            try Data(bytes(files[file], using: &random)).write(to: URL(filePath: copy))
        }
    }

    private func bytes(_ file: File, using random: inout some RandomNumberGenerator) -> [UInt8] {
        var bytes = file.durable
        // Nothing of it, all of it, or each write by itself: whole, torn or lost.
        switch Int.random(in: 0..<4, using: &random) {
        case 0: break
        case 1: for operation in file.pending { File.apply(operation, to: &bytes) }
        default:
            for operation in file.pending {
                switch Int.random(in: 0..<4, using: &random) {
                case 0: break
                case 1:
                    let cut = Int.random(in: 0..<8, using: &random)
                    let isFront = Bool.random(using: &random)
                    File.apply(operation, to: &bytes) { ($0 < cut) == isFront }
                default: File.apply(operation, to: &bytes)
                }
            }
        }
        return bytes
    }
}
