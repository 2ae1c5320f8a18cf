/// How the URL of a place begins, and what kind of storage that is: what everybody asks who is given such a URL, and has to tell one from another or to say
/// which there are.
///
/// Another kind of storage is another case, and the line of the factory (`WarehouseOpening` in Server) that the compiler asks for then.
package enum StorageScheme: String, Sendable, CaseIterable {
    case bucket = "s3://"
    /// A directory of this machine.
    case directory = "file:///"

    package init?(of url: String) {
        guard let scheme = Self.allCases.first(where: { url.hasPrefix($0.rawValue) }) else { return nil }
        self = scheme
    }

    /// For messages and descriptions.
    package var form: String {
        switch self {
        case .bucket: "s3://bucket/prefix"
        case .directory: "file:///directory"
        }
    }

    /// Whether its objects lie behind a network, where several machines reach them.
    package var isRemote: Bool {
        switch self {
        case .bucket: true
        case .directory: false
        }
    }

    /// Whether a URL, or an object's location, is of a storage behind a network.
    package static func isRemote(_ url: String) -> Bool { Self(of: url)?.isRemote ?? false }

    /// `s3://bucket/prefix or file:///directory`
    package static let forms = allCases.map(\.form).joined(separator: " or ")
    /// `s3://bucket/prefix`
    package static let remoteForms = allCases.filter(\.isRemote).map(\.form).joined(separator: " or ")
}
