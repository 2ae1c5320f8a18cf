package import ColumnStore

/// What a backup is made of: every file with its size and hash, and the hash of the list itself at its end.
///
///     till-backup 1
///     number 3
///     store 5f0c…                              which store it is of
///     made-at 1795176000000000                 microseconds since 1970
///     warehouse /var/lib/till/warehouse        where the tables' files were
///     file <sha256> <bytes> <path in DATA> <path in the backup> <stamp>
///     end <sha256 of everything above>
///
/// On disk: change only with the version in the first line.
package struct BackupManifest: Sendable, Equatable {
    package struct File: Sendable, Equatable {
        /// Below DATA.
        package var path: String
        /// Below the backup's directory. Another one for each copy of a file that changes, so that the copies of an earlier backup stay
        /// as they are until the next one is complete.
        package var name: String
        package var byteCount: Int64
        package var sha256: [UInt8]
        /// What tells that a hot file has not changed since; empty for all others.
        package var stamp = ""
    }

    /// Counts the backups in one directory.
    ///
    /// From 1.
    package var number: Int
    package var store: String
    /// Microseconds since 1970.
    package var madeAt: Int64
    /// As messages name the place.
    package var warehouse: String
    package var files: [File] = []

    package static let key = "MANIFEST"
    /// 200 bytes a file: millions of them.
    static let byteCountMax = 1 << 30
    /// Of all files: nine petabytes.
    static let totalByteCountMax: Int64 = 1 << 53
    private static let title = "till-backup 1"

    init(number: Int, store: String, madeAt: Int64, warehouse: String) {
        (self.number, self.store, self.madeAt, self.warehouse) = (number, store, madeAt, warehouse)
    }

    /// Paths of files have no blanks (`ObjectKey.isValid`), so they separate words; the warehouse's may, and stands last in its line.
    package var bytes: [UInt8] {
        var text = "\(Self.title)\nnumber \(number)\nstore \(store)\nmade-at \(madeAt)\nwarehouse \(Self.escaped(warehouse))\n"
        for file in files {
            text += "file \(Hexadecimal.text(file.sha256)) \(file.byteCount) \(file.path) \(file.name)\(file.stamp.isEmpty ? "" : " " + file.stamp)\n"
        }
        let bytes = Array(text.utf8)
        return bytes + Array("end \(Hexadecimal.text(SHA256.hash(bytes)))\n".utf8)
    }

    /// The hash is held against the whole before a line is believed.
    ///
    /// - Throws: `.corruptFile` for what is no manifest, or not as it was written.
    /// - Complexity: O(bytes).
    package static func parse(_ bytes: [UInt8], path: String) throws(ColumnStoreError) -> BackupManifest {
        // The last line is `end `, 64 digits and a line feed.
        guard bytes.count > 69 else { throw damaged(path, "is no manifest of a backup") }
        let body = bytes.dropLast(69)
        var hash = SHA256()
        hash.update(bytes.span.bytes.extracting(0..<body.count))
        guard Array(bytes.suffix(69)) == Array("end \(Hexadecimal.text(hash.finalize()))\n".utf8) else {
            throw damaged(path, "the manifest does not have the hash that stands at its end")
        }
        var manifest = BackupManifest(number: 0, store: "", madeAt: 0, warehouse: "")
        // Line by line: all of them as texts would take three times the file's bytes.
        var rest = body
        var isFirst = true
        // Of the files, so bounded that nobody's sum of them overflows.
        var total: Int64 = 0
        while !rest.isEmpty {
            let bytes = rest.prefix { $0 != 0x0A }
            rest = rest.dropFirst(bytes.count + 1)
            if bytes.isEmpty { continue }
            let line = String(decoding: bytes, as: UTF8.self)
            if isFirst {
                guard line == title else { throw damaged(path, "is of another version: \(line.prefix(200))") }
                isFirst = false
                continue
            }
            guard manifest.take(line) else { throw damaged(path, "has a line that is none, or a number that no backup has: \(line.prefix(2_000))") }
            guard let file = manifest.files.last, line.hasPrefix("file ") else { continue }
            total = total.addingSaturating(file.byteCount)
            guard total <= totalByteCountMax else { throw damaged(path, "has files of more than \(totalByteCountMax) bytes together") }
        }
        guard !isFirst else { throw damaged(path, "is of another version") }
        return manifest
    }

    private static func damaged(_ path: String, _ what: String) -> ColumnStoreError { ColumnStoreError(.corruptFile, path: path, what) }

    /// - Returns: false for a line that no manifest has.
    private mutating func take(_ line: String) -> Bool {
        let words = line.split(separator: " ", omittingEmptySubsequences: false).map(String.init)
        switch (words[0], words.count) {
        case ("number", 2):
            // The next backup counts on from it.
            guard let number = Int32(words[1]), number >= 0 else { return false }
            self.number = Int(number)
        case ("store", 2): store = words[1]
        case ("made-at", 2):
            guard let madeAt = Int64(words[1]), Calendar.timestampRange.contains(madeAt) else { return false }
            self.madeAt = madeAt
        case ("warehouse", _): warehouse = Self.unescaped(String(line.dropFirst("warehouse ".count)))
        case ("file", 5), ("file", 6):
            guard let hash = Hexadecimal.bytes(words[1]), hash.count == 32, let byteCount = Int64(words[2]), byteCount >= 0,
                ObjectKey.isValid(words[3]), ObjectKey.isValid(words[4])
            else { return false }
            files.append(
                File(path: words[3], name: words[4], byteCount: byteCount, sha256: hash, stamp: words.count == 6 ? words[5] : ""))
        default: return false
        }
        return true
    }

    /// A line feed would end the line: `%0A`, and `%25` for the sign itself.
    private static func escaped(_ path: String) -> String { path.replacing("%", with: "%25").replacing("\n", with: "%0A") }
    private static func unescaped(_ text: String) -> String { text.replacing("%0A", with: "\n").replacing("%25", with: "%") }
}
