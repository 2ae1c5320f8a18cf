internal import Cluster

/// A greeting of another version than this one's, as far as it can be read: any version's begins with its number, and who speaks to whom is most likely where it stands in this one's.
struct StrangeGreeting: Sendable, Equatable {
    let version: Int
    /// nil where it names no node there.
    let from: String?
    let to: String?

    static let word = "till-pair "
    /// Of this version.
    static let own = 1
    private static let versionMax = 999_999

    /// - Returns: nil for one of this version, and for what is none.
    init?(_ bytes: [UInt8]) {
        guard bytes.count <= PeerDoor.Greeting.byteCountMax, bytes.starts(with: Self.word.utf8) else { return nil }
        let lines = String(decoding: bytes, as: UTF8.self).split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        let digits = lines[0].dropFirst(Self.word.count)
        guard lines.count > 1, digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let version = Int(digits), version <= Self.versionMax, version != Self.own else { return nil }
        func name(_ place: Int) -> String? { lines.count > place && NodeName.isValid(lines[place]) ? lines[place] : nil }
        (self.version, from, to) = (version, name(1), name(2))
    }

    /// For people.
    var words: String { "\(from ?? "somebody") greets by version \(version), and this node by version \(Self.own): bring both machines to neighbouring versions" }
}
