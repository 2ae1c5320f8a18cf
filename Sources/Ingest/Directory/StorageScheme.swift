package import ColumnStore

/// Which kinds of storage there are, and of which kind the URL of a place is: what everybody asks who is given such a URL, and has to tell one from another or
/// to say which there are.
package enum StorageScheme {
    /// Another kind of storage is another folder of ColumnStore, and another line here: in the order in which messages name them.
    package static let all: [StorageKind] = [
        .bucket,
        .directory,
    ]

    /// What the kinds read of the settings, each once.
    package static let settings: [StorageSetting] = all.reduce(into: []) { found, kind in
        for setting in kind.settings {
            let same = found.first { $0.name == setting.name }
            assert(same == nil || same == setting, "two kinds read storage.\(setting.name), each in another form")
            if same == nil { found.append(setting) }
        }
    }

    /// - Returns: nil for what is no URL of a place.
    package static func kind(of url: String) -> StorageKind? { all.first { $0.has(url) } }

    /// Whether a URL, or an object's location, is of a storage behind a network.
    package static func isRemote(_ url: String) -> Bool { kind(of: url)?.isRemote ?? false }

    /// `s3://bucket/prefix or file:///directory`
    package static let forms = all.map(\.form).joined(separator: " or ")
    /// `s3://bucket/prefix`
    package static let remoteForms = all.filter(\.isRemote).map(\.form).joined(separator: " or ")
}
