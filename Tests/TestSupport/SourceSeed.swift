import Foundation

/// A seed that the sources themselves give: each change of them meets cases that nobody has seen, and one state of them gives the same
/// result on every machine, so that a red run is red again.
public enum SourceSeed {
    /// The hash (FNV-1a, 64 bits) of names and bytes of all Swift and Python files under these folders of the project, in the order of their names.
    ///
    /// - Precondition: there is such a file; a folder that moved must not silently make the seed a constant.
    public static func of(_ folders: String...) -> UInt64 {
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        func mix(_ bytes: some Sequence<UInt8>) { for byte in bytes { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 } }
        for folder in folders {
            let names = files(below: folder)
            precondition(!names.isEmpty, "no sources in \(folder)")
            for name in names {
                guard let content = try? Data(contentsOf: Project.root.appendingPathComponent(name)) else { preconditionFailure("cannot read \(name)") }
                mix(name.utf8)
                mix([0])
                mix(content)
                mix([0])
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
