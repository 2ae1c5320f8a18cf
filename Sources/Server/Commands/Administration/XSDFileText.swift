internal import Documents

/// The text of an XSD file, in whatever encoding it says of itself: a type's files are text by the time that a server has them.
enum XSDFileText {
    /// - Parameter name: what faults call it.
    /// - Throws: for bytes that are none of the encoding: with signs in their place another schema would be put.
    static func text(_ bytes: [UInt8], named name: String) throws(CommandError) -> String {
        // Whatever it declares, as `till type check` reads it.
        if let text = String(validating: bytes, as: UTF8.self) { return text }
        if let converted = try? bytes.withUnsafeBytes({ try XMLEncoding.utf8($0).converted }), let text = String(validating: converted, as: UTF8.self) { return text }
        throw CommandError("\(name): these bytes are neither UTF-8 nor of the encoding that the file declares: convert it, as by iconv")
    }
}
