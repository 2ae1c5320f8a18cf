/// The text of a file of statements, or of what a program or a person gives for one.
enum ScriptText {
    /// Without the mark in front that editors of Windows write.
    ///
    /// - Parameter name: what faults call it.
    /// - Throws: for what is no UTF-8, by its line: signs in its place would ask for another value, or write another file.
    static func text(_ bytes: [UInt8], named name: String) throws(CommandError) -> String {
        let body = bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? bytes[3...] : bytes[...]
        if let text = String(validating: body, as: UTF8.self) { return text }
        // No letter has the byte of a line break within.
        let lines = body.split(separator: 0x0A, omittingEmptySubsequences: false)
        let line = lines.firstIndex { String(validating: $0, as: UTF8.self) == nil } ?? 0
        throw CommandError("\(name):\(line + 1): these bytes are no UTF-8, in which statements are read: convert the file, as by iconv")
    }
}
