extension StorageKind {
    /// A directory of this machine. What lies in a store's own, and must not, is its opener's business.
    package static let directory = StorageKind(scheme: "file:///", form: "file:///directory", isRemote: false) { (address) throws(ColumnStoreError) in
        LocalStorageFactory(path: try DirectoryURL.path(address.url))
    }
}

/// `file:///srv/till`
package enum DirectoryURL {
    /// The directory's path, from the root and without a slash at its end.
    ///
    /// - Returns: nil for what is no `file:` URL.
    /// - Throws: `.invalidRequest`.
    package static func path(_ url: String) throws(ColumnStoreError) -> String? {
        guard url.hasPrefix("file:") else { return nil }
        let path = url.dropFirst("file://".utf8.count)
        let parts = path.split(separator: "/")
        guard StorageKind.directory.has(url), !parts.isEmpty, !parts.contains(".."), !parts.contains("."), ObjectKey.isReadableLocation(String(path)) else {
            throw ColumnStoreError(.invalidRequest, path: url, "an absolute path without . and .. is wanted after file://, and none of # ? : % in it")
        }
        return "/" + parts.joined(separator: "/")
    }
}
