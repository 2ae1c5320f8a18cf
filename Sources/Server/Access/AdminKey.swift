import Glibc
internal import Ingest

/// The administrator's key, in DATA/admin.key: whoever can read the directory is the administrator.
package enum AdminKey {
    /// Also what makes a file's word a key: a shorter one is a file that was cut short or emptied, and no start goes on with it.
    private static let byteCountMin = 20

    package struct Failure: Error, CustomStringConvertible {
        package let description: String
    }

    static let variable = "TILL_ADMIN_KEY"

    /// What is wrong with a key that is given; it is not said itself.
    static func fault(of given: String) -> String? {
        let isKey = given.utf8.count >= byteCountMin && !given.utf8.contains { $0 <= 0x20 || $0 >= 0x7F }
        return isKey ? nil : "needs at least \(byteCountMin) printable ASCII characters and no blanks"
    }

    package static func path(in directory: String) -> String { "\(directory)/\(DataDirectory.adminKeyName)" }

    /// How the key came to be what it is at this start.
    package enum Change: String, Sendable {
        case none, made
        /// TILL_ADMIN_KEY is another than the stored one, and took its place.
        case replacedByEnvironment = "replaced-by-environment"
        /// The file holds another than at the last start.
        case fileReplaced = "file-replaced"
    }

    /// The key of the directory; the first start makes it, from `given` (TILL_ADMIN_KEY) or at random.
    /// A key that is given later than the first start replaces the stored one: otherwise a changed environment would silently do nothing.
    ///
    /// - Throws: `Failure` for a key that is none, given or stored; what the disk says.
    package static func obtain(in directory: String, given: String?) throws -> (key: String, change: Change) {
        if let given {
            if let fault = fault(of: given) { throw Failure(description: "\(variable) \(fault)") }
            let stored = try read(in: directory)
            if stored == given { return (given, .none) }
            try write(given, in: directory)
            return (given, stored == nil ? .made : .replacedByEnvironment)
        }
        if let stored = try read(in: directory) { return (stored, .none) }
        let key = try APIKey.make().text
        try write(key, in: directory)
        return (key, .made)
    }

    /// The stored key, nil when there is none.
    package static func read(in directory: String) throws -> String? {
        let path = path(in: directory)
        guard access(path, F_OK) == 0 else { return nil }
        let bytes: [UInt8]
        do { bytes = try FileBytes.read(path, byteCountMax: 4_096) } catch let failure as FileBytes.Failure where failure.code != 0 {
            // Whose it is, where it is another user's.
            throw DataDirectory.Failure.opening(path, failure.code, operation: "read")
        }
        let text = String(decoding: bytes, as: UTF8.self)
        let key = text.split(whereSeparator: \.isWhitespace).first.map(String.init) ?? ""
        guard key.utf8.count >= byteCountMin else { throw Failure(description: "\(path) holds no key") }
        return key
    }

    /// Aside, synced, and renamed: the file has the old key or the new one after a crash, and never none.
    private static func write(_ key: String, in directory: String) throws {
        let target = path(in: directory)
        let aside = target + ".new"
        try FileBytes.write(Array((key + "\n").utf8), to: aside, mode: 0o600)
        guard rename(aside, target) == 0 else { throw FileBytes.Failure(what: "rename \(aside)", code: errno) }
        try FileBytes.syncDirectory(directory)
    }
}
