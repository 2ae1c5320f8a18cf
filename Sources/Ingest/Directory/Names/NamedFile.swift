/// A file beside the databases that a commit of the catalog names, and that never changes from then on.
enum NamedFile: Hashable, Sendable {
    /// An object of a cold table.
    case cold(table: String, key: String, byteCount: Int64, sha256: [UInt8])
    /// What has come of an upload, by its id.
    case upload(String)
}
