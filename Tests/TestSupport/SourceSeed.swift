import Foundation
import Synchronization

/// A seed that the sources themselves give: each change of them meets cases that nobody has seen, and one state of them gives the same
/// result on every machine, so that a red run is red again.
public enum SourceSeed {
    /// The hash (FNV-1a, 64 bits) of names and bytes of all Swift and Python files under these folders of the project, in the order of their names.
    ///
    /// - Precondition: there is such a file; a folder that moved must not silently make the seed a constant.
    public static func of(_ folders: String...) -> UInt64 { of(all: folders) }

    /// Seeds of histories: one, which the sources give; with `TILL_HISTORIES` so many. Those that are the same each time find no more the second time: so each
    /// change of the sources has a history that nobody has seen, and over the changes there are more than a list has.
    public static func histories(_ folders: String...) -> [UInt64] {
        let count = ProcessInfo.processInfo.environment["TILL_HISTORIES"].flatMap { UInt64($0) } ?? 1, first = of(all: folders)
        return (0..<count).map { first &+ $0 }
    }

    private static func of(all folders: [String]) -> UInt64 {
        known.withLock { known in
            if let hash = known[folders] { return hash }
            let hash = computed(folders)
            known[folders] = hash
            return hash
        }
    }

    /// The sources of a run are the same for all its tests.
    private static let known = Mutex<[[String]: UInt64]>([:])

    private static func computed(_ folders: [String]) -> UInt64 {
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        // By places in memory: these are millions of bytes, and tests are built without optimization.
        func mix(_ content: Data) {
            content.withUnsafeBytes { bytes in
                var place = 0
                while place < bytes.count {
                    hash = (hash ^ UInt64(bytes[place])) &* 0x100_0000_01B3
                    place &+= 1
                }
            }
        }
        for folder in folders {
            let names = files(below: folder)
            precondition(!names.isEmpty, "no sources in \(folder)")
            for name in names {
                guard let content = try? Data(contentsOf: Project.root.appendingPathComponent(name)) else { preconditionFailure("cannot read \(name)") }
                for part in [Data(name.utf8), Data([0]), content, Data([0])] { mix(part) }
            }
        }
        return hash
    }

    /// Paths from the project's root, sorted by bytes.
    private static func files(below folder: String) -> [String] {
        let all = FileManager.default.enumerator(atPath: Project.root.appendingPathComponent(folder).path)?.compactMap { $0 as? String } ?? []
        return all.filter { $0.hasSuffix(".swift") || $0.hasSuffix(".py") }.map { folder + "/" + $0 }
            .sorted { Array($0.utf8).lexicographicallyPrecedes(Array($1.utf8)) }
    }
}
