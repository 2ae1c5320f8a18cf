/// Which keys may name an object.
///
/// Every reader of an Iceberg table takes the text of a path literally, but `#`, `?` and `:` break some, so a key is kept to
/// `[A-Za-z0-9._=/-]`. No part is empty, `.` or `..`, so that a key cannot leave its storage's root.
package enum ObjectKey {
    /// Longest key: well under the 1,024 bytes of S3 and the 4,096 of Linux's PATH_MAX.
    package static let byteCountMax = 900

    package static func check(_ key: String) throws(ColumnStoreError) {
        guard isValid(key) else { throw ColumnStoreError(
            .invalidRequest, path: key, "not a usable key: take relative paths of A-Z a-z 0-9 . _ = - /") }
    }

    package static func isValid(_ key: String) -> Bool {
        guard !key.isEmpty, key.utf8.count <= byteCountMax else { return false }
        guard key.utf8.allSatisfy(isAllowed) else { return false }
        return key.split(separator: "/", omittingEmptySubsequences: false).allSatisfy { part in
            !part.isEmpty && part != "." && part != ".." && part.utf8.count <= 255
        }
    }

    /// Whether outside readers take the directory of a table as it is written in its metadata.
    ///
    /// Wider than a key, since the directory is the operator's: only what was found to break a reader is refused.
    package static func isReadableLocation(_ path: String) -> Bool {
        path.utf8.allSatisfy { byte in
            byte >= 0x20 && byte != 0x7F && byte != UInt8(ascii: "#") && byte != UInt8(ascii: "?")
                && byte != UInt8(ascii: ":")
        }
    }

    private static func isAllowed(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"):
            true
        case UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "="), UInt8(ascii: "-"), UInt8(ascii: "/"): true
        default: false
        }
    }
}
