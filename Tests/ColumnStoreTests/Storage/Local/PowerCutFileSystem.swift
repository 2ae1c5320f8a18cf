import ColumnStore
import Foundation
import Synchronization

/// The machine's file system with a switch: after a number of calls it fails each one, as at a crash, and can then write down
/// what a power cut would leave behind at worst: synced bytes under names whose directory was synced.
///
/// What was there before the first call counts as durable only if it was made through this object.
final class PowerCutFileSystem: FileSystemCalls {
    private struct Node {
        var bytes: [UInt8] = []
        var syncedCount = 0
    }
    private struct State {
        var callsLeft = Int.max
        var callCount = 0
        var log: [String] = []
        var nodes: [Node] = []
        var open: [Int32: Int] = [:]
        var names: [String: Int] = [:]
        var durableNames: [String: Int] = [:]
        var directories: Set<String> = []
        var durableDirectories: Set<String> = []
    }
    private let state = Mutex(State())
    private let system = LinuxFileSystem()

    /// The calls so far, in words.
    var log: [String] { state.withLock { $0.log } }
    var callCount: Int { state.withLock { $0.callCount } }

    /// Lets `count` more calls through, then fails each.
    func fail(after count: Int) {
        state.withLock { $0.callsLeft = count }
    }

    private func step(_ words: String) throws(FileSystemFault) {
        let goesOn = state.withLock { state in
            guard state.callsLeft > 0 else { return false }
            state.callsLeft -= 1
            state.callCount += 1
            state.log.append(words)
            return true
        }
        if !goesOn { throw FileSystemFault(operation: "power", code: EIO) }
    }

    private static func name(_ path: String) -> String { String(path.split(separator: "/").last ?? "") }

    func create(_ path: String) throws(FileSystemFault) -> Int32 {
        try step("create \(Self.name(path))")
        let descriptor = try system.create(path)
        state.withLock { state in
            state.nodes.append(Node())
            state.open[descriptor] = state.nodes.count - 1
            state.names[path] = state.nodes.count - 1
        }
        return descriptor
    }

    func write(_ descriptor: Int32, _ bytes: RawSpan) throws(FileSystemFault) {
        try step("write")
        try system.write(descriptor, bytes)
        let copy = bytes.withUnsafeBytes { Array($0) }
        state.withLock { state in
            if let node = state.open[descriptor] { state.nodes[node].bytes += copy }
        }
    }

    func synchronize(_ descriptor: Int32) throws(FileSystemFault) {
        try step("fsync")
        state.withLock { state in
            if let node = state.open[descriptor] { state.nodes[node].syncedCount = state.nodes[node].bytes.count }
        }
    }

    func close(_ descriptor: Int32) {
        system.close(descriptor)
        state.withLock { _ = $0.open.removeValue(forKey: descriptor) }
    }

    func link(_ source: String, _ target: String) throws(FileSystemFault) {
        try step("link \(Self.name(target))")
        try system.link(source, target)
        state.withLock { $0.names[target] = $0.names[source] }
    }

    func rename(_ source: String, _ target: String) throws(FileSystemFault) {
        try step("rename \(Self.name(target))")
        try system.rename(source, target)
        state.withLock { $0.names[target] = $0.names.removeValue(forKey: source) }
    }

    func unlink(_ path: String, _ proof: RemovalProof) throws(FileSystemFault) {
        try step("unlink \(Self.name(path))")
        try system.unlink(path, proof)
        state.withLock { _ = $0.names.removeValue(forKey: path) }
    }

    func makeDirectory(_ path: String) throws(FileSystemFault) {
        try step("mkdir \(Self.name(path))")
        try system.makeDirectory(path)
        state.withLock { _ = $0.directories.insert(path) }
    }

    func synchronizeDirectory(_ path: String) throws(FileSystemFault) {
        try step("fsync directory \(Self.name(path))")
        state.withLock { state in
            let prefix = path + "/"
            func isInside(_ name: String) -> Bool {
                name.hasPrefix(prefix) && !name.dropFirst(prefix.count).contains("/")
            }
            for name in state.durableNames.keys where isInside(name) { state.durableNames[name] = nil }
            for (name, node) in state.names where isInside(name) { state.durableNames[name] = node }
            for directory in state.directories where isInside(directory) { state.durableDirectories.insert(directory) }
        }
    }

    /// Writes what a power cut at this moment would leave of everything below `root` to `target`.
    func writeSurvivors(of root: String, to target: String) throws {
        let (names, nodes, lost) = state.withLock { state in
            (state.durableNames, state.nodes, state.directories.subtracting(state.durableDirectories))
        }
        try FileManager.default.createDirectory(atPath: target, withIntermediateDirectories: true)
        for (path, node) in names where path.hasPrefix(root + "/") {
            if lost.contains(where: { path.hasPrefix($0 + "/") && $0.hasPrefix(root + "/") }) { continue }
            let copy = target + path.dropFirst(root.count)
            let directory = copy[..<(copy.lastIndex(of: "/") ?? copy.endIndex)]
            try FileManager.default.createDirectory(atPath: String(directory), withIntermediateDirectories: true)
            let node = nodes[node]
            try Data(node.bytes[..<node.syncedCount]).write(to: URL(fileURLWithPath: copy))
        }
    }
}
